// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <stdlib.h>

#include "base/conf.h"

static struct problems *problems;
static struct json_doc *doc;
static const struct json *root;

static const char text[] =
    "{\"yes\":true,\"num\":42,\"half\":1.5,\"minus\":-1,\"huge\":1e300,\"word\":\"block\",\n"
    " \"bad\":\"blok\",\"far\":\"zzzzzzzz\",\"empty\":\"\",\"list\":[],\"obj\":{},\"nul\":"
    "\"a\\u0000\",\n"
    " \"path\":\"certs/a.pem\",\"nothing\":null}";

static int begin(void **state)
{
    (void)state;
    problems = problems_new();
    doc = json_read_text("conf/p.json", slice_str(text), problems);
    root = doc ? json_root(doc) : NULL;
    return doc ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    json_free(&doc);
    problems_free(&problems);
    return 0;
}

// Problem `i` ends in `sentence`.
static void assert_problem(size_t i, const char *sentence)
{
    const char *found = problems_text(problems, i);
    assert_non_null(found);
    size_t len = strlen(found), tail = strlen(sentence);
    assert_true(len >= tail);
    assert_string_equal(found + len - tail, sentence);
}

static void leaves_defaults_when_a_member_is_absent(void **state)
{
    bool flag = true;
    uint64_t number = 7;
    struct slice word = SLICE("default");
    size_t choice = 3;
    static const char *const words[] = {"a", NULL};
    (void)state;
    assert_false(conf_bool(root, "absent", problems, &flag));
    assert_false(conf_u64(root, "absent", 0, 9, problems, &number));
    assert_false(conf_text(root, "absent", problems, &word));
    assert_false(conf_choice(root, "absent", words, problems, &choice));
    assert_int_equal(problems_count(problems), 0);
    assert_true(flag);
    assert_int_equal(number, 7);
    ASSERT_SLICE(word, SLICE("default"));
    assert_int_equal(choice, 3);
}

static void reads_what_is_there(void **state)
{
    bool flag = false;
    uint64_t number = 0;
    struct slice word = {0};
    size_t choice = 9;
    static const char *const words[] = {"detect", "block", NULL};
    (void)state;
    assert_true(conf_bool(root, "yes", problems, &flag));
    assert_true(flag);
    assert_true(conf_u64(root, "num", 42, 42, problems, &number));
    assert_int_equal(number, 42);
    assert_true(conf_text(root, "word", problems, &word));
    ASSERT_SLICE(word, SLICE("block"));
    assert_true(conf_choice(root, "word", words, problems, &choice));
    assert_int_equal(choice, 1);
    assert_ptr_equal(conf_required(root, "num", problems), json_get(root, "num"));
    assert_int_equal(problems_count(problems), 0);
}

static void complains_about_types(void **state)
{
    bool flag = false;
    uint64_t number = 5;
    struct slice word;
    (void)state;
    assert_false(conf_bool(root, "num", problems, &flag));
    assert_problem(0, "conf/p.json:1:13: error: $.num: expected true or false, found a number");
    assert_false(conf_u64(root, "word", 0, 9, problems, &number));
    assert_problem(1, "$.word: expected a number, found a string");
    assert_false(conf_text(root, "nothing", problems, &word));
    assert_problem(2, "expected a string, found null");
    assert_false(conf_is_object(json_get(root, "list"), problems));
    assert_problem(3, "expected an object, found an array");
    assert_false(conf_is_array(json_get(root, "obj"), problems));
    assert_problem(4, "expected an array, found an object");
    assert_false(conf_is_string(json_get(root, "yes"), problems));
    assert_problem(5, "expected a string, found true or false");
    assert_true(conf_is_object(root, problems));
    assert_int_equal(problems_count(problems), 6);
}

static void complains_about_numbers_out_of_range(void **state)
{
    static const char *const keys[] = {"half", "minus", "huge"};
    uint64_t number = 5;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_false(conf_u64(root, keys[i], 0, UINT64_MAX, problems, &number));
        assert_problem(i, "must be a whole number from 0 to 18446744073709551615");
    }
    assert_false(conf_u64(root, "num", 43, 100, problems, &number));
    assert_problem(3, "$.num: must be a whole number from 43 to 100");
    assert_false(conf_u64(root, "num", 1, 41, problems, &number));
    assert_int_equal(number, 5);
}

static void complains_about_empty_and_missing(void **state)
{
    struct slice word = SLICE("kept");
    (void)state;
    assert_false(conf_text(root, "empty", problems, &word));
    assert_problem(0, "$.empty: must not be empty");
    ASSERT_SLICE(word, SLICE("kept"));
    assert_null(conf_required(root, "backend", problems));
    assert_problem(1, "conf/p.json:1:1: error: $: the key \"backend\" is missing");
}

static void suggests_the_nearest_choice(void **state)
{
    static const char *const words[] = {"detect", "block", "off", NULL};
    size_t choice = 9;
    (void)state;
    assert_false(conf_choice(root, "bad", words, problems, &choice));
    assert_problem(
        0,
        "$.bad: \"blok\" is not among \"detect\", \"block\" or \"off\" (did you mean \"block\"?)");
    assert_false(conf_choice(root, "far", words, problems, &choice));
    assert_problem(1, "$.far: \"zzzzzzzz\" is not among \"detect\", \"block\" or \"off\"");
    assert_int_equal(choice, 9);
}

static void complains_about_every_unknown_key(void **state)
{
    static const char *const keys[] = {"yes",  "number", "half", "minus", "huge", "word", "bad",
                                       "fart", "empty",  "list", "obj",   "nul",  "path", NULL};
    (void)state;
    conf_known_keys(root, keys, problems);
    assert_int_equal(problems_count(problems), 3);
    assert_problem(0, "$.num: unknown key \"num\" (did you mean \"number\"?)");
    assert_problem(1, "$.far: unknown key \"far\" (did you mean \"fart\"?)");
    assert_problem(2, "$.nothing: unknown key \"nothing\"");
}

static void resolves_paths_against_the_file(void **state)
{
    (void)state;
    char *path = conf_path(json_get(root, "path"), problems);
    assert_string_equal(path, "conf/certs/a.pem");
    free(path);
    assert_null(conf_path(json_get(root, "empty"), problems));
    assert_null(conf_path(json_get(root, "nul"), problems)); // would be cut at its NUL
    assert_null(conf_path(json_get(root, "num"), problems));
    assert_int_equal(problems_count(problems), 3);
    assert_problem(1, "$.nul: this is no path");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(leaves_defaults_when_a_member_is_absent, begin, end),
        cmocka_unit_test_setup_teardown(reads_what_is_there, begin, end),
        cmocka_unit_test_setup_teardown(complains_about_types, begin, end),
        cmocka_unit_test_setup_teardown(complains_about_numbers_out_of_range, begin, end),
        cmocka_unit_test_setup_teardown(complains_about_empty_and_missing, begin, end),
        cmocka_unit_test_setup_teardown(suggests_the_nearest_choice, begin, end),
        cmocka_unit_test_setup_teardown(complains_about_every_unknown_key, begin, end),
        cmocka_unit_test_setup_teardown(resolves_paths_against_the_file, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

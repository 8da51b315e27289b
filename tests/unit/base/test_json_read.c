// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json_read.h"
#include "base/problems.h"

static struct problems *problems;

static int begin(void **state)
{
    (void)state;
    problems = problems_new();
    return problems ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    problems_free(&problems);
    return 0;
}

static struct json_doc *read_good(const char *text)
{
    struct json_doc *doc = json_read_text("p.json", slice_str(text), problems);
    if (!doc)
        fail_msg("%s", problems_text(problems, 0));
    return doc;
}

static void reads_every_type(void **state)
{
    struct json_doc *doc =
        read_good("{\"n\":null,\"b\":true,\"x\":-1.5e2,\"s\":\"\\u00e4\",\"a\":[1,2],\"o\":{}}");
    const struct json *root = json_root(doc);
    (void)state;
    assert_int_equal(root->type, JSON_OBJECT);
    assert_int_equal(root->count, 6);
    assert_int_equal(json_get(root, "n")->type, JSON_NULL);
    assert_int_equal(json_get(root, "b")->type, JSON_BOOL);
    assert_true(json_get(root, "b")->boolean);
    assert_int_equal(json_get(root, "x")->type, JSON_NUMBER);
    assert_true(json_get(root, "x")->number == -150.0);
    assert_int_equal(json_get(root, "s")->type, JSON_STRING);
    ASSERT_SLICE(json_get(root, "s")->text, SLICE("\xc3\xa4"));
    assert_int_equal(json_get(root, "a")->type, JSON_ARRAY);
    assert_int_equal(json_get(root, "a")->count, 2);
    assert_true(json_get(root, "a")->first->next->number == 2);
    assert_int_equal(json_get(root, "o")->type, JSON_OBJECT);
    assert_null(json_get(root, "o")->first);
    assert_null(json_get(root, "missing"));
    assert_null(json_get(json_get(root, "a"), "n"));
    assert_null(json_get(NULL, "n"));
    json_free(&doc);
    assert_null(doc);
}

static void keeps_what_stands_behind_a_nul(void **state)
{
    struct json_doc *doc = read_good("{\"a\\u0000b\":\"x\\u0000\\u0000y\\uD83D\\uDE00\"}");
    const struct json *member = json_root(doc)->first;
    (void)state;
    ASSERT_SLICE(member->key, SLICE("a\0b"));
    ASSERT_SLICE(member->text, SLICE("x\0\0y\xf0\x9f\x98\x80"));
    assert_int_equal(member->text.ptr[member->text.len], '\0');
    json_free(&doc);
}

// Every value's offset must lead to its own beginning in the text.
static void knows_where_each_value_stands(void **state)
{
    static const char text[] = "// head\n"
                               "{ \"list\" : [ 1 , \"two\",\n"
                               "    {\"deep key\": /* c */ [true, \"\\\"]\\\\\"]} ],\n"
                               "  \"last\": null }\n";
    static const struct {
        const char *path;
        unsigned line, column;
    } places[] = {
        {"$", 2, 1},
        {"$.list", 2, 3},
        {"$.list[0]", 2, 14},
        {"$.list[1]", 2, 18},
        {"$.list[2]", 3, 5},
        {"$.list[2][\"deep key\"]", 3, 6},
        {"$.list[2][\"deep key\"][0]", 3, 27},
        {"$.list[2][\"deep key\"][1]", 3, 33},
        {"$.last", 4, 3},
    };
    struct json_doc *doc = read_good(text);
    const struct json *at = json_root(doc);
    size_t i = 0;
    (void)state;
    while (at) {
        char path[100];
        unsigned line, column;
        json_path(at, path, sizeof(path));
        json_place(doc, at->offset, &line, &column);
        assert_true(i < ARRAY_LEN(places));
        assert_string_equal(path, places[i].path);
        assert_int_equal(line, places[i].line);
        assert_int_equal(column, places[i].column);
        i++;
        const struct json *next = at->first; // in document order
        while (!next && at) {
            next = at->next;
            at = next ? at : at->parent;
        }
        at = next;
    }
    assert_int_equal(i, ARRAY_LEN(places));
    json_free(&doc);
}

static void cuts_paths_that_are_too_long(void **state)
{
    struct json_doc *doc = read_good("{\"abc\":{\"\\u001b[2J\":1}}");
    const struct json *inner = json_root(doc)->first->first;
    char path[32], tiny[6];
    (void)state;
    json_path(inner, path, sizeof(path));
    assert_string_equal(path, "$.abc[\"?[2J\"]"); // a key must not steer the terminal
    json_path(inner, tiny, sizeof(tiny));
    assert_string_equal(tiny, "$.abc");
    json_free(&doc);
}

static void complains_with_place_and_sentence(void **state)
{
    (void)state;
    assert_null(json_read_text("p.json", SLICE("{\n  \"a\": 1,\n}"), problems));
    assert_null(json_read_text("q.json", SLICE("[1e999, 1"), problems));
    assert_int_equal(problems_count(problems), 2);
    assert_string_equal(problems_text(problems, 0),
                        "p.json:2:9: error: the comma before } is one too many");
    assert_string_equal(problems_text(problems, 1),
                        "q.json:1:10: error: the text ends, but the [ of line 1 is not closed");
}

static void complains_about_numbers_without_end(void **state)
{
    struct json_doc *doc = json_read_text("p.json", SLICE("{\"a\":[1e999]}"), problems);
    (void)state;
    assert_int_equal(problems_count(problems), 1);
    assert_string_equal(problems_text(problems, 0),
                        "p.json:1:7: error: $.a[0]: this number is too large");
    json_free(&doc);
}

static void complains_about_every_repeated_key(void **state)
{
    struct json_doc *doc = json_read_text(
        "p.json",
        SLICE("{\"a\":1,\"b\":{\"x\":1,\n\"y\":2,\"x\":3},\"c\":4,\"a\":5,\"\\u0061\":6}"),
        problems);
    (void)state;
    assert_non_null(doc);
    assert_int_equal(problems_count(problems), 3);
    assert_string_equal(problems_text(problems, 0),
                        "p.json:2:7: error: $.b.x: the key \"x\" is repeated; it already stands in "
                        "line 1, column 13");
    assert_string_equal(problems_text(problems, 1),
                        "p.json:2:20: error: $.a: the key \"a\" is repeated; it already stands in "
                        "line 1, column 2");
    assert_string_equal(problems_text(problems, 2),
                        "p.json:2:26: error: $.a: the key \"a\" is repeated; it already stands in "
                        "line 2, column 20");
    json_free(&doc);
}

static void tells_keys_apart_that_begin_alike(void **state)
{
    struct json_doc *doc = read_good("{\"a\":1,\"ab\":2,\"\":3,\"a\\u0000\":4,\"A\":5}");
    (void)state;
    assert_int_equal(problems_count(problems), 0);
    assert_true(json_get(json_root(doc), "a")->number == 1);
    assert_true(json_get(json_root(doc), "")->number == 3);
    json_free(&doc);
}

static void reads_files(void **state)
{
    char path[] = "/tmp/yett-test-json-XXXXXX", wanted[128];
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "[7] // x", 8), 8);
    assert_int_equal(close(fd), 0);
    struct json_doc *doc = json_read_file(path, problems);
    assert_non_null(doc);
    assert_string_equal(json_doc_name(doc), path);
    assert_true(json_root(doc)->first->number == 7);
    json_free(&doc);
    assert_int_equal(unlink(path), 0);
    assert_null(json_read_file(path, problems));
    (void)snprintf(wanted, sizeof(wanted), "%s: error: cannot be read: no such file or directory",
                   path);
    assert_string_equal(problems_text(problems, 0), wanted);
}

static void refuses_texts_above_the_limit(void **state)
{
    (void)state;
    assert_null(json_read_text("p.json", slice_of("", (size_t)JSON_FILE_MAX + 1), problems));
    assert_string_equal(problems_text(problems, 0), "p.json: error: larger than 16777216 bytes");
}

// The shortest values make the largest tree; and many equal keys must not cost the square of their
// number.
static void bears_dense_texts(void **state)
{
    enum { VALUES = 100000 };
    char *text = malloc(VALUES * 5 + 3);
    size_t len = 0;
    (void)state;
    assert_non_null(text);
    for (int i = 0; i < VALUES; i++, len += 2)
        memcpy(text + len, i ? ",1" : "[1", 2);
    text[len++] = ']';
    struct json_doc *doc = json_read_text("p.json", slice_of(text, len), problems);
    assert_non_null(doc);
    assert_int_equal(json_root(doc)->count, VALUES);
    json_free(&doc);
    len = 0;
    for (int i = 0; i < VALUES; i++, len += 5)
        memcpy(text + len, i ? ",\"\":1" : "{\"\":1", 5);
    text[len++] = '}';
    doc = json_read_text("p.json", slice_of(text, len), problems);
    assert_non_null(doc);
    assert_int_equal(problems_count(problems), VALUES - 1);
    json_free(&doc);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_every_type, begin, end),
        cmocka_unit_test_setup_teardown(keeps_what_stands_behind_a_nul, begin, end),
        cmocka_unit_test_setup_teardown(knows_where_each_value_stands, begin, end),
        cmocka_unit_test_setup_teardown(cuts_paths_that_are_too_long, begin, end),
        cmocka_unit_test_setup_teardown(complains_with_place_and_sentence, begin, end),
        cmocka_unit_test_setup_teardown(complains_about_numbers_without_end, begin, end),
        cmocka_unit_test_setup_teardown(complains_about_every_repeated_key, begin, end),
        cmocka_unit_test_setup_teardown(tells_keys_apart_that_begin_alike, begin, end),
        cmocka_unit_test_setup_teardown(reads_files, begin, end),
        cmocka_unit_test_setup_teardown(refuses_texts_above_the_limit, begin, end),
        cmocka_unit_test_setup_teardown(bears_dense_texts, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

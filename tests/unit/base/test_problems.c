// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <stdlib.h>

#include "base/json_read.h"
#include "base/problems.h"

static char printed[64 * 1024];

static void print_into_text(const struct problems *p)
{
    FILE *out = fmemopen(printed, sizeof(printed), "w");
    assert_non_null(out);
    problems_print(p, out);
    assert_int_equal(fclose(out), 0);
}

static void names_place_path_and_sentence(void **state)
{
    struct problems *p = problems_new();
    struct json_doc *doc = json_read_text("policy.json", SLICE("{\n    \"routes\": [ {} ]\n}"), p);
    (void)state;
    assert_non_null(doc);
    const struct json *routes = json_get(json_root(doc), "routes");
    problems_add(p, routes->first, "no backend is called \"%s\"", "ap");
    problems_warn(p, routes, "only one");
    problems_add_at(p, "deny.txt", 3, 7, "what is %d?", 5);
    problems_add_at(p, "deny.txt", 3, 0, "a line");
    problems_add_at(p, "deny.txt", 0, 0, "a file");
    json_free(&doc); // the texts outlive the document
    assert_int_equal(problems_count(p), 4);
    assert_int_equal(problems_warnings(p), 1);
    print_into_text(p);
    assert_string_equal(printed,
                        "policy.json:2:17: error: $.routes[0]: no backend is called \"ap\"\n"
                        "policy.json:2:5: warning: $.routes: only one\n"
                        "deny.txt:3:7: error: what is 5?\n"
                        "deny.txt:3: error: a line\n"
                        "deny.txt: error: a file\n");
    assert_string_equal(problems_text(p, 3), "deny.txt:3: error: a line");
    assert_null(problems_text(p, 5));
    problems_free(&p);
    assert_null(p);
    problems_free(&p);
}

static void counts_those_it_does_not_keep(void **state)
{
    struct problems *p = problems_new();
    (void)state;
    for (int i = 0; i < PROBLEMS_MAX + 7; i++)
        problems_add_at(p, "f", 0, 0, "number %d", i);
    assert_int_equal(problems_count(p), PROBLEMS_MAX + 7);
    assert_string_equal(problems_text(p, PROBLEMS_MAX - 1), "f: error: number 99");
    assert_null(problems_text(p, PROBLEMS_MAX));
    print_into_text(p);
    assert_non_null(strstr(printed, "\nf: error: number 99\n... and 7 more\n"));
    problems_free(&p);
}

static void cuts_and_hides_what_would_spoil_the_line(void **state)
{
    struct problems *p = problems_new();
    char name[6000];
    (void)state;
    problems_add_at(p, "f", 0, 0, "a\nb\x1b[2J");
    assert_string_equal(problems_text(p, 0), "f: error: a?b?[2J");
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    problems_add_at(p, "f", 1, 1, "%s", name);
    assert_true(strlen(problems_text(p, 1)) < sizeof(name));
    problems_add_at(p, name, 1, 1, "sentence");
    assert_non_null(problems_text(p, 2));
    problems_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_place_path_and_sentence),
        cmocka_unit_test(counts_those_it_does_not_keep),
        cmocka_unit_test(cuts_and_hides_what_would_spoil_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

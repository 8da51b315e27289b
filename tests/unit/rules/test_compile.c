// SPDX-License-Identifier: Apache-2.0
// Rule files by name and by pattern, and what is said when there are none.
#include <unistd.h>

#include "support/unit.h"

#include "unit/rules/fixture.h"

#define RULE(id)                                                                                   \
    "{\"rules\":[{\"id\":\"" id "\",\"description\":\"d\",\"targets\":[\"path\"],\"match\":{"      \
    "\"contains\":\"x\"},\"action\":\"log\"}]}"

static char folder[] = "/tmp/yett-compile-XXXXXX";

static void put(const char *name, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static struct rules_program *compile(const char *pattern, struct problems *problems)
{
    char path[256];
    const char *const files[] = {path};
    const struct rules_options options = {
        .files = files, .file_count = 1, .paranoia = 1, .threshold = 5};
    (void)snprintf(path, sizeof path, "%s/%s", folder, pattern);
    return rules_compile(&options, problems);
}

static void patterns_expand_in_order(void **state)
{
    struct problems *problems = problems_new();
    (void)state;
    struct rules_program *p = compile("*.json", problems);
    problems_print(problems, stderr);
    assert_non_null(p);
    assert_int_equal(rules_program_count(p), 2);
    assert_true(slice_eq(p->rules[0].id, SLICE("one")));
    assert_true(slice_eq(p->rules[1].id, SLICE("two")));
    rules_program_free(&p);
    assert_null(p);
    problems_free(&problems);
}

static void missing_files_are_problems(void **state)
{
    static const char *const names[] = {"none.json", "none*.json", "broken.txt"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct problems *problems = problems_new();
        assert_null(compile(names[i], problems));
        assert_int_equal(problems_count(problems), 1);
        problems_free(&problems);
    }
}

static void ids_are_unique_over_all_files(void **state)
{
    struct fixture f = {.problems = problems_new()};
    (void)state;
    put("c.json", RULE("one"));
    f.program = compile("*.json", f.problems);
    assert_null(f.program);
    assert_true(fixture_says(&f, "c.json:1:"));
    assert_true(fixture_says(&f, "the id is taken by the rule at"));
    assert_true(fixture_says(&f, "a.json:1"));
    put("c.json", "{}");
    fixture_close(&f);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    put("b.json", RULE("two"));
    put("a.json", RULE("one"));
    put("broken.txt", "{");
    return 0;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"a.json", "b.json", "c.json", "broken.txt"};
    char path[256];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_expand_in_order),
        cmocka_unit_test(missing_files_are_problems),
        cmocka_unit_test(ids_are_unique_over_all_files),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

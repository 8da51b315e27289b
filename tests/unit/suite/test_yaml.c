// SPDX-License-Identifier: Apache-2.0
// YAML as trees, and what is refused.
#include "support/unit.h"

#include "base/arena.h"
#include "suite/yaml.h"

static void reads_maps_lists_and_texts(void **state)
{
    static const char text[] =
        "---\n# c\na: one\nb:\n  - x: \"2\"\n    y: 3\n  - |\n    l1\n    l2\n"
        "c: {d: [e, 'f g']}\nempty:\n";
    struct arena arena;
    char why[SUITE_WHY_MAX];
    unsigned line;
    (void)state;
    arena_init(&arena, NULL, 1024 * 1024);
    const struct suite_yaml *root = suite_yaml_read(slice_str(text), &arena, why, &line);
    assert_non_null(root);
    ASSERT_SLICE(suite_yaml_text(root, "a"), SLICE("one"));
    const struct suite_yaml *b = suite_yaml_get(root, "b");
    assert_int_equal(b->kind, SUITE_LIST);
    assert_int_equal(b->first->line, 5);
    ASSERT_SLICE(suite_yaml_text(b->first, "x"), SLICE("2"));
    ASSERT_SLICE(suite_yaml_text(b->first, "y"), SLICE("3"));
    ASSERT_SLICE(b->first->next->text, SLICE("l1\nl2\n"));
    const struct suite_yaml *d = suite_yaml_get(suite_yaml_get(root, "c"), "d");
    ASSERT_SLICE(d->first->next->text, SLICE("f g"));
    ASSERT_SLICE(suite_yaml_text(root, "empty"), SLICE(""));
    ASSERT_SLICE(suite_yaml_text(root, "nothing"), SLICE(""));
    assert_null(suite_yaml_get(NULL, "a"));
    arena_clear(&arena);
}

static void refuses_with_a_line(void **state)
{
    static const struct {
        const char *text, *why;
        unsigned line;
    } cases[] = {
        {"", "the file is empty", 1},
        {"a: 1\nb: [", "did not find expected node content", 3},
        {"a: &x 1\nb: *x\n", "aliases are not read", 2},
        {"a: 1\n? [b]\n: c\n", "a key must be a text", 2},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
         "the file is nested too deeply", 1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        char why[SUITE_WHY_MAX];
        unsigned line;
        arena_init(&arena, NULL, 1024 * 1024);
        assert_null(suite_yaml_read(slice_str(cases[i].text), &arena, why, &line));
        assert_string_equal(why, cases[i].why);
        assert_int_equal(line, cases[i].line);
        arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_maps_lists_and_texts),
        cmocka_unit_test(refuses_with_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Logical lines and words, as Apache cuts them.
#include "unit/seclang/fixture.h"

#include "seclang/text.h"

static void joins_lines(void **state)
{
    struct arena arena;
    struct seclang_lines lines;
    struct slice line;
    unsigned number;
    (void)state;
    arena_init(&arena, NULL, 1024 * 1024);
    seclang_lines_init(&lines, SLICE("# no \\\nno\n\n  a \\\r\n  b\n\tc\nd \\"));
    assert_true(seclang_lines_next(&lines, &arena, &line, &number));
    ASSERT_SLICE(line, SLICE("a   b"));
    assert_int_equal(number, 4);
    assert_true(seclang_lines_next(&lines, &arena, &line, &number));
    ASSERT_SLICE(line, SLICE("c"));
    assert_int_equal(number, 6);
    assert_true(seclang_lines_next(&lines, &arena, &line, &number));
    ASSERT_SLICE(line, SLICE("d"));
    assert_false(seclang_lines_next(&lines, &arena, &line, &number));
    arena_clear(&arena);
}

static void cuts_words(void **state)
{
    static const struct {
        const char *line, *words[4];
    } cases[] = {
        {"A b  c", {"A", "b", "c"}},
        {"A \"b c\" d", {"A", "b c", "d"}},
        {"A \"b \\\" c\"", {"A", "b \" c"}},
        {"A \"\\\\\" b", {"A", "\\", "b"}},
        {"A \"\\d\"", {"A", "\\d"}},
        {"A 'b\\'c'", {"A", "b'c"}},
        {"A TX:'/a\\\\b/' c", {"A", "TX:'/a\\b/'", "c"}},
        {"A \"no end", {"A", "no end"}},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct slice rest = slice_str(cases[i].line), word;
        arena_init(&arena, NULL, 1024 * 1024);
        for (size_t j = 0; j < 4 && cases[i].words[j]; j++) {
            assert_true(seclang_take_word(&rest, &arena, &word));
            ASSERT_SLICE(word, slice_str(cases[i].words[j]));
        }
        assert_false(seclang_take_word(&rest, &arena, &word));
        arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_lines),
        cmocka_unit_test(cuts_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

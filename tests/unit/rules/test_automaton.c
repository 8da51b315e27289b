// SPDX-License-Identifier: Apache-2.0
// The automaton against the plain search for each literal, over an alphabet small enough that
// literals overlap.
#include "support/unit.h"

#include "base/ascii.h"
#include "rules/automaton.h"
#include "unit/rules/fixture.h"

enum { LITERALS = 40, TEXT = 60 };

static size_t find_folded(struct slice text, struct slice literal)
{
    for (size_t i = 0; i + literal.len <= text.len; i++) {
        if (ascii_eq_nocase(slice_of(text.ptr + i, literal.len), literal))
            return i;
    }
    return text.len;
}

static size_t make_literals(uint64_t *seed, char storage[LITERALS][8], struct slice *literals)
{
    size_t count = 0;
    for (size_t i = 0; i < LITERALS; i++) {
        size_t len = 1 + fixture_random(seed) % 6;
        for (size_t j = 0; j < len; j++)
            storage[i][j] = "abc\xff"[fixture_random(seed) % 4];
        struct slice made = slice_of(storage[i], len);
        bool is_new = true;
        for (size_t j = 0; j < count; j++)
            is_new &= !slice_eq(made, literals[j]);
        if (is_new)
            literals[count++] = made;
    }
    return count;
}

static void finds_what_a_search_for_each_finds(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int round = 0; round < 300; round++) {
        char storage[LITERALS][8], text[TEXT];
        struct slice literals[LITERALS];
        struct arena arena;
        size_t count = make_literals(&seed, storage, literals);
        arena_init(&arena, NULL, 1024 * 1024);
        struct rules_automaton *a = rules_automaton_build(&arena, literals, count, true);
        assert_non_null(a);
        for (size_t i = 0; i < TEXT; i++)
            text[i] = "aAbBcCd\xff"[fixture_random(&seed) % 8];
        uint64_t found = 0;
        uint32_t list[LITERALS];
        size_t listed = rules_automaton_scan(a, slice_of(text, TEXT), &found, list);
        assert_int_equal(listed, __builtin_popcountll(found));
        for (size_t i = 0; i < count; i++) {
            bool expected = find_folded(slice_of(text, TEXT), literals[i]) < TEXT;
            assert_int_equal(found >> i & 1, expected);
        }
        arena_clear(&arena);
    }
}

static void first_gives_the_literal_that_ends_first(void **state)
{
    (void)state;
    const struct slice literals[] = {SLICE_INIT("needle"), SLICE_INIT("ed"), SLICE_INIT("dle")};
    struct arena arena;
    struct slice piece;
    arena_init(&arena, NULL, 1024 * 1024);
    struct rules_automaton *a = rules_automaton_build(&arena, literals, 3, false);
    assert_non_null(a);
    assert_true(rules_automaton_first(a, SLICE("a needle"), &piece));
    assert_true(slice_eq(piece, SLICE("ed")));
    assert_false(rules_automaton_first(a, SLICE("NEEDLE"), &piece));
    assert_false(rules_automaton_first(a, (struct slice){0}, &piece));
    arena_clear(&arena);
}

static void all_octets_can_be_told_apart(void **state)
{
    (void)state;
    char octets[256];
    struct slice literals[256];
    struct arena arena;
    for (size_t i = 0; i < 256; i++) {
        octets[i] = (char)i;
        literals[i] = slice_of(&octets[i], 1);
    }
    arena_init(&arena, NULL, 16 * 1024 * 1024);
    struct rules_automaton *a = rules_automaton_build(&arena, literals, 256, false);
    assert_non_null(a);
    for (size_t i = 0; i < 256; i++) {
        uint64_t found[4] = {0};
        uint32_t list[256];
        assert_int_equal(rules_automaton_scan(a, literals[i], found, list), 1);
        assert_int_equal(list[0], i);
        assert_int_equal(rules_automaton_scan(a, literals[i], found, list), 0); // seen already
        for (size_t j = 0; j < 256; j++)
            assert_int_equal(found[j / 64] >> (j % 64) & 1, i == j);
    }
    arena_clear(&arena);
}

static void gives_up_when_the_arena_is_full(void **state)
{
    (void)state;
    const struct slice literals[] = {SLICE_INIT("abcdefghijklmnopqrstuvwxyz")};
    struct arena arena;
    arena_init(&arena, NULL, 64);
    assert_null(rules_automaton_build(&arena, literals, 1, true));
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_a_search_for_each_finds),
        cmocka_unit_test(first_gives_the_literal_that_ends_first),
        cmocka_unit_test(all_octets_can_be_told_apart),
        cmocka_unit_test(gives_up_when_the_arena_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

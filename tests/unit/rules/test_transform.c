// SPDX-License-Identifier: Apache-2.0
// What all transforms promise, on random octets: no octet outside the room, the value itself or a
// part of it when nothing was written. The tables of what each does are in test_transform_*.c.
#include "support/unit.h"

#include "rules/transform.h"
#include "unit/rules/fixture.h"

static void has_a_word_for_each(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RULES_TRANSFORM_COUNT; i++)
        assert_non_null(rules_transform_words()[i]);
    assert_null(rules_transform_words()[RULES_TRANSFORM_COUNT]);
    assert_string_equal(rules_transform_words()[RULES_TRANSFORM_SHA1], "sha1");
}

static bool lies_in(struct slice out, const char *ptr, size_t len)
{
    return out.ptr >= ptr && out.ptr + out.len <= ptr + len;
}

static void keeps_to_the_room(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int round = 0; round < 20000; round++) {
        size_t len = fixture_random(&seed) % 40;
        size_t size = rules_transform_room(len);
        // Heap blocks of the exact sizes: a sanitizer sees one octet too many.
        char *text = malloc(len + 1), *copy = malloc(len + 1), *room = malloc(size);
        assert_non_null(text);
        assert_non_null(copy);
        assert_non_null(room);
        for (size_t i = 0; i < len; i++)
            text[i] = "a%2/.*& #x;3\0\t\\Bl+tu<!->\xc3\xa4\xe2\x82\xf0"[fixture_random(&seed) % 30];
        memcpy(copy, text, len);
        for (unsigned t = 0; t < RULES_TRANSFORM_COUNT; t++) {
            struct slice out = rules_transform((enum rules_transform)t, slice_of(text, len), room);
            assert_true(lies_in(out, text, len) || lies_in(out, room, size));
            assert_memory_equal(text, copy, len);
        }
        free(text);
        free(copy);
        free(room);
    }
}

static void doing_it_twice_changes_nothing_more(void **state)
{
    static const enum rules_transform settled[] = {
        RULES_TRANSFORM_LOWERCASE,
        RULES_TRANSFORM_UPPERCASE,
        RULES_TRANSFORM_TRIM,
        RULES_TRANSFORM_COMPRESS_WHITESPACE,
        RULES_TRANSFORM_REMOVE_WHITESPACE,
        RULES_TRANSFORM_REMOVE_NULLS,
        RULES_TRANSFORM_NORMALIZE_PATH,
        RULES_TRANSFORM_NORMALIZE_PATH_WIN,
        RULES_TRANSFORM_UTF8_TO_UNICODE,
    };
    (void)state;
    uint64_t seed = 5;
    for (int round = 0; round < 20000; round++) {
        char text[32], first[3 * 32 + 20], second[9 * 32 + 80];
        size_t len = fixture_random(&seed) % sizeof text;
        for (size_t i = 0; i < len; i++)
            text[i] = "aB./ \t\n\0\\\xc3\xa4"[fixture_random(&seed) % 11];
        for (size_t i = 0; i < ARRAY_LEN(settled); i++) {
            struct slice once = rules_transform(settled[i], slice_of(text, len), first);
            struct slice twice = rules_transform(settled[i], once, second);
            assert_true(slice_eq(once, twice));
        }
    }
}

// In each pair the second undoes the first.
static void undoes_what_it_did(void **state)
{
    static const enum rules_transform pairs[][2] = {
        {RULES_TRANSFORM_BASE64_ENCODE, RULES_TRANSFORM_BASE64_DECODE},
        {RULES_TRANSFORM_BASE64_ENCODE, RULES_TRANSFORM_BASE64_DECODE_EXT},
        {RULES_TRANSFORM_HEX_ENCODE, RULES_TRANSFORM_HEX_DECODE},
    };
    (void)state;
    uint64_t seed = 7;
    for (int round = 0; round < 5000; round++) {
        char text[40], first[3 * 40 + 20], second[9 * 40 + 80];
        size_t len = fixture_random(&seed) % sizeof text;
        for (size_t i = 0; i < len; i++)
            text[i] = (char)fixture_random(&seed);
        for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
            struct slice there = rules_transform(pairs[i][0], slice_of(text, len), first);
            struct slice back = rules_transform(pairs[i][1], there, second);
            assert_true(slice_eq(back, slice_of(text, len)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_a_word_for_each),
        cmocka_unit_test(keeps_to_the_room),
        cmocka_unit_test(doing_it_twice_changes_nothing_more),
        cmocka_unit_test(undoes_what_it_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Each transform on what it changes and what it leaves; then what all of them promise, on random
// octets: never longer, no octet outside the room, the value itself when nothing changed.
#include "support/unit.h"

#include "rules/transform.h"
#include "unit/rules/fixture.h"

struct transform_case {
    enum rules_transform transform;
    struct slice in, out;
};

#define CASE(name, from, to)                                                                       \
    {                                                                                              \
        RULES_TRANSFORM_##name, SLICE_INIT(from), SLICE_INIT(to)                                   \
    }

static const struct transform_case changed[] = {
    CASE(URL_DECODE, "a%20b+c%2", "a b c%2"),
    CASE(URL_DECODE, "%00%ff", "\0\xff"),
    CASE(LOWERCASE, "aBC\xc4", "abc\xc4"),
    CASE(COMPRESS_WHITESPACE, "a \t\r\n b\vc", "a b c"),
    CASE(COMPRESS_WHITESPACE, "\t\ta", " a"),
    CASE(REMOVE_WHITESPACE, " a\tb\nc ", "abc"),
    CASE(REMOVE_NULLS, "a\0\0b\0", "ab"),
    CASE(HTML_ENTITY_DECODE, "&lt;a&#x3e;&#62;&#0000060&quot&Tab;", "<a>><\"\t"),
    CASE(HTML_ENTITY_DECODE, "&amp;lt;", "&lt;"),
    CASE(HTML_ENTITY_DECODE, "&#xe9;&#x1F600;", "\xc3\xa9\xf0\x9f\x98\x80"),
    CASE(NORMALIZE_PATH, "/a/./b//c/../d", "/a/b/d"),
    CASE(NORMALIZE_PATH, "/../../etc", "/etc"),
    CASE(NORMALIZE_PATH, "../a/../../b", "../../b"),
    CASE(NORMALIZE_PATH, "a/..", ""),
    CASE(NORMALIZE_PATH, "//", "/"),
    CASE(REPLACE_COMMENTS, "un/**/ion/*x*/all", "un ion all"),
    CASE(REPLACE_COMMENTS, "a/*b", "a "),
    CASE(REPLACE_COMMENTS, "/*/a*/b", " b"),
    CASE(COMMAND_LINE, "C^a\\T  /e't'c/\"x\"", "cat/etc/x"),
    CASE(COMMAND_LINE, "a;B,c", "a b c"),
    CASE(LENGTH, "", "0"),
    CASE(LENGTH, "twelve chars", "12"),
};

static const struct transform_case kept[] = {
    CASE(URL_DECODE, "plain", ""),
    CASE(LOWERCASE, "lower \xc3\x84", ""),
    CASE(COMPRESS_WHITESPACE, "a b c", ""),
    CASE(REMOVE_WHITESPACE, "abc", ""),
    CASE(REMOVE_NULLS, "abc", ""),
    CASE(HTML_ENTITY_DECODE, "a & b &unknown; &#xd800; &#;", ""),
    CASE(NORMALIZE_PATH, "/a/b.c/d", ""),
    CASE(NORMALIZE_PATH, "/..a/b.", ""),
    CASE(NORMALIZE_PATH, "../../x", ""),
    CASE(REPLACE_COMMENTS, "a/b*c", ""),
    CASE(COMMAND_LINE, "cat x|y", ""),
    CASE(URL_DECODE, "", ""),
    CASE(NORMALIZE_PATH, "", ""),
};

static void undoes_what_hides(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(changed); i++) {
        char room[128];
        struct slice out = rules_transform(changed[i].transform, changed[i].in, room);
        if (!slice_eq(out, changed[i].out))
            fail_msg("%s of \"%s\" is \"%.*s\"", rules_transform_words()[changed[i].transform],
                     changed[i].in.ptr, (int)out.len, out.ptr);
    }
}

static void gives_back_the_value_when_nothing_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        char room[128];
        struct slice out = rules_transform(kept[i].transform, kept[i].in, room);
        if (out.ptr != kept[i].in.ptr || out.len != kept[i].in.len)
            fail_msg("%s of \"%s\" is \"%.*s\"", rules_transform_words()[kept[i].transform],
                     kept[i].in.ptr, (int)out.len, out.ptr);
    }
}

static void never_makes_a_value_longer(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int round = 0; round < 40000; round++) {
        size_t len = fixture_random(&seed) % 40;
        size_t size = len > RULES_TRANSFORM_ROOM ? len : RULES_TRANSFORM_ROOM;
        // Heap blocks of the exact sizes: a sanitizer sees one octet too many.
        char *text = malloc(len + 1), *room = malloc(size);
        assert_non_null(text);
        assert_non_null(room);
        for (size_t i = 0; i < len; i++)
            text[i] = "a%2/.*& #x;3\0\t\\Bl+t"[fixture_random(&seed) % 20];
        for (unsigned t = 0; t < RULES_TRANSFORM_COUNT; t++) {
            struct slice out = rules_transform((enum rules_transform)t, slice_of(text, len), room);
            assert_true(out.len <= size && (t == RULES_TRANSFORM_LENGTH || out.len <= len));
            assert_true(out.ptr == text || out.ptr == room);
            bool is_same = out.len == len && memcmp(out.ptr, text, len) == 0;
            if (out.ptr == text)
                assert_true(is_same);
        }
        free(text);
        free(room);
    }
}

static void doing_it_twice_changes_nothing_more(void **state)
{
    static const enum rules_transform settled[] = {
        RULES_TRANSFORM_LOWERCASE,         RULES_TRANSFORM_COMPRESS_WHITESPACE,
        RULES_TRANSFORM_REMOVE_WHITESPACE, RULES_TRANSFORM_REMOVE_NULLS,
        RULES_TRANSFORM_NORMALIZE_PATH,
    };
    (void)state;
    uint64_t seed = 5;
    for (int round = 0; round < 20000; round++) {
        char text[32], first[32], second[32];
        size_t len = fixture_random(&seed) % sizeof text;
        for (size_t i = 0; i < len; i++)
            text[i] = "aB./ \t\n\0"[fixture_random(&seed) % 8];
        for (size_t i = 0; i < ARRAY_LEN(settled); i++) {
            struct slice once = rules_transform(settled[i], slice_of(text, len), first);
            struct slice twice = rules_transform(settled[i], once, second);
            assert_true(slice_eq(once, twice));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undoes_what_hides),
        cmocka_unit_test(gives_back_the_value_when_nothing_changes),
        cmocka_unit_test(never_makes_a_value_longer),
        cmocka_unit_test(doing_it_twice_changes_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

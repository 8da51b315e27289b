// SPDX-License-Identifier: Apache-2.0
// What a regex means here, and that no value makes one run for long.
#include "support/unit.h"

#include <time.h>

#include "rules/regex.h"
#include "unit/rules/fixture.h"

static struct rules_regex_memory *memory;

static enum rules_match match(const char *pattern, struct slice text, struct slice *piece)
{
    char why[RULES_REGEX_WHY_MAX];
    size_t offset;
    struct rules_regex *regex =
        rules_regex_compile(slice_str(pattern), (struct rules_regex_flags){0}, &offset, why);
    assert_non_null(regex);
    enum rules_match result = rules_regex_match(regex, memory, text, piece, NULL);
    rules_regex_free(&regex);
    return result;
}

static void matches_octets(void **state)
{
    static const struct {
        const char *pattern;
        struct slice text;
        enum rules_match result;
        const char *piece;
    } cases[] = {
        {"b+", SLICE_INIT("abbc"), RULES_MATCH, "bb"},
        {"B", SLICE_INIT("abc"), RULES_NO_MATCH, ""},
        {"(?i)B", SLICE_INIT("abc"), RULES_MATCH, "b"},
        {"^[a-z]+$", SLICE_INIT("abc\n"), RULES_NO_MATCH, ""},
        {"a.c", SLICE_INIT("a\nc"), RULES_NO_MATCH, ""},
        {"(?s)a.c", SLICE_INIT("a\nc"), RULES_MATCH, "a\nc"},
        {"a.c", SLICE_INIT("a\rc"), RULES_MATCH, "a\rc"},
        {"\\xff\\x00", SLICE_INIT("\xff\0"), RULES_MATCH, "\xff"},
        {"^$", SLICE_INIT(""), RULES_MATCH, ""},
        {"(a)(b)(c)(d)", SLICE_INIT("abcd"), RULES_MATCH, "abcd"},
        {"a\\Kb", SLICE_INIT("ab"), RULES_MATCH, "b"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice piece = {0};
        assert_int_equal(match(cases[i].pattern, cases[i].text, &piece), cases[i].result);
        if (cases[i].result == RULES_MATCH)
            assert_true(slice_begins(piece, slice_str(cases[i].piece)));
    }
}

static void refuses_patterns_with_place_and_reason(void **state)
{
    static const struct {
        const char *pattern;
        size_t offset;
    } cases[] = {{"a(b", 3}, {"a[b", 3}, {"a**", 2}, {"(*UTF)a", 6}, {"\\C", 2}, {"a{2,1}", 5}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char why[RULES_REGEX_WHY_MAX] = "";
        size_t offset = 0;
        struct rules_regex *regex = rules_regex_compile(
            slice_str(cases[i].pattern), (struct rules_regex_flags){0}, &offset, why);
        if (regex || offset != cases[i].offset || !why[0])
            fail_msg("%s: %zu %s", cases[i].pattern, offset, why);
    }
}

static void refuses_a_pattern_that_is_too_long(void **state)
{
    static char pattern[RULES_PATTERN_MAX + 2];
    char why[RULES_REGEX_WHY_MAX];
    size_t offset;
    (void)state;
    memset(pattern, 'a', RULES_PATTERN_MAX + 1);
    struct rules_regex *regex = rules_regex_compile(slice_of(pattern, RULES_PATTERN_MAX + 1),
                                                    (struct rules_regex_flags){0}, &offset, why);
    assert_null(regex);
}

static void long_values_are_searched_whole(void **state)
{
    enum { LEN = 40000 };
    char *text = malloc(LEN);
    struct slice piece;
    (void)state;
    assert_non_null(text);
    memset(text, 'x', LEN);
    // At the very ends and at the seams of the windows a long value is searched in.
    const size_t places[] = {0, 4094, 4095, 4096, 8191, 8192, LEN - 2};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        memcpy(text + places[i], "ab", 2);
        assert_int_equal(match("[a]b", slice_of(text, LEN), &piece), RULES_MATCH);
        assert_ptr_equal(piece.ptr, text + places[i]);
        assert_int_equal(match("(?<!y)ab", slice_of(text, LEN), &piece), RULES_MATCH);
        memcpy(text + places[i], "xx", 2);
    }
    assert_int_equal(match("[a]b", slice_of(text, LEN), &piece), RULES_NO_MATCH);
    assert_int_equal(match("^x+$", slice_of(text, LEN), &piece), RULES_MATCH);
    assert_int_equal(match("x$", slice_of(text, LEN), &piece), RULES_MATCH);
    assert_int_equal(match("\\Gxy", slice_of(text, LEN), &piece), RULES_NO_MATCH);
    assert_int_equal(match("\\G(?<=x)x", slice_of(text, LEN), &piece), RULES_NO_MATCH);
    free(text);
}

// Of this thread: others may have the processor meanwhile.
static uint64_t spent_ns(void)
{
    struct timespec t;
    assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), 0);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static void gives_up_in_bounded_time(void **state)
{
    static const struct {
        const char *pattern;
        size_t len;
    } cases[] = {
        {"(a+)+$", 5000},        {"(?:a|aa)+$", 100000},        {"a.*a.*a.*[bc]", 20000},
        {"(?=.*[bc])a", 131072}, {"a[^z]{1,400}?[bc]", 131072}, {"(a|a)*[bc]", 5000},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice piece;
        char *text = malloc(cases[i].len);
        assert_non_null(text);
        memset(text, 'a', cases[i].len);
        text[cases[i].len - 1] = '!';
        uint64_t started = spent_ns();
        assert_int_equal(match(cases[i].pattern, slice_of(text, cases[i].len), &piece),
                         RULES_UNDECIDED);
        // Tens of milliseconds at the worst; the rest is for slow machines. Without the limits it
        // is minutes.
        assert_true(spent_ns() - started < UINT64_C(5000000000));
        free(text);
    }
}

static void an_ordinary_pattern_decides_about_large_values(void **state)
{
    static const char *const patterns[] = {
        "\\bunion\\s+select\\b", "<script[^>]*>", "(?i)on\\w+\\s*=", "[a-z]+=[0-9]+;", "\\s+$",
    };
    enum { LEN = 1024 * 1024 };
    char *text = malloc(LEN);
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < LEN; i++)
        text[i] = "lorem ipsum dolor sit amet, <b>on</b> it. "[i % 42];
    text[LEN - 1] = '.';
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        struct slice piece;
        assert_int_equal(match(patterns[i], slice_of(text, LEN), &piece), RULES_NO_MATCH);
    }
    free(text);
}

static int open_memory(void **state)
{
    (void)state;
    memory = rules_regex_memory_new();
    return memory ? 0 : -1;
}

static int close_memory(void **state)
{
    (void)state;
    rules_regex_memory_free(&memory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_octets),
        cmocka_unit_test(refuses_patterns_with_place_and_reason),
        cmocka_unit_test(refuses_a_pattern_that_is_too_long),
        cmocka_unit_test(long_values_are_searched_whole),
        cmocka_unit_test(gives_up_in_bounded_time),
        cmocka_unit_test(an_ordinary_pattern_decides_about_large_values),
    };
    return cmocka_run_group_tests(tests, open_memory, close_memory);
}

// SPDX-License-Identifier: Apache-2.0
// What patterns require: a table of what is found, a table of what must be given up, and the
// property that counts, on random patterns and texts: a text that matches has one of the literals.
#include "support/unit.h"

#include "base/ascii.h"
#include "rules/literals.h"
#include "rules/regex.h"
#include "unit/rules/fixture.h"

static void join(const struct rules_literals *set, char *out, size_t cap)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < set->count && len < cap; i++)
        len += (size_t)snprintf(out + len, cap - len, "%s%.*s", i ? "|" : "",
                                (int)set->items[i].len, set->items[i].text);
}

static void finds_required_literals(void **state)
{
    static const struct {
        const char *pattern, *expected;
    } cases[] = {
        {"union", "union"},
        {"UNION", "union"},
        {"(?i)union\\s+(?:all\\s+)?select", "select"},
        {"https?://x", "https://x|http://x"},
        {"[<>]script", "<script|>script"},
        {"a(?:b|c)d", "abd|acd"},
        {"(?:foo|bar)+", "foo|bar"},
        {"x{2,}yes", "yes"},
        {"a\\.b\\x2fc\\x{2D}d", "a.b/c-d"},
        {"\\bor\\b\\s+(\\d+)\\s*=\\s*\\1", "or"},
        {"^(?=.*x)abc$", "abc"},
        {"(?<name>abc)|(?P<other>def)|(?'third'ghi)", "abc|def|ghi"},
        {"on(?:load|error)\\s*=", "onload|onerror"},
        {"a\\n\\tb", "a\n\tb"},
        {"[\\]x]yz", "]yz|xyz"},
        {"abc{", "abc{"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[512];
        struct rules_literals set;
        rules_literals_of_pattern(slice_str(cases[i].pattern), &set);
        join(&set, text, sizeof text);
        assert_string_equal(text, cases[i].expected);
    }
}

static void gives_up_where_there_is_doubt(void **state)
{
    static const char *const patterns[] = {
        "",          "a*",        "a|b*",        "(?:abc)?",   "a{0}",          "(?x)a b c",
        "\\Qabc\\E", "(*UTF)abc", "(*ACCEPT)ab", "(?R)abc",    "(?(1)abc|def)", "abc|",
        "[a-z]+",    "\\d+",      "(?#x)abc",    "\\g{1}abc",  "(?1)abc",       "[[:alpha:]]x?",
        "(?!abc)",   "\\p{L}",    "[^a]",        "(?:a|b|c*)", "\\cAbc",        "\\N{U+41}bc",
        "a{,3}",     "[[.a.]]b",  "(?C1)abc",    "(?^i)abc",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        struct rules_literals set;
        rules_literals_of_pattern(slice_str(patterns[i]), &set);
        if (set.count != 0)
            print_message("%s\n", patterns[i]);
        assert_int_equal(set.count, 0);
    }
}

static bool has_one(const struct rules_literals *set, struct slice text)
{
    for (size_t i = 0; i < set->count; i++) {
        struct slice literal = slice_of(set->items[i].text, set->items[i].len);
        for (size_t at = 0; at + literal.len <= text.len; at++) {
            if (ascii_eq_nocase(slice_of(text.ptr + at, literal.len), literal))
                return true;
        }
    }
    return set->count == 0;
}

static struct slice make_pattern(uint64_t *seed, char *out, size_t pieces)
{
    static const char *const parts[] = {
        "a",     "b",       "c",     "ab",    "A",      "(?:a|b)", "(?:ab|c)",  "(a)",
        "[ab]",  "[^a]",    "[a-c]", ".",     "\\w",    "\\b",     "^",         "$",
        "|",     "?",       "*",     "+",     "{2}",    "{0,2}",   "{1,}",      "(?i)",
        "(",     ")",       "(?=a)", "(?!b)", "\\x61",  "\\n",     "[\\x61-b]", "[[:alpha:]]",
        "{0}",   "(?:a)",   "*?",    "++",    "\\1",    "(?<=a)",  "(?>ab|a)",  "(?-i)",
        "\\.",   "[]a]",    "[b-]",  "{1}",   "{",      "}",       "]",         "\\Qa",
        "(?#c)", "(?<n>b)", "\\141", "\\R",   "(?:|a)", "(?s).",   "\\K",
    };
    size_t len = 0;
    for (size_t i = 0; i < pieces; i++) {
        const char *part = parts[fixture_random(seed) % ARRAY_LEN(parts)];
        memcpy(out + len, part, strlen(part));
        len += strlen(part);
    }
    return slice_of(out, len);
}

static void every_match_has_a_literal(void **state)
{
    (void)state;
    uint64_t seed = 11;
    size_t matches = 0, useful = 0;
    struct rules_regex_memory *memory = rules_regex_memory_new();
    assert_non_null(memory);
    for (int round = 0; round < 60000; round++) {
        char pattern_text[256], why[RULES_REGEX_WHY_MAX];
        size_t offset;
        struct slice pattern = make_pattern(&seed, pattern_text, 1 + fixture_random(&seed) % 8),
                     piece;
        struct rules_regex *regex =
            rules_regex_compile(pattern, (struct rules_regex_flags){0}, &offset, why);
        if (!regex)
            continue;
        struct rules_literals set;
        rules_literals_of_pattern(pattern, &set);
        useful += set.count > 0;
        for (int i = 0; i < 12; i++) {
            char text[12];
            size_t len = fixture_random(&seed) % sizeof text;
            for (size_t j = 0; j < len; j++)
                text[j] = "aabbcAB{}\n.]"[fixture_random(&seed) % 12];
            if (rules_regex_match(regex, memory, slice_of(text, len), &piece, NULL) != RULES_MATCH)
                continue;
            matches++;
            if (!has_one(&set, slice_of(text, len)))
                fail_msg("%.*s matches %.*s", (int)pattern.len, pattern.ptr, (int)len, text);
        }
        rules_regex_free(&regex);
    }
    rules_regex_memory_free(&memory);
    // Otherwise the property was hardly tried.
    assert_true(matches > 10000);
    assert_true(useful > 1000);
}

static void texts_are_their_own_literals(void **state)
{
    (void)state;
    const struct slice texts[] = {SLICE_INIT("Alpha"),
                                  SLICE_INIT("a-text-that-is-longer-than-a-literal")};
    const struct slice with_empty[] = {SLICE_INIT("x"), SLICE_INIT("")};
    struct rules_literals set;
    rules_literals_of_texts(texts, 2, &set);
    assert_int_equal(set.count, 2);
    assert_memory_equal(set.items[0].text, "alpha", 5);
    assert_int_equal(set.items[1].len, RULES_LITERAL_LEN);
    rules_literals_of_texts(with_empty, 2, &set);
    assert_int_equal(set.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_required_literals),
        cmocka_unit_test(gives_up_where_there_is_doubt),
        cmocka_unit_test(every_match_has_a_literal),
        cmocka_unit_test(texts_are_their_own_literals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

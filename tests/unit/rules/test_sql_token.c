// SPDX-License-Identifier: Apache-2.0
// Texts and the classes of their tokens.
#include "unit/rules/sql_fixture.h"

#include "unit/rules/fixture.h"

static void assert_classes(const char *text, char quote, const char *classes)
{
    struct sql_tokens t;
    char read[SQL_TOKENS_MAX + 1];
    sql_fixture_read(&t, text, quote);
    for (size_t i = 0; i < t.count; i++)
        read[i] = t.items[i].class;
    read[t.count] = '\0';
    if (strcmp(read, classes) != 0)
        fail_msg("%s: %s, not %s", text, read, classes);
}

static void cuts_text_into_tokens(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"select a, b from c", "En,nBn"},
        {"1 1.5 .5 0x1F 1e5 2E-3", "111111"},
        {"1or 1union 5th 1e 20.to_i 1.or 2.5x", "1&1Unn1.n1&n"},
        {"1.2.3.4", "111"},
        {"'a' \"b\" N'c' x'41' _utf8'd' q'e'", "ssssss"},
        {"'it''s' 'a\\'b' 'open", "sss"},
        {"`a b` [c] [d e]", "nn?nn?"},
        {"@a @@version @ @'x y' @>", "vvvv="},
        {"$5 $$a 'b$$ $tag$x$tag$ $x", "1ss?n"},
        {"a<=b <> == := !~ ~* && || << -> ===", "n=n=====&|oo?"},
        {"+-*/%^&|~ = < >", "ooooooooo==="},
        {"a--b\nc#d\ne/*f*/g", "nnnn"},
        {"a -- b", "nc"},
        {"a # b", "nc"},
        {"a /* b", "nc"},
        {"a/*!50000or*/b /*!union*/ /*M!and*/", "n&nU&"},
        {"a */ b", "noon"},
        {"x::text::int y", "nn"},
        {"sleep(1) pg_sleep(1) foo (1) left(1)", "z(1)F(1)g(1)f(1)"},
        {"sleep left sleep.x", "nnn.n"},
        {"{fn now()} {\"a\":1}", "(f())?s?1)"},
        {"a[0] b[12]", "nn"},
        {"\\N \\x", "w?n"},
        {"1\xa0or\xa0"
         "1 \xc3\xa0 or",
         "1&1n&"},
        {"; ( ) , . ? : \x01", ";(),.???"},
        {"null TRUE false not is in between the", "www!===e"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_classes(cases[i][0], '\0', cases[i][1]);
}

static void begins_within_a_string(void **state)
{
    (void)state;
    assert_classes("a or b' or 'c", '\'', "s&s");
    assert_classes("a\\' or 1", '\'', "s&1");
    assert_classes("a\" or 'b", '"', "s&s");
    assert_classes("no quote", '\'', "s");
    assert_classes("'", '\'', "s");
}

static void knows_what_does_not_end(void **state)
{
    struct sql_tokens t;
    (void)state;
    sql_fixture_read(&t, "'a' 'b", '\0');
    assert_false(t.items[0].is_open);
    assert_true(t.items[1].is_open);
    assert_true(slice_eq(t.items[1].text, SLICE("b")));
    sql_fixture_read(&t, "a' /* b", '\'');
    assert_false(t.items[0].is_open);
    assert_true(t.items[1].is_open);
}

static void matches_brackets(void **state)
{
    struct sql_tokens t;
    (void)state;
    sql_fixture_read(&t, "(a(b))(c", '\0');
    assert_int_equal(t.items[0].match, 5);
    assert_int_equal(t.items[2].match, 4);
    assert_int_equal(t.items[4].match, 2);
    assert_int_equal(t.items[6].match, t.count);
}

static void goes_on_where_it_stopped(void **state)
{
    struct sql_tokens t;
    struct sql_lexer lexer;
    char text[1200];
    (void)state;
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "1,", 2);
    t.count = 0;
    sql_lexer_start(&lexer, sql_words, slice_of(text, sizeof text), '\0');
    size_t total = 0;
    for (sql_tokens_fill(&t, &lexer, SQL_TOKENS_MAX); !t.is_last;
         sql_tokens_fill(&t, &lexer, SQL_TOKENS_MAX)) {
        total += t.count - SQL_TOKENS_KEPT;
        const char *kept = t.items[t.count - SQL_TOKENS_KEPT].text.ptr;
        sql_tokens_slide(&t);
        assert_ptr_equal(t.items[0].text.ptr, kept);
    }
    assert_int_equal(total + t.count, sizeof text);
}

// Whatever comes: tokens stand in order, within the text, and the end is reached.
static void gets_through_anything(void **state)
{
    uint64_t seed = 11;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t len = fixture_random(&seed) % 48;
        char *text = malloc(len + 1);
        assert_non_null(text);
        for (size_t i = 0; i < len; i++)
            text[i] =
                "'\"`\\/*!-#@$[]{}().,;:<=>|&~1e0xNaor \n\xa0\xc3"[fixture_random(&seed) % 40];
        for (size_t q = 0; q < 3; q++) {
            struct sql_lexer lexer;
            struct sql_token token;
            const char *at = text;
            sql_lexer_start(&lexer, sql_words, slice_of(text, len), "\0'\""[q]);
            for (size_t i = 0; sql_lexer_next(&lexer, &token); i++) {
                assert_true(token.text.ptr >= at && i <= len);
                at = token.text.ptr + token.text.len;
                assert_true(at <= text + len);
            }
            assert_int_equal(lexer.at, len);
        }
        free(text);
    }
}

static bool is_union(const struct sql_word *word)
{
    return word->class == SQL_UNION;
}

static void finds_words_whatever_they_stand_in(void **state)
{
    (void)state;
    assert_true(sql_any_word(sql_words, SLICE("a 'b /*union*/"), is_union));
    assert_true(sql_any_word(sql_words, SLICE("1union"), is_union));
    assert_false(sql_any_word(sql_words, SLICE("reunion unions select"), is_union));
    assert_false(sql_any_word(sql_words, SLICE(""), is_union));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_text_into_tokens),
        cmocka_unit_test(begins_within_a_string),
        cmocka_unit_test(knows_what_does_not_end),
        cmocka_unit_test(matches_brackets),
        cmocka_unit_test(goes_on_where_it_stopped),
        cmocka_unit_test(gets_through_anything),
        cmocka_unit_test(finds_words_whatever_they_stand_in),
    };
    return cmocka_run_group_tests(tests, sql_fixture_open, sql_fixture_close);
}

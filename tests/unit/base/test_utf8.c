// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "base/utf8.h"
#include "support/edge.h"

static void knows_valid_sequences(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {
        {"a", 1},
        {"\x7f", 1},
        {"\xc2\x80", 2},
        {"\xdf\xbf", 2},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3}, // the last before the surrogates
        {"\xee\x80\x80", 3},
        {"\xef\xbf\xbf", 3},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4}, // U+10FFFF
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct edge e = edge_copy(slice_str(cases[i].bytes));
        assert_int_equal(utf8_sequence(e.text), cases[i].length);
        for (size_t cut = 0; cut < e.text.len; cut++)
            assert_int_equal(utf8_sequence(slice_from(slice_first(e.text, cut), 0)),
                             cut && cases[i].length == 1);
        edge_free(&e);
    }
}

static void refuses_invalid_sequences(void **state)
{
    static const char *const cases[] = {
        "\x80", // a continuation alone
        "\xbf",
        "\xc0\x80", // overlong NUL
        "\xc1\xbf",
        "\xe0\x9f\xbf", // overlong
        "\xed\xa0\x80", // the first surrogate
        "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf", // overlong
        "\xf4\x90\x80\x80", // past U+10FFFF
        "\xf5\x80\x80\x80",
        "\xff",
        "\xc3"
        "a",
        "\xe2\x82"
        "a",
        "\xf0\x9f\x98"
        "a",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct edge e = edge_copy(slice_str(cases[i]));
        assert_int_equal(utf8_sequence(e.text), 0);
        assert_false(utf8_is_valid(e.text));
        edge_free(&e);
    }
    assert_int_equal(utf8_sequence((struct slice){0}), 0);
}

// Every code point, so that writer and reader agree on all of Unicode.
static void reads_every_code_it_writes(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x110800; code++) {
        char out[4];
        size_t length = utf8_encode(code, out);
        bool is_scalar = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
        assert_int_equal(length > 0, is_scalar);
        if (is_scalar)
            assert_int_equal(utf8_sequence(slice_of(out, length)), length);
    }
    char out[4];
    ASSERT_SLICE(slice_of(out, utf8_encode(0x20ac, out)), SLICE("\xe2\x82\xac"));
    ASSERT_SLICE(slice_of(out, utf8_encode(0x1f600, out)), SLICE("\xf0\x9f\x98\x80"));
}

static void finds_a_bad_byte_at_any_place(void **state)
{
    char text[40];
    (void)state;
    memset(text, 'a', sizeof(text));
    memcpy(text + 17, "\xe2\x82\xac", 3);
    assert_true(utf8_is_valid(slice_of(text, sizeof(text))));
    assert_true(utf8_is_valid((struct slice){0}));
    for (size_t i = 0; i < sizeof(text); i++) {
        char kept = text[i];
        text[i] = (char)0xff;
        assert_false(utf8_is_valid(slice_of(text, sizeof(text))));
        text[i] = kept;
    }
    assert_false(utf8_is_valid(slice_of(text, 19)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_valid_sequences),
        cmocka_unit_test(refuses_invalid_sequences),
        cmocka_unit_test(reads_every_code_it_writes),
        cmocka_unit_test(finds_a_bad_byte_at_any_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

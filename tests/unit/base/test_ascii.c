// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "base/ascii.h"

static void folds_letters_of_ascii_alone(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        int wanted = c >= 'A' && c <= 'Z' ? c + 32 : c;
        assert_int_equal((unsigned char)ascii_lower((char)c), wanted);
    }
}

static void knows_controls(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++)
        assert_int_equal(ascii_is_control((char)c), c < 32 || c == 127);
}

static void reads_hex_digits(void **state)
{
    (void)state;
    const char digits[] = "0123456789abcdefABCDEF";
    for (int c = 0; c < 256; c++) {
        const char *at = c ? strchr(digits, c) : NULL;
        int wanted = !at ? -1 : at - digits < 16 ? (int)(at - digits) : (int)(at - digits) - 6;
        assert_int_equal(ascii_hex((char)c), wanted);
    }
}

static void compares_without_case(void **state)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {"", "", true},           {"Host", "hOST", true},
        {"Host", "Hosts", false}, {"a[", "A{", false},     // differ in the bit that folds letters
        {"@", "`", false},        {"\xc4", "\xe4", false}, // the same letter in Latin-1
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(ascii_eq_nocase(slice_str(cases[i].a), slice_str(cases[i].b)),
                         cases[i].equal);
}

// Texts of every length that takes another way, with every octet at every place.
static void compares_words_as_it_does_octets(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 25; len++) {
        for (unsigned octet = 0; octet < 256 * len; octet++) {
            char a[25], b[25];
            memset(a, 'Q', sizeof(a));
            memset(b, 'q', sizeof(b));
            a[octet / 256] = (char)(octet % 256);
            bool equal = ascii_lower(a[octet / 256]) == 'q';
            assert_int_equal(ascii_eq_nocase(slice_of(a, len), slice_of(b, len)), equal);
            b[octet / 256] = ascii_lower(a[octet / 256]);
            assert_true(ascii_eq_nocase(slice_of(a, len), slice_of(b, len)));
        }
    }
}

static void finds_beginnings_and_ends(void **state)
{
    (void)state;
    assert_true(ascii_begins_nocase(SLICE("Basic abc"), SLICE("bASIC ")));
    assert_false(ascii_begins_nocase(SLICE("Bas"), SLICE("basic")));
    assert_true(ascii_begins_nocase(SLICE(""), SLICE("")));
    assert_true(ascii_ends_nocase(SLICE("www.Example.ORG"), SLICE(".example.org")));
    assert_false(ascii_ends_nocase(SLICE("org"), SLICE(".org")));
    assert_true(ascii_ends_nocase(SLICE("x"), SLICE("")));
}

static void lowers_in_place(void **state)
{
    char text[] = "ABC\xc4-Z[";
    (void)state;
    ascii_lower_copy(text, slice_of(text, sizeof(text) - 1));
    assert_string_equal(text, "abc\xc4-z[");
}

static void hides_controls(void **state)
{
    char text[] = "a\n\x1b[31m\x7f\xc3\xa4";
    (void)state;
    ascii_hide_controls(text, sizeof(text) - 1);
    assert_string_equal(text, "a??[31m?\xc3\xa4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_letters_of_ascii_alone),
        cmocka_unit_test(knows_controls),
        cmocka_unit_test(reads_hex_digits),
        cmocka_unit_test(compares_without_case),
        cmocka_unit_test(compares_words_as_it_does_octets),
        cmocka_unit_test(finds_beginnings_and_ends),
        cmocka_unit_test(lowers_in_place),
        cmocka_unit_test(hides_controls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

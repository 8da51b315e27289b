// SPDX-License-Identifier: Apache-2.0
// Letters, blanks, NUL octets and shell noise.
#include "unit/rules/transform_cases.h"

static const struct transform_case cases[] = {
    CASE(LOWERCASE, "aBC\xc4", "abc\xc4"),
    CASE(LOWERCASE, "Z[@A`{", "z[@a`{"),
    KEPT(LOWERCASE, "lower \xc3\x84 0"),
    CASE(UPPERCASE, "aBc\xe4z{`", "ABC\xe4Z{`"),
    KEPT(UPPERCASE, "UPPER \xe4 0"),
    CASE(COMPRESS_WHITESPACE, "a \t\r\n b\vc\fd", "a b c d"),
    CASE(COMPRESS_WHITESPACE, "\t\ta", " a"),
    CASE(COMPRESS_WHITESPACE,
         "a\xa0\xa0"
         "b",
         "a b"),
    CASE(COMPRESS_WHITESPACE, "a  ", "a "),
    KEPT(COMPRESS_WHITESPACE, "a b c "),
    CASE(REMOVE_WHITESPACE, " a\tb\nc \v\f\r\xa0", "abc"),
    KEPT(REMOVE_WHITESPACE, "abc"),
    CASE(TRIM, " \ta b\r\n\v\f", "a b"),
    CASE(TRIM, "  ", ""),
    KEPT(TRIM, "a b"),
    CASE(TRIM_LEFT, " \ta b ", "a b "),
    KEPT(TRIM_LEFT, "a "),
    CASE(TRIM_RIGHT, " a b \n", " a b"),
    KEPT(TRIM_RIGHT, " a"),
    CASE(REMOVE_NULLS, "a\0\0b\0", "ab"),
    KEPT(REMOVE_NULLS, "abc"),
    CASE(REPLACE_NULLS, "a\0\0b\0", "a  b "),
    KEPT(REPLACE_NULLS, "abc"),
    CASE(COMMAND_LINE, "C^a\\T  /e't'c/\"x\"", "cat/etc/x"),
    CASE(COMMAND_LINE, "a;B,c", "a b c"),
    CASE(COMMAND_LINE, "cmd \t /c  (echo x)", "cmd/c(echo x)"),
    CASE(COMMAND_LINE, "a\t;\r\n,b", "a b"),
    KEPT(COMMAND_LINE, "cat x|y"),
    KEPT(COMMAND_LINE, "a\vb"),
};

TRANSFORM_TEST(undoes_letters_and_blanks, cases)

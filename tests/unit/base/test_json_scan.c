// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <stdlib.h>

#include "base/json_read.h"
#include "base/json_scan.h"

// Scans a copy with its NUL in a block of its own size, so that a sanitizer sees a byte too far.
// The copy is returned.
static char *scan_copy(struct slice text, bool *ok, struct json_fault *fault)
{
    char *copy = malloc(text.len + 1);
    assert_non_null(copy);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    *ok = json_scan(copy, text.len, fault);
    return copy;
}

static void accepts_json(void **state)
{
    static const char *const cases[] = {
        "null",
        " true\n",
        "[false]",
        "\"\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u0000\\uD83D\\uDE00\"",
        "0",
        "-0",
        "10.5e+3",
        "100000000000000000000000000000000000000000000000000000000000",
        "1E-9",
        "[]",
        "[ ]",
        "{}",
        "[1,[2,{\"a\":{}}],3]",
        "{\"a\":1,\"b\":[true,null]}",
        "\t{\r\n\"a\"\t:\r\n1\t}\r\n",
        "\"\x7f \xc3\xa4 \xf0\x9f\x98\x80\"",
        "\xef\xbb\xbf[1]",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json_fault fault;
        bool ok;
        char *copy = scan_copy(slice_str(cases[i]), &ok, &fault);
        if (!ok)
            fail_msg("refused %s: %s", cases[i], fault.sentence);
        free(copy);
    }
}

struct refused {
    const char *text;
    size_t offset;
    const char *sentence;
};

static void check_refused(const struct refused *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct json_fault fault = {.offset = 12345};
        bool ok;
        char *copy = scan_copy(slice_str(cases[i].text), &ok, &fault);
        free(copy);
        if (ok)
            fail_msg("accepted %s", cases[i].text);
        assert_string_equal(fault.sentence, cases[i].sentence);
        assert_int_equal(fault.offset, cases[i].offset);
    }
}

static void helps_with_what_people_get_wrong(void **state)
{
    static const struct refused cases[] = {
        {"", 0, "the text has no value"},
        {" // nothing", 11, "the text has no value"},
        {"[1,]", 2, "the comma before ] is one too many"},
        {"{\"a\":1, // b\n}", 6, "the comma before } is one too many"},
        {"[1 2]", 3, "a comma is missing before this"},
        {"{\"a\":1 \"b\":2}", 7, "a comma is missing before this"},
        {"{a:1}", 1, "a name must stand in double quotes"},
        {"{'a':1}", 1, "a name must stand in double quotes"},
        {"['a']", 1, "strings stand in double quotes"},
        {"[\"a]\n", 1, "this string has no closing quote on its line"},
        {"\"", 0, "this string has no closing quote on its line"},
        {"[True]", 1, "write true in lower case"},
        {"[yes]", 1, "yes must stand in double quotes"},
        {"[10s]", 1, "a number with a unit must stand in quotes"},
        {"[1", 2, "the text ends, but the [ of line 1 is not closed"},
        {"[\n{", 3, "the text ends, but the { of line 2 is not closed"},
        {"{\"a\"}", 4, "expected a colon after the name, found }"},
        {"{\"a\" 1}", 5, "expected a colon after the name, found 1"},
        {"{\"a\":}", 5, "expected a value, found }"},
        {"[1}", 2, "found } where ] must close the bracket"},
        {"{]", 1, "found ] where } must close the bracket"},
        {"[,1]", 1, "expected a value, found ,"},
        {"[1,,2]", 3, "expected a value, found ,"},
        {"{,}", 1, "expected a name in double quotes, found ,"},
        {"{\"a\":1,,}", 7, "expected a name in double quotes, found ,"},
        {"[1;2]", 2, "expected a comma or a closing bracket, found ;"},
        {"]", 0, "expected a value, found ]"},
        {"1 2", 2, "expected nothing behind the value, found 2"},
        {"{} }", 3, "expected nothing behind the value, found }"},
        {"[1] /", 4, "a lone / is no JSON; comments begin with // or /*"},
        {"[1] /* a", 4, "this comment is never closed with */"},
        {"\"C:\\dir\"", 3, "no such escape in JSON; a backslash itself is written \\\\"},
    };
    (void)state;
    check_refused(cases, ARRAY_LEN(cases));
}

static void is_strict_where_the_library_is_not(void **state)
{
    static const struct refused cases[] = {
        {"01", 0, "a number must not begin with 0"},
        {"-01", 0, "a number must not begin with 0"},
        {"1.", 0, "not a number as JSON writes it"},
        {"-", 0, "not a number as JSON writes it"},
        {"-.5", 0, "not a number as JSON writes it"},
        {"1e", 0, "not a number as JSON writes it"},
        {"1e+", 0, "not a number as JSON writes it"},
        {"[1.5.2]", 4, "expected a comma or a closing bracket, found ."},
        {"[1000000000000000000000000000000000000000000000000000000000000]", 1,
         "a number has at most 60 characters here"},
        {"+1", 0, "expected a value, found +"},
        {".5", 0, "expected a value, found ."},
        {"0x10", 0, "a number with a unit must stand in quotes"},
        {"NaN", 0, "NaN must stand in double quotes"},
        {"truex", 0, "truex must stand in double quotes"},
        {"\"\t\"", 1, "byte 0x09 must be written \\u0009 in a string"},
        {"\"\x01\"", 1, "byte 0x01 must be written \\u0001 in a string"},
        {"[\v1]", 1, "expected a value, found byte 0x0b"},
        {"\xc2\xa0"
         "1",
         0, "expected a value, found byte 0xc2"}, // a no-break space
        {"\"\\u12G4\"", 1, "\\u needs four hexadecimal digits"},
        {"\"\\u12", 1, "\\u needs four hexadecimal digits"},
        {"\"\\", 1, "no such escape in JSON; a backslash itself is written \\\\"},
        {"\"\\'\"", 1, "no such escape in JSON; a backslash itself is written \\\\"},
        {"\"\\uDE00\"", 1, "\\uDE00 is the second half of a pair without its first"},
        {"\"\\uD83D\"", 1, "\\uD83D is the first half of a pair without its second"},
        {"\"\\uD83Dx\"", 1, "\\uD83D is the first half of a pair without its second"},
        {"\"\\uD83D\\u0041\"", 1, "\\uD83D is the first half of a pair without its second"},
        {"\"a\xff\"", 2, "byte 0xff is not valid UTF-8"},
        {"[1] // \xc3", 7, "byte 0xc3 is not valid UTF-8"},
        {"[1]\xef\xbb\xbf", 3, "expected nothing behind the value, found byte 0xef"},
    };
    (void)state;
    check_refused(cases, ARRAY_LEN(cases));
}

static void refuses_nul_even_in_a_comment(void **state)
{
    struct json_fault fault;
    bool ok;
    (void)state;
    free(scan_copy(SLICE("[1, // \0\n 2 x"), &ok, &fault));
    assert_false(ok);
    assert_int_equal(fault.offset, 7);
    assert_string_equal(fault.sentence, "a NUL byte has no place in JSON");
}

static void blanks_comments_and_keeps_lines(void **state)
{
    static const struct {
        const char *text, *blanked;
    } cases[] = {
        {"[1,//x\n2]", "[1,   \n2]"},
        {"/* a\n b */[1/**/]", "    \n     [1    ]"},
        {"[\"/* no */ // no\"]", "[\"/* no */ // no\"]"},
        {"[\"\\\"//\"]//", "[\"\\\"//\"]  "},
        {"1/*/ 2 */", "1        "},
        {"1//*\n", "1   \n"},
        {"\xef\xbb\xbf"
         "1",
         "   1"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json_fault fault;
        bool ok;
        char *copy = scan_copy(slice_str(cases[i].text), &ok, &fault);
        assert_true(ok);
        assert_string_equal(copy, cases[i].blanked);
        free(copy);
    }
}

static void bounds_the_depth(void **state)
{
    char text[2 * JSON_DEPTH_MAX + 2];
    struct json_fault fault;
    bool ok;
    (void)state;
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    free(scan_copy(slice_of(text, 2 * JSON_DEPTH_MAX), &ok, &fault));
    assert_true(ok);
    memset(text, '[', sizeof(text));
    free(scan_copy(slice_of(text, sizeof(text)), &ok, &fault));
    assert_false(ok);
    assert_int_equal(fault.offset, JSON_DEPTH_MAX);
    assert_string_equal(fault.sentence, "more than 64 brackets inside each other");
}

static void refuses_every_text_cut_short(void **state)
{
    static const char text[] = "{\"a\":[1.5e+3,true,\"\\uD83D\\uDE00\"],\"b\":{\"c\":null}}";
    (void)state;
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        struct json_fault fault;
        bool ok;
        free(scan_copy(slice_of(text, len), &ok, &fault));
        assert_false(ok);
        assert_true(fault.offset <= len);
    }
}

static void counts_what_a_string_decodes_to(void **state)
{
    static const struct {
        const char *text;
        size_t decoded;
    } cases[] = {
        {"\"\"", 0},
        {"\"abc\"", 3},
        {"\"\\n\\\"\\\\\"", 3},
        {"\"\\u0000\\u007f\"", 2},
        {"\"\\u0080\\u07ff\"", 4},
        {"\"\\u0800\\uffff\"", 6},
        {"\"\\uD83D\\uDE00\"", 4},
        {"\"\xc3\xa4\"", 2},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t decoded;
        assert_int_equal(json_skip_string(cases[i].text, 0, &decoded), strlen(cases[i].text));
        assert_int_equal(decoded, cases[i].decoded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_json),
        cmocka_unit_test(helps_with_what_people_get_wrong),
        cmocka_unit_test(is_strict_where_the_library_is_not),
        cmocka_unit_test(refuses_nul_even_in_a_comment),
        cmocka_unit_test(blanks_comments_and_keeps_lines),
        cmocka_unit_test(bounds_the_depth),
        cmocka_unit_test(refuses_every_text_cut_short),
        cmocka_unit_test(counts_what_a_string_decodes_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// The classes, compared with their grammar spelled out once more.
#include "support/edge.h"
#include "support/unit.h"

#include "http/octet.h"

static void class_holds_exactly(enum http_octet_class class, const char *wanted)
{
    for (int c = 0; c < 256; c++) {
        bool is_wanted = c != 0 && strchr(wanted, c) != NULL;
        if (http_octet_is((char)c, class) != is_wanted)
            fail_msg("octet 0x%02x in class %d", (unsigned)c, (int)class);
    }
}

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static void classes_hold_what_the_grammar_says(void **state)
{
    (void)state;
    class_holds_exactly(HTTP_OCTET_TOKEN, ALNUM "!#$%&'*+-.^_`|~");
    class_holds_exactly(HTTP_OCTET_UNRESERVED, ALNUM "-._~");
    class_holds_exactly(HTTP_OCTET_HOST, ALNUM "-._~");
    class_holds_exactly(HTTP_OCTET_PATH_WIRE, ALNUM "-._~!$&'()*+,;=:@");
    class_holds_exactly(HTTP_OCTET_PATH, ALNUM "-._~!$&'()*+,;=:@/|[]");
    class_holds_exactly(HTTP_OCTET_QUERY, ALNUM "-._~!$&'()*+,;=:@/|[]?^`{}");
}

static void text_is_everything_but_controls(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++)
        assert_int_equal(http_octet_is((char)c, HTTP_OCTET_TEXT),
                         c == '\t' || (c >= 0x20 && c != 0x7f));
}

static void plain_run_ends_at_the_first_control(void **state)
{
    (void)state;
    // Every octet at every place of a run longer than two steps, and of all its beginnings.
    for (int c = 0; c < 256; c++) {
        bool is_control = c < 0x20 || c == 0x7f;
        for (size_t at = 0; at < 40; at++) {
            char text[40];
            memset(text, (int)(at % 2 ? 'a' : 0xff), sizeof text);
            text[at] = (char)c;
            struct edge e = edge_copy(slice_of(text, sizeof text));
            assert_int_equal(http_octets_plain(e.text.ptr, 0, e.text.len),
                             is_control ? at : e.text.len);
            assert_int_equal(http_octets_plain(e.text.ptr, at, at), at);
            for (size_t len = 0; len <= sizeof text; len++)
                assert_int_equal(http_octets_are_plain(slice_first(e.text, len)),
                                 !is_control || len <= at);
            edge_free(&e);
        }
    }
}

static void trims_only_blanks(void **state)
{
    (void)state;
    ASSERT_SLICE(http_trim(SLICE(" \t a b\t ")), SLICE("a b"));
    ASSERT_SLICE(http_trim(SLICE("\va\f")), SLICE("\va\f"));
    ASSERT_SLICE(http_trim(SLICE("\xa0x\xa0")), SLICE("\xa0x\xa0"));
    ASSERT_SLICE(http_trim(SLICE(" \t ")), SLICE(""));
    ASSERT_SLICE(http_trim((struct slice){0}), SLICE(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_hold_what_the_grammar_says),
        cmocka_unit_test(text_is_everything_but_controls),
        cmocka_unit_test(plain_run_ends_at_the_first_control),
        cmocka_unit_test(trims_only_blanks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Character references, with and without what HTML lets people leave out.
#include "support/unit.h"

#include "rules/entity.h"
#include "unit/rules/fixture.h"

static void reads_references(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        uint32_t code;
    } cases[] = {
        {"&lt;", 4, '<'},          {"&lt", 3, '<'},
        {"&ltx", 3, '<'},          {"&LT;", 4, '<'},
        {"&quot;", 6, '"'},        {"&apos;", 6, '\''},
        {"&Tab;x", 5, '\t'},       {"&NewLine;", 9, '\n'},
        {"&#60;", 5, '<'},         {"&#60", 4, '<'},
        {"&#060x", 5, '<'},        {"&#x3c;", 6, '<'},
        {"&#X3C;", 6, '<'},        {"&#0000000000060;", 16, '<'},
        {"&#x1F600;", 9, 0x1f600}, {"&colon;", 7, 0x3a},
        {"&Nbsp;", 6, 0xa0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint32_t code = 0;
        size_t length = rules_entity(slice_str(cases[i].text), &code);
        if (length != cases[i].length || code != cases[i].code)
            fail_msg("%s: %zu, U+%04x", cases[i].text, length, (unsigned)code);
    }
}

static void leaves_what_is_none(void **state)
{
    static const char *const cases[] = {"&",     "&;",     "&#;",     "&#x;",    "&#xg;",
                                        "& lt;", "&colon", "&coloN;", "&bogus;", "&apos"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint32_t code;
        assert_int_equal(rules_entity(slice_str(cases[i]), &code), 0);
    }
}

static void a_number_past_unicode_does_not_wrap(void **state)
{
    uint32_t code = 0;
    (void)state;
    // 2^32 + 60 would be '<' again.
    assert_true(rules_entity(SLICE("&#4294967356;"), &code) > 0);
    assert_true(code > 0x10ffff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_references),
        cmocka_unit_test(leaves_what_is_none),
        cmocka_unit_test(a_number_past_unicode_does_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

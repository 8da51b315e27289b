// SPDX-License-Identifier: Apache-2.0
// Directives: what becomes rules, and what is said of the rest.
#include "unit/seclang/fixture.h"

static void notes_what_it_does_not_take(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecNonsense a", "1: lost: the directive SecNonsense is not known"},
        {"\nSecRule ARGS", "2: broken: SecRule needs 2 words behind it"},
        {"SecRequestBodyLimit 5",
         "1: setting: SecRequestBodyLimit: see \"body_limit\" of the filter"},
        {"SecComponentSignature x", "1: idle: SecComponentSignature means nothing here"},
        {"SecRule ARGS \"@rx a\" \"id:1,phase:9,deny\"", "there is no phase 9"},
        {"SecRule ARGS \"@rx a\" \"id:1,deny,chain\"", "1: broken: the chain has no end"},
        {"SecRuleEngine Off", "1: setting: the rules are switched off"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        fixture_expect_note(cases[i].text, cases[i].wanted);
}

static void takes_settings_of_engines_and_phases(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecRuleEngine DetectionOnly", "\"mode\": \"detect\""},
        {"SecRule ARGS \"a\" \"id:1,phase:response,log\"", "\"phase\": \"response_body\""},
        {"SecRule ARGS \"a\" \"id:1,log\"", "\"phase\": \"request_body\""},
        {"SecDefaultAction \"phase:2,deny,status:406\"\nSecRule ARGS \"a\" \"id:1,block\"",
         "\"action\": \"deny\", \"status\": 406"},
        {"SecDefaultAction \"phase:2,deny,status:406\"\nSecRule ARGS \"a\" \"id:1,phase:1,block\"",
         "\"action\": \"log\""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        fixture_expect(cases[i].text, cases[i].wanted);
}

static void spells_out_what_is_no_text(void **state)
{
    (void)state;
    fixture_expect("SecRule ARGS \"@rx ^\xff+$\" \"id:1,log\"", "{\"regex\": \"^\\\\xff+$\"}");
    fixture_expect_note("\n# \xff\nSecRule ARGS \"@rx \xff\" \"id:1,log\"",
                        "3: lost: octets that are no UTF-8");
}

static void a_broken_link_takes_its_chain_along(void **state)
{
    struct fixture f;
    (void)state;
    fixture_convert(&f, "SecRule ARGS \"@rx a\" \"id:1,deny,chain\"\nSecRule ARGS");
    assert_int_equal(f.written.rules, 0);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_what_it_does_not_take),
        cmocka_unit_test(takes_settings_of_engines_and_phases),
        cmocka_unit_test(spells_out_what_is_no_text),
        cmocka_unit_test(a_broken_link_takes_its_chain_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Operators as comparisons.
#include "unit/seclang/fixture.h"

static void converts(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecRule ARGS \"@rx ^\\d+$\" \"id:1,log\"", "\"match\": {\"regex\": \"^\\\\d+$\"}"},
        {"SecRule ARGS \"@rx a.b\" \"id:1,log\"", "{\"regex\": \"a.b\", \"dot_all\": true}"},
        {"SecRule ARGS \"!@rx a\" \"id:1,log\"", "{\"regex\": \"a\", \"not\": true}"},
        {"SecRule ARGS \"@pm a |62 63| d|65|\" \"id:1,log\"",
         "{\"contains_any\": [\"a\", \"bc\", \"de\"], \"ignore_case\": true}"},
        {"SecRule ARGS \"@within a b\" \"id:1,log\"", "{\"within\": \"a b\"}"},
        {"SecRule ARGS \"@streq %{tx.a}\" \"id:1,log\"", "{\"equals\": \"%{vars.a}\"}"},
        {"SecRule ARGS \"@eq 5\" \"id:1,log\"", "{\"number_is\": 5}"},
        {"SecRule ARGS \"@gt -1x\" \"id:1,log\"", "{\"greater_than\": -1}"},
        {"SecRule ARGS \"@lt %{tx.1}\" \"id:1,log\"", "{\"less_than\": \"%{capture.1}\"}"},
        {"SecRule ARGS \"@ge x\" \"id:1,log\"", "{\"at_least\": 0}"},
        {"SecRule ARGS \"@le 99999999999\" \"id:1,log\"", "{\"at_most\": 2147483647}"},
        {"SecRule ARGS \"@ipMatch 10.0.0.0/8, ::1\" \"id:1,log\"",
         "{\"ip_in\": [\"10.0.0.0/8\", \"::1\"]}"},
        {"SecRule ARGS \"@validateByteRange 32-126, 9\" \"id:1,log\"",
         "{\"bytes_outside\": \"32-126,9\"}"},
        {"SecRule ARGS \"@containsWord a.b\" \"id:1,log\"",
         "{\"regex\": \"\\\\b\\\\Qa.b\\\\E\\\\b\"}"},
        {"SecRule ARGS \"@validateUrlEncoding\" \"id:1,log\"", "{\"invalid_url_encoding\": true}"},
        {"SecRule ARGS \"@unconditionalMatch\" \"id:1,log\"", "{\"always\": true}"},
        {"SecRule ARGS \"@noMatch\" \"id:1,log\"", "{\"always\": true, \"not\": true}"},
        {"SecRule REMOTE_ADDR \"@geoLookup\" \"id:1,log\"",
         "\"targets\": [\"client.country\"], \"match\": {\"always\": true}"},
        {"SecRule ARGS \"a\" \"id:1,log,chain\"\nSecRule MATCHED_VARS_NAMES \"@rx ^TX:(.*)\"",
         "\"regex\": \"^vars\\\\.(.*)\""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        fixture_expect(cases[i].text, cases[i].wanted);
}

static void says_what_it_cannot(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecRule ARGS \"@rx (a\" \"id:1,log\"", "rule 1 is left out: the regex is wrong"},
        {"SecRule ARGS \"@rbl x\" \"id:1,log\"",
         "rule 1 is left out: @rbl has nothing like it here"},
        {"SecRule ARGS \"@ipMatch 10.0.0.1/8\" \"id:1,log\"", "is no address or prefix"},
        {"SecRule ARGS \"@pmFromFile no-such-file\" \"id:1,log\"", "no-such-file"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        fixture_expect_note(cases[i].text, cases[i].wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converts),
        cmocka_unit_test(says_what_it_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

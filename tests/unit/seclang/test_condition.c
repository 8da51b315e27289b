// SPDX-License-Identifier: Apache-2.0
// Targets sifted, transforms in order, guards.
#include "unit/seclang/fixture.h"

static void converts(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecRule ARGS|ARGS_GET|ARGS \"a\" \"id:1,log\"", "\"targets\": [\"args.*\"]"},
        {"SecRule ARGS_GET|ARGS \"a\" \"id:1,log\"", "\"targets\": [\"query.*\", \"body.*\"]"},
        {"SecRule ARGS|!ARGS:x|!REQUEST_COOKIES:y \"a\" \"id:1,log\"",
         "\"targets\": [\"args.*\", \"!args.x\"]"},
        {"SecRule REQUEST_HEADERS|!REQUEST_HEADERS:Referer|!REQUEST_HEADERS:referer \"a\" "
         "\"id:1,log\"",
         "[\"headers.*\", \"!headers.Referer\"]"},
        {"SecRule ARGS \"a\" \"id:1,log,t:lowercase,t:none,t:urlDecodeUni,t:cmdLine\"",
         "\"transforms\": [\"url_decode_uni\", \"command_line\"]"},
        {"SecDefaultAction \"phase:2,pass,t:lowercase\"\nSecRule ARGS \"a\" \"id:1,log,t:trim\"",
         "\"transforms\": [\"lowercase\", \"trim\"]"},
        {"SecRule ARGS \"a\" \"id:1,log,multiMatch,capture,t:trim\"",
         "\"transforms\": [\"trim\"], \"multi_match\": true, \"match\": {\"regex\": \"a\"}, "
         "\"capture\": true"},
        {"SecRule REQBODY_PROCESSOR \"@streq JSON\" \"id:1,phase:1,log\"",
         "[\"body_type\"], \"transforms\": [\"uppercase\"], \"match\": {\"equals\": \"JSON\"}"},
        {"SecRule REQBODY_PROCESSOR \"!@rx JSON\" \"id:1,phase:1,log\"",
         "\"unless\": {\"targets\": [\"body_type\"], \"transforms\": [\"uppercase\"], \"match\": "
         "{\"regex\": \"JSON\"}}"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        fixture_expect(cases[i].text, cases[i].wanted);
}

static void says_why_not(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecRule ARGS \"a\" \"id:1,log,t:parityOdd7bit\"",
         "rule 1 is left out: t:parityOdd7bit has nothing like it here"},
        {"SecRule IP:a \"a\" \"id:1,log\"", "rule 1 is left out: nothing is left to look at"},
        {"SecRule ARGS \"a\" "
         "\"id:1,log,t:trim,t:trim,t:trim,t:trim,t:trim,t:trim,t:trim,t:trim,t:trim\"",
         "there are more than 8 transformations"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        fixture_expect_note(cases[i].text, cases[i].wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converts),
        cmocka_unit_test(says_why_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Variables as targets.
#include "unit/seclang/fixture.h"

static void has_a_target_for(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecRule ARGS \"@streq a\" \"id:1,phase:4,log\"", "[\"args.*\"]"},
        {"SecRule ARGS:id \"@streq a\" \"id:1,phase:4,log\"", "[\"args.id\"]"},
        {"SecRule ARGS:json.a.b \"@streq a\" \"id:1,phase:4,log\"", "[\"args.a.b\"]"},
        {"SecRule ARGS:names \"@streq a\" \"id:1,phase:4,log\"", "[\"args./^names$/\"]"},
        {"SecRule ARGS:/^a|b/ \"@streq a\" \"id:1,phase:4,log\"", "[\"args./(?i)^a|b/\"]"},
        {"SecRule ARGS_NAMES:/x/ \"@streq a\" \"id:1,phase:4,log\"", "[\"args.names[/(?i)x/]\"]"},
        {"SecRule REQUEST_HEADERS:/^x/ \"@streq a\" \"id:1,phase:4,log\"", "[\"headers./^x/\"]"},
        {"SecRule REQUEST_FILENAME \"@streq a\" \"id:1,phase:4,log\"", "[\"path\"]"},
        {"SecRule REQUEST_URI \"@streq a\" \"id:1,phase:4,log\"", "[\"target\"]"},
        {"SecRule REQUEST_BODY \"@streq a\" \"id:1,phase:4,log\"", "[\"body_plain\"]"},
        {"SecRule TX:1 \"@streq a\" \"id:1,phase:4,log\"", "[\"capture.1\"]"},
        {"SecRule TX:foo \"@streq a\" \"id:1,phase:4,log\"", "[\"vars.foo\"]"},
        {"SecRule TX:10 \"@streq a\" \"id:1,phase:4,log\"", "[\"vars.10\"]"},
        {"SecRule &TX:/^a/ \"@streq a\" \"id:1,phase:4,log\"", "[\"count:vars./^a/\"]"},
        {"SecRule XML:/* \"@streq a\" \"id:1,phase:4,log\"", "[\"xml.text\"]"},
        {"SecRule XML://@* \"@streq a\" \"id:1,phase:4,log\"", "[\"xml.attributes\"]"},
        {"SecRule GEO:COUNTRY_CODE \"@streq a\" \"id:1,phase:4,log\"", "[\"client.country\"]"},
        {"SecRule MULTIPART_STRICT_ERROR \"@streq a\" \"id:1,phase:4,log\"",
         "[\"count:body_flaws\"]"},
        {"SecRule MATCHED_VARS \"@streq a\" \"id:1,phase:4,log\"", "[\"matched.*\"]"},
        {"SecRule RESPONSE_HEADERS:Server \"@streq a\" \"id:1,phase:4,log\"",
         "[\"response.headers.Server\"]"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        fixture_expect(cases[i].text, cases[i].wanted);
}

static void says_what_has_none(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecRule IP:counter \"@streq a\" \"id:1,phase:4,log\"",
         "rule 1 does not look at a variable: IP:counter is kept from request to request"},
        {"SecRule ENV:x \"@streq a\" \"id:1,phase:4,log\"", "ENV:x has nothing like it here"},
        {"SecRule XML:/a/b \"@streq a\" \"id:1,phase:4,log\"", "XML:/a/b has nothing like it here"},
        {"SecRule REQUEST_HEADERS:a@b \"@streq a\" \"id:1,phase:4,log\"",
         "no header can have the name"},
        {"SecRule RESPONSE_BODY \"@streq a\" \"id:1,phase:2,log\"",
         "RESPONSE_BODY is not known in phase 2"},
        {"SecRule &REQBODY_ERROR \"@streq a\" \"id:1,phase:4,log\"",
         "is a flag and cannot be counted"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        fixture_expect_note(cases[i].text, cases[i].wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_a_target_for),
        cmocka_unit_test(says_what_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

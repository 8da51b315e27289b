// SPDX-License-Identifier: Apache-2.0
// Macros in the engine's words.
#include "unit/seclang/fixture.h"

static void converts(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecRule ARGS \"@rx a\" \"id:1,log,msg:'M',logdata:'%{TX.0} in %{MATCHED_VAR_NAME}: "
         "%{MATCHED_VAR}'\"",
         "\"%{capture.0} in %{matched.name}: %{matched}\""},
        {"SecRule ARGS \"@rx a\" \"id:1,log,msg:'M',logdata:'%{tx.a_b} %{REQUEST_HEADERS.Host}'\"",
         "\"%{vars.a_b} %{headers.Host}\""},
        {"SecRule ARGS \"@rx a\" \"id:1,log,msg:'M',logdata:'%{rule.msg} %{rule.id}'\"",
         "\"M %{rule.id}\""},
        {"SecRule ARGS \"@rx a\" \"id:1,log,msg:'M',logdata:'100%{'\"", "\"100%%{\""},
        {"SecRule ARGS \"@rx a\" \"id:1,log,msg:'M',logdata:'%{ARGS.a} %{REMOTE_ADDR}'\"",
         "\"%{args.a} %{client.address}\""},
        {"SecRule ARGS \"@rx a\" \"id:1,log,msg:'M',logdata:'a%{ip.x}b'\"", "\"logdata\": \"ab\""},
        {"SecRule ARGS \"a\" \"id:1,pass,setvar:tx.n_%{MATCHED_VAR_NAME}=+1\"",
         "\"n_%{matched.key}\", \"add\": 1"},
        {"SecRule ARGS|QUERY_STRING \"a\" \"id:1,pass,setvar:tx.n_%{MATCHED_VAR_NAME}=+1\"",
         "\"n_%{matched.name}\""},
        {"SecRule ARGS \"@rx ^%{tx.a}x{2}%{x}$\" \"id:1,log\"", "\"^%{vars.a}x{2}%{x}$\""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        fixture_expect(cases[i].text, cases[i].wanted);
}

static void says_what_becomes_empty(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecRule ARGS \"@rx a\" \"id:1,log,msg:'M',logdata:'a%{ip.x}b'\"",
         "1: lost: %{ip.x} becomes empty"},
        {"SecRule ARGS \"@rx a\" \"id:1,log,msg:'M',logdata:'%{ARGS}'\"",
         "%{ARGS} becomes empty: is more than one value"},
        {"SecRule ARGS \"@rx %{tx.a}\" \"id:1,log,setvar:tx.a=1\"",
         "rule 1 is left out: %{tx.a} in a regex is set by rules"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        fixture_expect_note(cases[i].text, cases[i].wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converts),
        cmocka_unit_test(says_what_becomes_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

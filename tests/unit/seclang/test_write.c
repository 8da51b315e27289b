// SPDX-License-Identifier: Apache-2.0
// Whole rules, whole files: what is written loads, and means what it meant.
#include "unit/seclang/fixture.h"

#include "base/problems.h"
#include "rules/program.h"

static void converts(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecRule ARGS \"a\" \"id:1,log,severity:2\"", "\"severity\": \"critical\""},
        {"SecRule ARGS \"a\" \"id:1,log,severity:'NOTICE',tag:a,tag:b\"",
         "\"severity\": \"notice\",\n      \"tags\": [\"a\", \"b\"]"},
        {"SecRule ARGS \"a\" \"id:1,deny,status:500\"", "\"action\": \"deny\", \"status\": 500"},
        {"SecRule ARGS \"a\" \"id:1,deny\"", "\"action\": \"deny\"\n"},
        {"SecRule ARGS \"a\" \"log\"", "\"id\": \"line-1.1\""},
        {"SecRule ARGS \"a\" \"id:1,log,chain,setvar:tx.a=1\"\nSecRule MATCHED_VAR \"b\" "
         "\"setvar:tx.b=1\"",
         "\"all_of\": [\n        {\"targets\": [\"args.*\"], \"match\": {\"regex\": \"a\"}, "
         "\"set\": [{\"var\": \"a\", \"to\": 1}]},\n        {\"targets\": [\"matched\"], "
         "\"match\": {\"regex\": \"b\"}, \"set\": [{\"var\": \"b\", \"to\": 1}]}\n      ]"},
        {"SecRule ARGS \"a\" \"id:1,pass,nolog,skipAfter:NOWHERE\"", "{\"marker\": \"NOWHERE\"}"},
        {"SecAction \"id:1,phase:5,log,msg:'x'\"",
         "\"phase\": \"logging\",\n      \"action\": \"log\""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        fixture_expect(cases[i].text, cases[i].wanted);
}

static void says_what_is_left_out(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecRule ARGS \"a\" \"id:1,pass,nolog\"", "1: idle: rule 1 would do nothing here"},
        {"SecRule ARGS \"a\" \"id:1,drop\"",
         "rule 1 refuses with a status: drop has nothing like it here"},
        {"SecRule ARGS \"a\" \"id:1,log,severity:9\"", "there is no severity 9"},
        {"SecRule ARGS \"a\" \"id:1,phase:2,allow:phase\"", "allow:phase has nothing like it here"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        fixture_expect_note(cases[i].text, cases[i].wanted);
}

static void counts_what_it_wrote(void **state)
{
    struct fixture f;
    (void)state;
    fixture_convert(&f, "SecRule ARGS a \"id:1,log\"\nSecRule ARGS \"@rbl x\" \"id:2,log\"\n"
                        "SecRule ARGS b \"id:3,pass,nolog\"");
    assert_int_equal(f.written.rules, 1);
    assert_int_equal(f.written.left_out, 1);
    fixture_clear(&f);
}

// What SecLang lets one write all together, and the engine would refuse bit by bit.
static void is_always_loadable(void **state)
{
    static const char text[] =
        "SecRule ARGS|ARGS_GET|!ARGS:a|!FILES:b \"@gt %{tx.unknown}\" "
        "\"id:1,deny,chain,skipAfter:X\"\n"
        "SecRule &ARGS:a|TX:/^a/ \"!@within %{tx.b}|%{tx.0}\" "
        "\"t:length,capture,setvar:tx.a_%{tx.0}=1\"\n"
        "SecRule REQUEST_BODY|XML:/*|FILES \"@pm a A b\" "
        "\"id:2,phase:2,log,multiMatch,t:md5,t:hexEncode\"\n"
        "SecRule ARGS \"@streq \" \"id:ODD id,log,msg:'%{'\"\n"
        "SecAction \"id:3,phase:5,log,ctl:ruleRemoveTargetById=1;ARGS:/x\\/y/\"\n";
    const struct rules_options options = {.paranoia = 4, .threshold = 5};
    struct problems *problems = problems_new();
    struct fixture f;
    (void)state;
    fixture_convert(&f, text);
    struct rules_program *program = rules_compile_text("written", buf_view(&f.out), &options,
                                                       (struct rules_compile_flags){0}, problems);
    problems_print(problems, stderr);
    assert_non_null(program);
    assert_int_equal(rules_program_count(program), f.written.rules);
    rules_program_free(&program);
    problems_free(&problems);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converts),
        cmocka_unit_test(says_what_is_left_out),
        cmocka_unit_test(counts_what_it_wrote),
        cmocka_unit_test(is_always_loadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Rules changed and removed behind themselves.
#include "unit/seclang/fixture.h"

#include "seclang/amend.h"

static void changes_rules(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecRule ARGS \"@rx a\" \"id:1,phase:2,log,tag:x/y,msg:'hello'\"\nSecRule ARGS \"@rx b\" "
         "\"id:2,phase:2,log\"\nSecRuleUpdateTargetById 1 \"!ARGS:foo\"",
         "\"targets\": [\"args.*\", \"!args.foo\"], \"match\": {\"regex\": \"a\"}"},
        {"SecRule ARGS \"@rx a\" \"id:1,phase:2,log,tag:x/y,msg:'hello'\"\nSecRule ARGS \"@rx b\" "
         "\"id:2,phase:2,log\"\nSecRuleUpdateTargetByTag x \"!ARGS:foo\"",
         "\"targets\": [\"args.*\", \"!args.foo\"], \"match\": {\"regex\": \"a\"}"},
        {"SecRule ARGS \"@rx a\" \"id:1,phase:2,log,tag:x/y,msg:'hello'\"\nSecRule ARGS \"@rx b\" "
         "\"id:2,phase:2,log\"\nSecRuleUpdateTargetByMsg ^hel \"!ARGS:foo\"",
         "\"targets\": [\"args.*\", \"!args.foo\"], \"match\": {\"regex\": \"a\"}"},
        {"SecRule ARGS \"@rx a\" \"id:1,phase:2,log,tag:x/y,msg:'hello'\"\nSecRule ARGS \"@rx b\" "
         "\"id:2,phase:2,log\"\nSecRuleUpdateTargetById 2-9 \"REQUEST_COOKIES\"",
         "\"targets\": [\"args.*\", \"cookies.*\"], \"match\": {\"regex\": \"b\"}"},
        {"SecRule ARGS \"@rx a\" \"id:1,phase:2,log,tag:x/y,msg:'hello'\"\nSecRule ARGS \"@rx b\" "
         "\"id:2,phase:2,log\"\nSecRuleUpdateTargetById 2 \"!ARGS\"\nSecRuleUpdateTargetById 2 "
         "\"QUERY_STRING\"",
         "\"targets\": [\"query\"], \"match\": {\"regex\": \"b\"}"},
        {"SecRule ARGS \"@rx a\" \"id:1,phase:2,log,tag:x/y,msg:'hello'\"\nSecRule ARGS \"@rx b\" "
         "\"id:2,phase:2,log\"\nSecRuleUpdateActionById 2 \"deny,status:404\"",
         "\"action\": \"deny\", \"status\": 404"},
        {"SecRule ARGS \"@rx a\" \"id:1,phase:2,log,tag:x/y,msg:'hello'\"\nSecRule ARGS \"@rx b\" "
         "\"id:2,phase:2,log\"\nSecRuleUpdateActionById 2 \"t:lowercase\"",
         "\"transforms\": [\"lowercase\"], \"match\": {\"regex\": \"b\"}"},
        {"SecRule ARGS \"a\" \"id:1,chain,log\"\nSecRule QUERY_STRING "
         "\"b\"\nSecRuleUpdateTargetById 1:1 REQUEST_URI",
         "\"targets\": [\"query\", \"target\"]"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        fixture_expect(cases[i].text, cases[i].wanted);
}

static size_t left(const char *directive)
{
    static const char rules[] = "SecRule ARGS \"@rx a\" \"id:1,phase:2,log,tag:x/y,msg:'hello'\"\n"
                                "SecRule ARGS \"@rx b\" \"id:2,phase:2,log\"\n";
    struct fixture f;
    char text[1024];
    (void)snprintf(text, sizeof text, "%s%s\nSecRule ARGS c \"id:3,log,tag:x/y\"", rules,
                   directive);
    fixture_convert(&f, text);
    size_t count = f.written.rules;
    fixture_clear(&f);
    return count;
}

static void removes_rules_before_it(void **state)
{
    (void)state;
    assert_int_equal(left(""), 3);
    assert_int_equal(left("SecRuleRemoveById 2"), 2);
    assert_int_equal(left("SecRuleRemoveById 1-9"), 1);
    assert_int_equal(left("SecRuleRemoveById \"1 2\""), 1);
    assert_int_equal(left("SecRuleRemoveById 1 2"), 1);
    assert_int_equal(left("SecRuleRemoveByTag \"^x/\""), 2);
    assert_int_equal(left("SecRuleRemoveByMsg HELLO"), 2);
    assert_int_equal(left("SecRuleRemoveById abc"), 3);
}

static void knows_ids(void **state)
{
    (void)state;
    assert_true(seclang_ids_have(SLICE("1, 5-7 9"), 6));
    assert_false(seclang_ids_have(SLICE("1, 5-7 9"), 8));
    assert_false(seclang_ids_have(SLICE("x"), 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_rules),
        cmocka_unit_test(removes_rules_before_it),
        cmocka_unit_test(knows_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

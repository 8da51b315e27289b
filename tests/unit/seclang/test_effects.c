// SPDX-License-Identifier: Apache-2.0
// What rules do beside their verdict.
#include "unit/seclang/fixture.h"

static void converts(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecRule ARGS \"a\" "
         "\"id:1,phase:2,pass,nolog,setvar:'tx.a=+%{tx.b}',setvar:!tx.c,setvar:tx.d=-2,setvar:'tx."
         "e=-%{tx.f}',setvar:tx.g\"\n",
         "\"set\": [{\"var\": \"a\", \"add\": \"%{vars.b}\"}, {\"var\": \"c\", \"unset\": true}, "
         "{\"var\": \"d\", \"add\": -2}, {\"var\": \"e\", \"add\": \"-%{vars.f}\"}, {\"var\": "
         "\"g\", \"to\": 1}]"},
        {"SecRule ARGS \"a\" \"id:1,phase:2,pass,nolog,ctl:ruleRemoveById=20\"\n",
         "\"exclude\": [{\"rules\": [\"20\"]}]"},
        {"SecRule ARGS \"a\" "
         "\"id:1,phase:2,pass,nolog,ctl:ruleRemoveById=20-29,ctl:ruleRemoveTargetById=20;ARGS:"
         "x\"\n",
         "\"exclude\": [{\"rules\": [\"20-29\"]}, {\"rules\": [\"20\"], \"targets\": "
         "[\"args.x\"]}]"},
        {"SecRule ARGS \"a\" \"id:1,phase:2,pass,nolog,ctl:ruleRemoveByTag=attack-.*\"\nSecRule "
         "ARGS \"b\" \"id:20,phase:2,log,msg:'Mm',tag:attack-sqli\"\n",
         "\"exclude\": [{\"tags\": [\"attack-sqli\"]}]"},
        {"SecRule ARGS \"a\" "
         "\"id:1,phase:2,pass,nolog,ctl:ruleRemoveTargetByTag=attack-sqli;REQUEST_COOKIES:/^a/"
         "\"\nSecRule ARGS \"b\" \"id:20,phase:2,log,msg:'Mm',tag:attack-sqli\"\n",
         "{\"tags\": [\"attack-sqli\"], \"targets\": [\"cookies./(?i)^a/\"]}"},
        {"SecRule ARGS \"a\" \"id:1,phase:2,pass,nolog,ctl:ruleRemoveByMsg=mM\"\nSecRule ARGS "
         "\"b\" \"id:20,phase:2,log,msg:'Mm',tag:attack-sqli\"\n",
         "\"exclude\": [{\"rules\": [\"20\"]}]"},
        {"SecRule ARGS \"a\" \"id:1,phase:2,pass,nolog,ctl:requestBodyProcessor=XML\"\n",
         "\"decode_body\": \"xml\""},
        {"SecRule ARGS \"a\" \"id:1,phase:2,pass,nolog,ctl:ruleEngine=Off\"\n",
         "\"exclude\": [{\"rules\": [\"*\"]}]"},
        {"SecRule ARGS \"a\" \"id:1,phase:2,pass,nolog,skipAfter:END\"\nSecMarker END",
         "\"skip_to\": \"END\""},
        {"SecRule ARGS \"a\" \"id:1,phase:2,allow,nolog\"", "\"exclude\": [{\"rules\": [\"*\"]}]"},
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
        {"SecRule ARGS \"a\" \"id:1,phase:2,pass,nolog,setvar:ip.a=1\"\n",
         "setvar:ip.a=1 is left out: nothing is kept"},
        {"SecRule ARGS \"a\" \"id:1,phase:2,pass,nolog,setvar:=1\"\n",
         "1: broken: setvar:=1 cannot be read"},
        {"SecRule ARGS \"a\" \"id:1,phase:2,pass,nolog,ctl:ruleRemoveByTag=nothing\"\n",
         "ctl:ruleRemoveByTag=nothing means no rule there is"},
        {"SecRule ARGS \"a\" \"id:1,phase:2,pass,nolog,ctl:ruleRemoveTargetById=1;IP:x\"\n",
         "ctl takes nothing out: IP:x is kept"},
        {"SecRule ARGS \"a\" \"id:1,phase:2,pass,nolog,ctl:responseBodyAccess=On\"\n",
         "1: lost: ctl:responseBodyAccess=On has nothing like it here"},
        {"SecRule ARGS \"a\" \"id:1,phase:2,pass,nolog,ctl:auditLogParts=+E\"\n",
         "1: idle: ctl:auditLogParts=+E means nothing here"},
        {"SecRule ARGS \"a\" \"id:1,phase:2,pass,nolog,expirevar:ip.a=1\"\n",
         "rule 1: the action expirevar:ip.a=1 has nothing like it here"},
        {"SecRule ARGS \"a\" \"id:1,phase:2,pass,nolog,ver:x\"\n",
         "1: idle: rule 1: the action ver:x is not kept"},
        {"SecRule ARGS \"a\" \"id:1,phase:2,pass,nolog,ctl:requestBodyProcessor=YAML\"\n",
         "nothing reads bodies as YAML"},
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

// SPDX-License-Identifier: Apache-2.0
// What a hit does to the state.
#include "support/unit.h"

#include "unit/rules/fixture.h"

static const struct fixture_case effects[] = {
    {"{'id':'a','action':'pass','set':[{'var':'n','to':'9007199254740992'},{'var':'n','add':5}]},{'"
     "id':'b','targets':['vars.n'],'match':{'at_least':9007199254740992},'action':'log'}",
     "GET /", "b"},
    {"{'id':'a','action':'pass','set':[{'var':'n','to':'word'},{'var':'n','add':5}]},{'id':'b','"
     "targets':['vars.n'],'match':{'number_is':5},'action':'log'}",
     "GET /", "b"},
    {"{'id':'a','action':'pass','set':[{'var':'%{query.none}','to':'x'}]},{'id':'b','targets':['"
     "count:vars.*'],'match':{'number_is':0},'action':'log'}",
     "GET /", "b"},
    {"{'id':'a','action':'pass','decode_body':'urlencoded'},{'id':'b','targets':['body.x'],'match':"
     "{'equals':'1'},'action':'log'}",
     "POST /\nContent-Type: text/odd\n\nx=1", "b"},
    {"{'id':'b','targets':['body.x'],'match':{'equals':'1'},'action':'log'}",
     "POST /\nContent-Type: text/odd\n\nx=1", ""},
    {"{'id':'a','action':'pass','decode_body':'none'},{'id':'b','targets':['body.x'],'match':{'"
     "equals':'1'},'action':'log'}",
     "POST /\n\nx=1", ""},
};

static void sums_and_decoders_follow_what_rules_say(void **state)
{
    (void)state;
    fixture_assert_hits(effects, ARRAY_LEN(effects), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_decoders_follow_what_rules_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

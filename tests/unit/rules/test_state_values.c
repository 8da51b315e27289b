// SPDX-License-Identifier: Apache-2.0
// Variables, scores and captures as targets.
#include "support/unit.h"

#include "unit/rules/fixture.h"

static const struct fixture_case states[] = {
    {"{'id':'a','action':'pass','set':{'var':'Made','to':'x'}},{'id':'b','targets':['vars.names'],'"
     "match':{'equals':'made'},'action':'log'}",
     "GET /", "b"},
    {"{'id':'a','action':'pass','set':{'var':'n%{method}','to':'x'}},{'id':'b','targets':['vars."
     "names'],'match':{'equals':'nGET'},'action':'log'}",
     "GET /", "b"},
    {"{'id':'s','action':'score','score':2,'category':'c'},{'id':'b','targets':['score.c'],'match':"
     "{'number_is':2},'action':'log'},{'id':'c','targets':['score'],'match':{'at_least':2},'action'"
     ":'log'},{'id':'d','targets':['response_score'],'match':{'number_is':0},'action':'log'}",
     "GET /", "s b c d"},
    {"{'id':'a','targets':['query.a'],'match':{'regex':'(x)(y)?(z)'},'capture':true,'action':'log'}"
     ",{'id':'b','targets':['count:capture.*'],'match':{'number_is':3},'action':'log'},{'id':'c','"
     "targets':['capture.3'],'match':{'equals':'z'},'action':'log'}",
     "GET /?a=xz", "a b c"},
};

static void the_state_is_looked_at_like_a_message(void **state)
{
    (void)state;
    fixture_assert_hits(states, ARRAY_LEN(states), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_is_looked_at_like_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

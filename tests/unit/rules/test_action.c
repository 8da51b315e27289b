// SPDX-License-Identifier: Apache-2.0
// What rules do besides their action: variables, markers, exclusions from their hit on.
#include "support/unit.h"

#include "unit/rules/fixture.h"

static const struct fixture_case changes[] = {
    {"{'id':'a','targets':['query.a'],'match':{'contains':'A'},'action':'pass','set':{'var':'seen',"
     "'to':1}},"
     "{'id':'b','targets':['vars.seen'],'match':{'equals':'1'},'action':'log'}",
     "GET /?a=A", "b"},
    {"{'id':'a','targets':['query.a'],'match':{'contains':'A'},'action':'pass','set':{'var':'seen',"
     "'to':1}},"
     "{'id':'b','targets':['vars.seen'],'match':{'equals':'1'},'action':'log'}",
     "GET /?a=B", ""},
    {"{'id':'b','targets':['vars.seen'],'match':{'equals':'1'},'action':'log'},"
     "{'id':'a','targets':['query.a'],'match':{'contains':'A'},'action':'pass','set':{'var':'seen',"
     "'to':1}}",
     "GET /?a=A", ""},
    {"{'id':'a','targets':['query.*'],'match':{'contains':'A'},'action':'pass','set':{'var':'n','"
     "add':2}},"
     "{'id':'b','targets':['vars.n'],'match':{'number_is':6},'action':'log'}",
     "GET /?a=A&b=A&c=A&d=B", "b"},
    {"{'id':'a','action':'pass','set':[{'var':'n','add':5},{'var':'n','add':-7}]},"
     "{'id':'b','targets':['vars.n'],'match':{'number_is':-2},'action':'log'}",
     "GET /", "b"},
    {"{'id':'a','action':'pass','set':[{'var':'x','to':'y'},{'var':'X','unset':true}]},"
     "{'id':'b','targets':['count:vars.x'],'match':{'number_is':0},'action':'log'}",
     "GET /", "b"},
    {"{'id':'a','targets':['query.names'],'match':{'always':true},'action':'pass','set':{'var':'n_%"
     "{matched.key}','add':1}},"
     "{'id':'b','targets':['vars./^n_/'],'match':{'greater_than':1},'action':'log'}",
     "GET /?a=1&b=1&a=2", "b"},
    {"{'id':'a','targets':['query.names'],'match':{'always':true},'action':'pass','set':{'var':'n_%"
     "{matched.key}','add':1}},"
     "{'id':'b','targets':['vars./^n_/'],'match':{'greater_than':1},'action':'log'}",
     "GET /?a=1&b=1&c=2", ""},
    {"{'id':'a','all_of':[{'targets':['query.*'],'match':{'contains':'A'},'set':{'var':'n','add':1}"
     "},"
     "{'targets':['query.*'],'match':{'contains':'Z'}}],'action':'log'},"
     "{'id':'b','targets':['vars.n'],'match':{'number_is':2},'action':'log'}",
     "GET /?a=A&b=A", "b"},
};

static void later_rules_see_what_earlier_ones_set(void **state)
{
    (void)state;
    fixture_assert_hits(changes, ARRAY_LEN(changes), "");
}

static const struct fixture_case skips[] = {
    {"{'id':'a','targets':['query.a'],'match':{'contains':'A'},'action':'log','skip_to':'END'},"
     "{'id':'b','action':'log'},{'marker':'END'},{'id':'c','action':'log'}",
     "GET /?a=A", "a c"},
    {"{'id':'a','targets':['query.a'],'match':{'contains':'A'},'action':'log','skip_to':'END'},"
     "{'id':'b','action':'log'},{'marker':'END'},{'id':'c','action':'log'}",
     "GET /?a=B", "b c"},
};

static void a_rule_that_hits_skips_to_its_marker(void **state)
{
    (void)state;
    fixture_assert_hits(skips, ARRAY_LEN(skips), "");
}

static const struct fixture_case excludes[] = {
    {"{'id':'a','action':'pass','exclude':{'rules':['b*']}},"
     "{'id':'b1','targets':['query.a'],'match':{'contains':'A'},'action':'log'},{'id':'c','targets'"
     ":['query.a'],'match':{'contains':'A'},'action':'log'}",
     "GET /?a=A", "c"},
    {"{'id':'b1','targets':['query.a'],'match':{'contains':'A'},'action':'log'},{'id':'a','action':"
     "'pass','exclude':{'rules':['b*']}},{'id':'b2','targets':['query.a'],'match':{'contains':'A'},"
     "'action':'log'}",
     "GET /?a=A", "b1"},
    {"{'id':'a','action':'pass','exclude':{'rules':['100-199']}},"
     "{'id':'99','targets':['query.a'],'match':{'contains':'A'},'action':'log'},{'id':'150','"
     "targets':['query.a'],'match':{'contains':'A'},'action':'log'},{'id':'200','targets':['query."
     "a'],'match':{'contains':'A'},'action':'log'}",
     "GET /?a=A", "99 200"},
    {"{'id':'a','action':'pass','exclude':{'tags':['t']}},"
     "{'id':'b','targets':['query.a'],'match':{'contains':'A'},'action':'log','tags':['t']},{'id':'"
     "c','targets':['query.a'],'match':{'contains':'A'},'action':'log'}",
     "GET /?a=A", "c"},
    {"{'id':'a','targets':['query.a'],'match':{'contains':'A'},'action':'pass','exclude':{'rules':["
     "'*'],'targets':['args.x']}},"
     "{'id':'b','targets':['query.*'],'match':{'contains':'E'},'action':'log'}",
     "GET /?a=A&x=E", ""},
    {"{'id':'a','targets':['query.a'],'match':{'contains':'A'},'action':'pass','exclude':{'rules':["
     "'*'],'targets':['args.x']}},"
     "{'id':'b','targets':['query.*'],'match':{'contains':'E'},'action':'log'}",
     "GET /?a=A&x=E&y=E", "b"},
    {"{'id':'a','targets':['query.a'],'match':{'contains':'A'},'action':'pass','exclude':{'rules':["
     "'*'],'targets':['args.x']}},"
     "{'id':'b','targets':['query.*'],'match':{'contains':'E'},'action':'log'}",
     "GET /?a=B&x=E", "b"},
    {"{'id':'a','targets':['query.a'],'match':{'contains':'A'},'action':'pass','exclude':{'rules':["
     "'b'],'targets':['args.x']}},"
     "{'id':'b','targets':['body.*'],'match':{'contains':'E'},'action':'log'}",
     "POST /?a=A\n\nx=E", ""},
    {"{'id':'a','targets':['query.a'],'match':{'contains':'A'},'action':'pass','exclude':{'rules':["
     "'b'],'targets':['query.*']}},"
     "{'id':'b','targets':['query.*'],'match':{'contains':'E'},'action':'log'}",
     "GET /?a=A&x=E", ""},
    {"{'id':'a','targets':['query.a'],'match':{'contains':'A'},'action':'pass','exclude':{'rules':["
     "'b'],'targets':['query.x']}},"
     "{'id':'b','targets':['count:query.x'],'match':{'number_is':0},'action':'log'}",
     "GET /?a=A&x=E", "b"},
};

static void a_rule_takes_out_those_behind_it(void **state)
{
    (void)state;
    fixture_assert_hits(excludes, ARRAY_LEN(excludes), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_rules_see_what_earlier_ones_set),
        cmocka_unit_test(a_rule_that_hits_skips_to_its_marker),
        cmocka_unit_test(a_rule_takes_out_those_behind_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Texts with macros in them.
#include "support/unit.h"

#include "unit/rules/fixture.h"

static const struct fixture_case texts[] = {
    {"{'id':'a','targets':['method'],'match':{'within':'%{vars.allowed}','not':true},'action':'log'"
     "}",
     "PUT /", "a"},
    {"{'id':'a','targets':['method'],'match':{'within':'%{vars.allowed}','not':true},'action':'log'"
     "}",
     "GET /", ""},
    {"{'id':'a','targets':['query.x'],'match':{'equals':'%{query.y}'},'action':'log'}",
     "GET /?x=1&y=1", "a"},
    {"{'id':'a','targets':['query.x'],'match':{'equals':'%{args.y}'},'action':'log'}",
     "GET /?x=1&y=2", ""},
    {"{'id':'a','targets':['query.x'],'match':{'equals':'[%{method}]'},'action':'log'}",
     "GET /?x=[GET]", "a"},
    {"{'id':'a','targets':['query.x'],'match':{'contains':'100%%{a}'},'action':'log'}",
     "GET /?x=100%25%7Ba%7D", "a"},
    {"{'id':'a','targets':['query.x'],'match':{'regex':'^(?:%{vars.allowed})$'},'action':'log'}",
     "GET /?x=GET%20HEAD", "a"},
};

static void macros_stand_for_what_is_there_now(void **state)
{
    (void)state;
    fixture_assert_hits(texts, ARRAY_LEN(texts), "'vars':{'allowed':'GET HEAD'}");
}

static void a_regex_takes_constant_variables_only(void **state)
{
    struct fixture f;
    (void)state;
    assert_false(fixture_open_rules(&f,
                                    "{'id':'s','action':'pass','set':{'var':'x','to':1}},"
                                    "{'id':'a','targets':['method'],'match':{'regex':'%{vars.x}'},"
                                    "'action':'log'}",
                                    ""));
    assert_true(fixture_says(&f, "only variables that no rule sets"));
    fixture_close(&f);
}

static void constant_texts_cost_nothing(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(
        fixture_open_rules(&f,
                           "{'id':'a','targets':['query.*'],'match':{'contains':'x%{vars.word}'},"
                           "'action':'log'}",
                           "'vars':{'word':'yz'}"));
    const struct rules_condition *c = &f.program->conditions[0];
    assert_false(c->is_dynamic);
    assert_int_equal(c->op.argument.part_count, 0);
    assert_true(slice_eq(c->op.texts[0], SLICE("xyz")));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macros_stand_for_what_is_there_now),
        cmocka_unit_test(a_regex_takes_constant_variables_only),
        cmocka_unit_test(constant_texts_cost_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

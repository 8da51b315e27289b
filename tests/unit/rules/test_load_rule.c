// SPDX-License-Identifier: Apache-2.0
// Members of a rule beside its condition.
#include "support/unit.h"

#include "unit/rules/fixture.h"

static const struct fixture_case guards[] = {
    {"{'id':'a','when':{'targets':['method'],'match':{'equals':'GET'}},'action':'log'}", "GET /",
     "a"},
    {"{'id':'a','when':{'targets':['method'],'match':{'equals':'GET'}},'action':'log'}", "POST /",
     ""},
    {"{'id':'a','unless':{'targets':['method'],'match':{'equals':'GET'}},'action':'log'}", "POST /",
     "a"},
    {"{'id':'a','unless':{'targets':['method'],'match':{'equals':'GET'}},'action':'log'}", "GET /",
     ""},
    {"{'id':'a','when':[{'targets':['method'],'match':{'equals':'GET'}},{'targets':['query.a'],'"
     "match':{'equals':'1'}}],'action':'log'}",
     "GET /?a=1", "a"},
    {"{'id':'a','when':[{'targets':['method'],'match':{'equals':'GET'}},{'targets':['query.a'],'"
     "match':{'equals':'1'}}],'action':'log'}",
     "GET /?a=2", ""},
    {"{'id':'a','when':{'targets':['method'],'match':{'equals':'POST'}},'targets':['body.x'],'"
     "match':{'contains':'A'},'action':'log'}",
     "POST /\n\nx=A", "a"},
    {"{'id':'a','when':{'targets':['method'],'match':{'equals':'PUT'}},'targets':['body.x'],'match'"
     ":{'contains':'A'},'action':'log'}",
     "POST /\n\nx=A", ""},
};

static void guards_let_rules_speak_or_not(void **state)
{
    (void)state;
    fixture_assert_hits(guards, ARRAY_LEN(guards), "");
}

static void scores_count_matches_when_asked_to(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open_rules(
        &f,
        "{'id':'a','targets':['query.*'],'match':{'contains':'A'},'action':'score','score':1,"
        "'per_match':true,'category':'x','logdata':'%{matched.name} of %{rule.id}: %{matched}'},"
        "{'id':'b','targets':['query.*'],'match':{'contains':'A'},'action':'score','score':1},"
        "{'id':'c','targets':['score.x'],'match':{'number_is':3},'action':'log'},"
        "{'id':'d','targets':['score'],'match':{'number_is':4},'action':'log',"
        "'description':'had %{score}'}",
        ""));
    assert_true(fixture_ask(&f, "GET /?p=A&q=xAx&r=A"));
    assert_int_equal(f.hit_count, 4);
    assert_int_equal(f.hits[0].score, 3);
    assert_int_equal(f.hits[0].values, 3);
    assert_string_equal(f.hits[0].category, "x");
    assert_string_equal(f.hits[0].data, "query.r of a: A");
    assert_string_equal(f.hits[3].description, "had 4");
    assert_int_equal(f.result.score, 4);
    fixture_close(&f);
}

static void scores_may_be_variables_that_nobody_sets(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open_rules(&f, "{'id':'a','action':'score','score':'%{vars.critical}'}",
                                   "'vars':{'critical':5}"));
    assert_true(fixture_ask(&f, "GET /"));
    assert_int_equal(f.result.decision, RULES_DENY);
    assert_int_equal(f.result.score, 5);
    fixture_close(&f);
}

static void a_named_phase_sees_everything_at_its_turn(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open_rules(
        &f,
        "{'id':'late','phase':'request_body','targets':['args.*'],'match':{'contains':'A'},"
        "'action':'score','score':1,'per_match':true},"
        "{'id':'early','targets':['query.*'],'match':{'contains':'A'},'action':'log'}",
        ""));
    assert_true(fixture_ask(&f, "POST /?x=A\n\ny=A"));
    assert_int_equal(f.hit_count, 2);
    assert_string_equal(f.hits[0].rule, "early");
    assert_string_equal(f.hits[1].rule, "late");
    assert_int_equal(f.hits[1].score, 2);
    fixture_close(&f);
}

static void rules_above_the_paranoia_may_watch(void **state)
{
    const struct rules_options options = {.paranoia = 1, .detect_paranoia = 2, .threshold = 5};
    struct fixture f;
    (void)state;
    assert_true(fixture_open_with(&f,
                                  "{\"rules\":[{\"id\":\"one\",\"action\":\"log\"},"
                                  "{\"id\":\"two\",\"paranoia\":2,\"action\":\"deny\"},"
                                  "{\"id\":\"three\",\"paranoia\":3,\"action\":\"deny\"}]}",
                                  &options, (struct rules_compile_flags){0}));
    assert_true(fixture_ask(&f, "GET /"));
    assert_int_equal(f.hit_count, 2);
    assert_true(f.hits[1].is_detect);
    assert_int_equal(f.result.decision, RULES_NOTHING);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guards_let_rules_speak_or_not),
        cmocka_unit_test(scores_count_matches_when_asked_to),
        cmocka_unit_test(scores_may_be_variables_that_nobody_sets),
        cmocka_unit_test(a_named_phase_sees_everything_at_its_turn),
        cmocka_unit_test(rules_above_the_paranoia_may_watch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

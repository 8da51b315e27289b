// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "support/policy.h"

static void compiles_each_by_its_type(void **state)
{
    struct snapshot *s = policy_good(POLICY_WITH(
        ",'filters':{'bad':{'type':'ip_list','deny':['192.0.2.0/24'],'on_error':'pass'},"
        "'slow':{'type':'rate_limit','key':['client.address'],'rate':'1/1s'}}"));
    assert_int_equal(s->filter_count, 2);
    ASSERT_SLICE(s->filters[0].name, SLICE("bad"));
    assert_string_equal(s->filters[0].type->name, "ip_list");
    assert_true(s->filters[0].pass_on_error);
    assert_string_equal(s->filters[1].type->name, "rate_limit");
    assert_false(s->filters[1].pass_on_error);
    assert_non_null(s->filters[1].state);
    snapshot_unref(&s);
    (void)state;
}

static void warns_of_filters_nobody_uses(void **state)
{
    struct problems *problems = problems_new();
    struct snapshot *s = policy_try(
        POLICY_WITH_APP(
            ",'filters':{'used':{'type':'ip_list','deny':[]},'idle':{'type':'ip_list','deny':[]}},"
            "'routes':[{'filters':['used'],'backend':'app'}]"),
        POLICY_REACH_ALL, problems);
    assert_non_null(s);
    assert_int_equal(problems_warnings(problems), 1);
    assert_non_null(
        strstr(problems_text(problems, 0), "warning: $.filters.idle: this filter is used nowhere"));
    snapshot_unref(&s);
    problems_free(&problems);
    (void)state;
}

// The rule file of the test: one rule, so that the filter has something to hold bodies for.
#define RULES YETT_SOURCE_DIR "/tests/unit/policy/one-rule.json"
#define WAF(more)                                                                                  \
    POLICY_WITH_APP(",'filters':{'waf':{'type':'rules','files':['" RULES                           \
                    "'],'body_limit':'1MiB'}}" more)

static void exchanges_have_room_for_the_bodies_that_are_held(void **state)
{
    struct snapshot *s = policy_good(WAF(""));
    assert_true(s->limits.exchange_memory >= 2 * 1024 * 1024);
    snapshot_unref(&s);
    (void)state;
}

static const struct policy_case refused[] = {
    {"no object", POLICY_WITH(",'filters':{'a':[]}"), "$.filters.a: expected an object"},
    {"no type", POLICY_WITH(",'filters':{'a':{}}"), "$.filters.a: the key \"type\" is missing"},
    {"an unknown type", POLICY_WITH(",'filters':{'a':{'type':'ip-list'}}"),
     "$.filters.a.type: there is no filter type \"ip-list\" (did you mean \"ip_list\"?)"},
    {"a broken one that is used",
     POLICY_WITH_APP(",'filters':{'a':{'type':'ip_list','deny':['192.0.2.0/"
                     "99']}},'routes':[{'filters':['a'],'backend':'app'}]"),
     "$.filters.a.deny[0]: "},
    {"too little room", WAF(",'limits':{'exchange_memory':'1MiB'}"),
     "$.limits.exchange_memory: a filter holds bodies of up to 1048576"},
};

static void refuses(void **state)
{
    POLICY_ASSERT_ALL_REFUSED(refused);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compiles_each_by_its_type),
        cmocka_unit_test(warns_of_filters_nobody_uses),
        cmocka_unit_test(exchanges_have_room_for_the_bodies_that_are_held),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

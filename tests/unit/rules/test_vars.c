// SPDX-License-Identifier: Apache-2.0
// Where variables get their first values.
#include "support/unit.h"

#include "base/json_read.h"
#include "unit/rules/fixture.h"

static void the_policy_wins_over_files_and_the_first_over_later(void **state)
{
    struct problems *problems = problems_new();
    struct json_doc *vars = json_read_text("policy", SLICE("{\"a\":\"policy\"}"), problems);
    const struct rules_options options = {.paranoia = 4, .threshold = 5, .vars = json_root(vars)};
    struct fixture f;
    (void)state;
    assert_true(fixture_open_with(&f, "{\"vars\":{\"A\":\"file\",\"b\":2},\"rules\":[]}", &options,
                                  (struct rules_compile_flags){0}));
    assert_int_equal(f.program->var_count, 2);
    assert_true(slice_eq(f.program->vars[0].value, SLICE("policy")));
    assert_true(slice_eq(f.program->vars[1].value, SLICE("2")));
    fixture_close(&f);
    json_free(&vars);
    problems_free(&problems);
}

static void what_rules_set_is_known_before_any_is_read(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open_rules(
        &f,
        "{'id':'a','targets':['vars.one','vars.two'],'match':{'always':true},'action':'log'},"
        "{'rules':[{'id':'b','all_of':[{'targets':['method'],'match':{'always':true},"
        "'set':{'var':'one','to':'x'}}],'set':[{'var':'tw%{method}','to':'x'}],'action':'log'}]}",
        ""));
    assert_int_equal(f.program->var_count, 2);
    assert_true(f.program->vars[0].is_set);
    assert_false(f.program->vars[1].is_set);
    fixture_close(&f);
}

static void files_may_ask_for_settings_of_the_filter(void **state)
{
    static const char text[] = "{ \"vars\": { \"a\": \"%{filter.paranoia}\", \"b\": "
                               "\"%{filter.detect_paranoia}\", \"c\": \"%{filter.threshold}\","
                               " \"d\": \"%{filter.response_threshold}\" }, \"rules\": [] }";
    static const char *const wanted[] = {"2", "3", "7", "4"};
    const struct rules_options options = {
        .paranoia = 2, .detect_paranoia = 3, .threshold = 7, .response_threshold = 4};
    struct fixture f;
    (void)state;
    assert_true(fixture_open_with(&f, text, &options, (struct rules_compile_flags){0}));
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        ASSERT_SLICE(f.program->vars[i].value, slice_str(wanted[i]));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_policy_wins_over_files_and_the_first_over_later),
        cmocka_unit_test(what_rules_set_is_known_before_any_is_read),
        cmocka_unit_test(files_may_ask_for_settings_of_the_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

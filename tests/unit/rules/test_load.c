// SPDX-License-Identifier: Apache-2.0
// What is wrong with a rule file is said with place, path and what to do; all of it in one pass.
#include "support/unit.h"

#include "unit/rules/fixture.h"

// A rule with one member more; what is being tested comes in its place.
#define RULE_WITH(members) "{\"rules\":[{\"id\":\"r\",\"description\":\"d\"," members "}]}"
#define TARGETS            "\"targets\":[\"query.*\"]"
#define MATCH              "\"match\":{\"contains\":\"x\"}"
#define DENY               "\"action\":\"deny\""
#define GOOD               "\"description\":\"d\"," TARGETS "," MATCH "," DENY

static const struct fixture_refusal broken[] = {
    {"[]", "expected an object"},
    {"{\"rulez\":[]}", "did you mean \"rules\""},
    {"{\"rules\":{}}", "expected an array"},
    {"{\"rules\":[1]}", "$.rules[0]: expected an object"},
    {"{\"mode\":\"blok\"}", "did you mean \"block\""},
    {"{\"rules\":[{" GOOD "}]}", "the key \"id\" is missing"},
    {"{\"rules\":[{\"id\":\"A b\"," GOOD "}]}", "an id is made of"},
    {"{\"rules\":[{\"id\":\"r\"," GOOD "},{\"id\":\"r\"," GOOD "}]}",
     "$.rules[1]: rule r: the id is taken by the rule at test.json:1"},
    {"{\"rules\":[{\"marker\":\"\"}]}", "$.rules[0].marker"},
    {"{\"rules\":[{\"rules\":[],\"wen\":1}]}", "did you mean \"when\""},
    {"{\"rules\":[{\"rules\":[{\"id\":\"r\"," GOOD "}],\"when\":{" TARGETS "}}]}",
     "$.rules[0].when: the key \"match\" is missing"},
    {"{\"vars\":{\"a\":1.5}}", "$.vars.a: a variable is a text"},
    {RULE_WITH(TARGETS "," MATCH "," DENY ",\"skip_to\":\"END\""),
     "no marker behind this rule has that name"},
    {RULE_WITH(TARGETS "," MATCH "," DENY ",\"set\":{\"var\":\"x\"}"), "a change has a \"var\""},
    {RULE_WITH(TARGETS "," MATCH "," DENY ",\"set\":{\"var\":\"x\",\"to\":\"%{nowhere}\"}"),
     "\"nowhere\" is no target"},
    {RULE_WITH(TARGETS "," MATCH "," DENY ",\"exclude\":{\"targets\":[\"query.a\"]}"),
     "an exclusion names the rules"},
    {RULE_WITH(TARGETS "," MATCH "," DENY ",\"category\":\"sqli\""),
     "only a rule with \"action\": \"score\" has a category"},
    {RULE_WITH(TARGETS "," MATCH ",\"action\":\"score\",\"score\":\"%{client.address}\""),
     "a score is a number"},
    {RULE_WITH("\"targets\":[\"response.status\"]," MATCH "," DENY ",\"phase\":\"request\""),
     "comes in a later phase"},
    {RULE_WITH(MATCH "," DENY), "the key \"targets\" is missing"},
    {RULE_WITH(TARGETS "," DENY), "the key \"match\" is missing"},
    {RULE_WITH(TARGETS "," MATCH), "the key \"action\" is missing"},
    {RULE_WITH(TARGETS "," MATCH ",\"action\":\"block\""), "\"block\" is not among"},
    {RULE_WITH(TARGETS "," MATCH ",\"action\":\"score\""), "the key \"score\" is missing"},
    {RULE_WITH(TARGETS "," MATCH ",\"action\":\"score\",\"score\":-1"), "$.rules[0].score"},
    {RULE_WITH(TARGETS "," MATCH "," DENY ",\"score\":1"),
     "only a rule with \"action\": \"score\" has a score"},
    {RULE_WITH(TARGETS "," MATCH ",\"action\":\"log\",\"status\":404"),
     "only a rule with \"action\": \"deny\" has a status"},
    {RULE_WITH(TARGETS "," MATCH "," DENY ",\"status\":200"), "$.rules[0].status"},
    {RULE_WITH(TARGETS "," MATCH "," DENY ",\"severity\":\"bad\""), "\"bad\" is not among"},
    {RULE_WITH(TARGETS "," MATCH "," DENY ",\"paranoia\":5"), "$.rules[0].paranoia"},
    {RULE_WITH(TARGETS "," MATCH "," DENY ",\"mode\":\"off\""), "$.rules[0].mode"},
    {RULE_WITH(TARGETS "," MATCH "," DENY ",\"tags\":[1]"), "$.rules[0].tags[0]"},
    {RULE_WITH(TARGETS "," MATCH "," DENY ",\"tag\":[]"), "did you mean \"tags\""},
    {RULE_WITH(TARGETS "," MATCH "," DENY ",\"tests\":{\"hit\":\"GET /\"}"),
     "$.rules[0].tests.hit: expected an array"},
    {RULE_WITH(TARGETS "," MATCH "," DENY ",\"tests\":{\"hit\":[{\"reqest\":\"GET /\"}]}"),
     "did you mean \"request\""},
    {RULE_WITH("\"targets\":[]," MATCH "," DENY), "1 to 256 targets"},
    {RULE_WITH("\"all_of\":[]," DENY), "a chain has 1 to 16 conditions"},
    {RULE_WITH(TARGETS ",\"all_of\":[{" TARGETS "," MATCH "}]," DENY),
     "beside \"all_of\" there is no \"targets\""},
    {RULE_WITH("\"all_of\":[{" TARGETS "}]," DENY),
     "$.rules[0].all_of[0]: the key \"match\" is missing"},
    {RULE_WITH("\"all_of\":[{" TARGETS "," MATCH ",\"score\":1}]," DENY), "unknown key \"score\""},
};

static void refuses_broken_files_with_place_and_path(void **state)
{
    (void)state;
    fixture_assert_refused(broken, ARRAY_LEN(broken));
}

static void finds_every_mistake_in_one_pass(void **state)
{
    struct fixture f;
    (void)state;
    assert_false(fixture_open(
        &f, "{\"rules\":[\n{\"id\":\"a\",\"description\":\"d\",\"targets\":[\"x\",\"y\"],\n"
            "\"match\":{\"regex\":\"(\"},\"action\":\"deny\"},\n{\"id\":\"b\"}],\n\"mode\":1}"));
    assert_true(fixture_says(&f, "test.json:2:"));
    assert_true(fixture_says(&f, "\"x\" is no target"));
    assert_true(fixture_says(&f, "\"y\" is no target"));
    assert_true(fixture_says(&f, "test.json:3:"));
    assert_true(fixture_says(&f, "$.rules[1]: the key \"action\" is missing"));
    assert_true(fixture_says(&f, "$.mode"));
    fixture_close(&f);
}

static void leaves_out_rules_above_the_paranoia_but_checks_them(void **state)
{
    const struct rules_options options = {.paranoia = 1, .threshold = 5};
    struct fixture f;
    (void)state;
    assert_true(fixture_open_with(
        &f, "{\"rules\":[{\"id\":\"a\"," GOOD "},{\"id\":\"b\",\"paranoia\":2," GOOD "}]}",
        &options, (struct rules_compile_flags){0}));
    assert_int_equal(rules_program_count(f.program), 1);
    fixture_close(&f);
    assert_false(fixture_open_with(
        &f, "{\"rules\":[{\"id\":\"a\"," GOOD "},{\"id\":\"a\",\"paranoia\":2," GOOD "}]}",
        &options, (struct rules_compile_flags){0}));
    fixture_close(&f);
}

static void says_what_the_rules_want_to_see(void **state)
{
    static const struct {
        const char *target;
        bool body, response;
    } cases[] = {{"query.*", false, false},
                 {"body", true, false},
                 {"body.names", true, false},
                 {"response.status", false, true}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[256];
        struct fixture f;
        (void)snprintf(text, sizeof text, RULE_WITH("\"targets\":[\"%s\"]," MATCH "," DENY),
                       cases[i].target);
        assert_true(fixture_open(&f, text));
        assert_int_equal(rules_program_wants_body(f.program), cases[i].body);
        assert_int_equal(rules_program_wants_response(f.program), cases[i].response);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_broken_files_with_place_and_path),
        cmocka_unit_test(finds_every_mistake_in_one_pass),
        cmocka_unit_test(leaves_out_rules_above_the_paranoia_but_checks_them),
        cmocka_unit_test(says_what_the_rules_want_to_see),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

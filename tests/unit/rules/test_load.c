// SPDX-License-Identifier: Apache-2.0
// What is wrong with a rule file is said with place, path and what to do; all of it in one pass.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "unit/rules/fixture.h"

// A rule with one member more; what is being tested comes in its place.
#define RULE_WITH(members) "{\"rules\":[{\"id\":\"r\",\"description\":\"d\"," members "}]}"
#define TARGETS            "\"targets\":[\"query.*\"]"
#define MATCH              "\"match\":{\"contains\":\"x\"}"
#define DENY               "\"action\":\"deny\""
#define GOOD               "\"description\":\"d\"," TARGETS "," MATCH "," DENY

static const struct {
    const char *text, *problem;
} broken[] = {
    {"[]", "expected an object"},
    {"{\"rulez\":[]}", "did you mean \"rules\""},
    {"{\"rules\":{}}", "expected an array"},
    {"{\"rules\":[1]}", "$.rules[0]: expected an object"},
    {"{\"mode\":\"blok\"}", "did you mean \"block\""},
    {"{\"rules\":[{" GOOD "}]}", "the key \"id\" is missing"},
    {"{\"rules\":[{\"id\":\"A b\"," GOOD "}]}", "an id is made of"},
    {"{\"rules\":[{\"id\":\"r\"," GOOD "},{\"id\":\"r\"," GOOD "}]}",
     "$.rules[1]: rule r: the id is taken by the rule at test.json:1"},
    {"{\"rules\":[{\"id\":\"r\"," TARGETS "," MATCH "," DENY "}]}",
     "the key \"description\" is missing"},
    {RULE_WITH(MATCH "," DENY), "the key \"targets\" is missing"},
    {RULE_WITH(TARGETS "," DENY), "the key \"match\" is missing"},
    {RULE_WITH(TARGETS "," MATCH), "the key \"action\" is missing"},
    {RULE_WITH(TARGETS "," MATCH ",\"action\":\"block\""), "\"block\" is not among"},
    {RULE_WITH(TARGETS "," MATCH ",\"action\":\"score\""), "the key \"score\" is missing"},
    {RULE_WITH(TARGETS "," MATCH ",\"action\":\"score\",\"score\":0"), "$.rules[0].score"},
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
    {RULE_WITH("\"targets\":[\"qury.*\"]," MATCH "," DENY),
     "rule r: \"qury.*\" is no target (did you mean \"query.*\"?)"},
    {RULE_WITH("\"targets\":[\"path\",\"path\"]," MATCH "," DENY), "the target stands twice"},
    {RULE_WITH("\"targets\":[\"!query.a\"]," MATCH "," DENY), "none is left to look at"},
    {RULE_WITH("\"targets\":[\"path\",\"!query.a\"]," MATCH "," DENY),
     "does not look at \"query.*\""},
    {RULE_WITH("\"targets\":[\"query./a(/\"]," MATCH "," DENY), "the regex is wrong at offset 2"},
    {RULE_WITH(TARGETS ",\"transforms\":[\"lowercase\",\"urldecode\"]," MATCH "," DENY),
     "did you mean \"url_decode\""},
    {RULE_WITH(TARGETS ",\"transforms\":[\"length\",\"length\",\"length\",\"length\",\"length\","
                       "\"length\",\"length\",\"length\",\"length\"]," MATCH "," DENY),
     "at most 8 transforms"},
    {RULE_WITH(TARGETS ",\"match\":{}," DENY), "match needs one comparison"},
    {RULE_WITH(TARGETS ",\"match\":{\"not\":true}," DENY), "match needs one comparison"},
    {RULE_WITH(TARGETS ",\"match\":{\"contains\":\"a\",\"equals\":\"b\"}," DENY),
     "more than one comparison"},
    {RULE_WITH(TARGETS ",\"match\":{\"regexp\":\"a\"}," DENY), "did you mean \"regex\""},
    {RULE_WITH(TARGETS ",\"match\":{\"regex\":\"a(b\"}," DENY),
     "$.rules[0].match.regex: rule r: the regex is wrong at offset 3"},
    {RULE_WITH(TARGETS ",\"match\":{\"regex\":1}," DENY), "expected a string"},
    {RULE_WITH(TARGETS ",\"match\":{\"contains\":\"\"}," DENY), "must not be empty"},
    {RULE_WITH(TARGETS ",\"match\":{\"contains_any\":[]}," DENY), "a list of 1 to"},
    {RULE_WITH(TARGETS ",\"match\":{\"contains_any\":[\"a\",\"a\"]}," DENY),
     "stands in the list twice"},
    {RULE_WITH(TARGETS ",\"match\":{\"ip_in\":[\"10.0.0.1/8\"]}," DENY), "is no address or prefix"},
    {RULE_WITH(TARGETS ",\"match\":{\"greater_than\":\"5\"}," DENY),
     "$.rules[0].match.greater_than"},
    {RULE_WITH(TARGETS ",\"match\":{\"greater_than\":1.5}," DENY), "$.rules[0].match.greater_than"},
    {RULE_WITH("\"all_of\":[]," DENY), "a chain has 1 to 16 conditions"},
    {RULE_WITH(TARGETS ",\"all_of\":[{" TARGETS "," MATCH "}]," DENY),
     "beside \"all_of\" there is no \"targets\""},
    {RULE_WITH("\"all_of\":[{" TARGETS "}]," DENY),
     "$.rules[0].all_of[0]: the key \"match\" is missing"},
    {RULE_WITH("\"all_of\":[{" TARGETS "," MATCH ",\"score\":1}]," DENY), "unknown key \"score\""},
    {RULE_WITH("\"all_of\":[{\"targets\":[\"body\"]," MATCH
               "},{\"targets\":[\"response.status\"]," MATCH "}]," DENY),
     "body is gone when the response comes"},
    {"{\"exclusions\":[{\"rules\":[\"a\"]}]}", "the key \"why\" is missing"},
    {"{\"exclusions\":[{\"why\":\"w\"}]}", "names the rules it silences"},
    {"{\"exclusions\":[{\"why\":\"w\",\"rules\":[\"a\"],\"path\":\"x\"}]}", "a path begins with /"},
    {"{\"exclusions\":[{\"why\":\"w\",\"rules\":[\"a\"],\"hosts\":[\"A.b\"]}]}", "lower case"},
    {"{\"exclusions\":[{\"why\":\"w\",\"rules\":[\"a\"],\"targets\":[\"!query.a\"]}]}",
     "without \"!\""},
    {"{\"exclusions\":[{\"why\":\"w\",\"rules\":[\"a\"],\"targets\":[\"query\",\"x\"]}]}",
     "$.exclusions[0].targets[1]"},
    {"{\"exclusions\":[{\"why\":\"w\",\"rules\":[\"a\"],\"expires\":\"soon\"}]}", "a date such as"},
    {"{\"exclusions\":[{\"why\":\"w\",\"rule\":[\"a\"]}]}", "did you mean \"rules\""},
};

static void refuses_broken_files_with_place_and_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        struct fixture f;
        if (fixture_open(&f, broken[i].text))
            fail_msg("compiled: %s", broken[i].text);
        if (!fixture_says(&f, broken[i].problem) || !fixture_says(&f, "test.json:1:")) {
            fixture_print(&f);
            fail_msg("expected \"%s\" of %s", broken[i].problem, broken[i].text);
        }
        fixture_close(&f);
    }
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
    assert_true(fixture_says(&f, "$.rules[1]: the key \"description\" is missing"));
    assert_true(fixture_says(&f, "$.mode"));
    fixture_close(&f);
}

static void warns_of_exclusions_that_do_nothing(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open(
        &f, "{\"rules\":[{\"id\":\"r\",\"tags\":[\"t\"]," GOOD "}],\"exclusions\":["
            "{\"why\":\"w\",\"rules\":[\"nobody\"]},{\"why\":\"w\",\"tags\":[\"none\"]},"
            "{\"why\":\"w\",\"rules\":[\"r\"],\"expires\":\"2020-01-01\"}]}"));
    assert_int_equal(problems_warnings(f.problems), 3);
    assert_true(fixture_says(&f, "no rule is called \"nobody\""));
    assert_true(fixture_says(&f, "no rule has the tag \"none\""));
    assert_true(fixture_says(&f, "has expired"));
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
        cmocka_unit_test(warns_of_exclusions_that_do_nothing),
        cmocka_unit_test(leaves_out_rules_above_the_paranoia_but_checks_them),
        cmocka_unit_test(says_what_the_rules_want_to_see),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Exclusions as rule files have them: what is refused, what is warned of.
#include "support/unit.h"

#include "unit/rules/fixture.h"

#define GOOD                                                                                       \
    "\"description\":\"d\",\"targets\":[\"query.*\"],\"match\":{\"contains\":\"x\"},\"action\":"   \
    "\"deny\""

static const struct fixture_refusal broken[] = {
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

static void refuses_exclusions_that_say_too_little(void **state)
{
    (void)state;
    fixture_assert_refused(broken, ARRAY_LEN(broken));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_exclusions_that_say_too_little),
        cmocka_unit_test(warns_of_exclusions_that_do_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

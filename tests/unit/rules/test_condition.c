// SPDX-License-Identifier: Apache-2.0
// Targets and transforms of a condition: what is refused, and why.
#include "support/unit.h"

#include "unit/rules/fixture.h"

// A rule with one member more; what is being tested comes in its place.
#define RULE_WITH(members) "{\"rules\":[{\"id\":\"r\",\"description\":\"d\"," members "}]}"
#define TARGETS            "\"targets\":[\"query.*\"]"
#define MATCH              "\"match\":{\"contains\":\"x\"}"
#define DENY               "\"action\":\"deny\""

static const struct fixture_refusal broken[] = {
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
};

static void refuses_conditions_that_cannot_work(void **state)
{
    (void)state;
    fixture_assert_refused(broken, ARRAY_LEN(broken));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_conditions_that_cannot_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

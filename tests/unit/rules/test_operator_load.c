// SPDX-License-Identifier: Apache-2.0
// Comparisons as rule files have them: what is refused, and why.
#include "support/unit.h"

#include "unit/rules/fixture.h"

// A rule with one member more; what is being tested comes in its place.
#define RULE_WITH(members) "{\"rules\":[{\"id\":\"r\",\"description\":\"d\"," members "}]}"
#define TARGETS            "\"targets\":[\"query.*\"]"
#define DENY               "\"action\":\"deny\""

static const struct fixture_refusal broken[] = {
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
    {RULE_WITH(TARGETS ",\"match\":{\"greater_than\":\"x\"}," DENY),
     "$.rules[0].match.greater_than"},
    {RULE_WITH(TARGETS ",\"match\":{\"greater_than\":1.5}," DENY), "$.rules[0].match.greater_than"},
    {RULE_WITH(TARGETS ",\"match\":{\"contains\":\"%{vars.x\"}," DENY), "has no end"},
    {RULE_WITH(TARGETS ",\"match\":{\"bytes_outside\":\"1-300\"}," DENY), "octets are written as"},
    {RULE_WITH(TARGETS ",\"match\":{\"always\":false}," DENY), "the only value is true"},
    {RULE_WITH(TARGETS ",\"match\":{\"contains_any\":{\"file\":\"missing.txt\"}}," DENY),
     "missing.txt"},
    {RULE_WITH(TARGETS ",\"match\":{\"contains\":\"x\",\"dot_all\":true}," DENY),
     "belongs to a regex"},
};

static void refuses_comparisons_that_cannot_work(void **state)
{
    (void)state;
    fixture_assert_refused(broken, ARRAY_LEN(broken));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_comparisons_that_cannot_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Looking things up in a set.
#include "unit/seclang/fixture.h"

static void finds_actions(void **state)
{
    struct fixture f;
    (void)state;
    fixture_read(&f, "SecDefaultAction \"phase:1,log,deny\"\nSecAction \"id:1,Phase:1,nolog\"");
    const struct seclang_rule *rule = f.set.first;
    assert_non_null(seclang_find_action(rule->links->actions, "PHASE"));
    assert_null(seclang_find_action(rule->links->actions, "deny"));
    assert_non_null(seclang_rule_action(rule, "deny"));
    assert_null(seclang_rule_action(rule, "status"));
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_actions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

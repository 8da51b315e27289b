// SPDX-License-Identifier: Apache-2.0
// What must not be recorded.
#include "support/unit.h"

#include "rules/run.h"

static void secrets_are_known_by_place_and_name(void **state)
{
    (void)state;
    assert_true(rules_value_is_secret(RULES_OF_COOKIE_VALUES, SLICE("a"), SLICE("x")));
    assert_true(rules_value_is_secret(RULES_OF_HEADER_VALUES, SLICE("Authorization"), SLICE("x")));
    assert_true(rules_value_is_secret(RULES_OF_QUERY_VALUES, SLICE("my_PASSWORD"), SLICE("x")));
    assert_true(rules_value_is_secret(RULES_OF_BODY, SLICE(""), SLICE("api_key=1")));
    assert_false(rules_value_is_secret(RULES_OF_HEADER_VALUES, SLICE("Accept"), SLICE("x")));
    assert_false(rules_value_is_secret(RULES_OF_PATH, SLICE(""), SLICE("password")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_known_by_place_and_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

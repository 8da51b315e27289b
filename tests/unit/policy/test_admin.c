// SPDX-License-Identifier: Apache-2.0

#include "support/unit.h"

#include "support/policy.h"

static void takes_a_socket(void **state)
{
    struct snapshot *s = policy_good(POLICY_WITH(",'admin':{'bind':'unix:/run/yett.sock'}"));
    assert_true(s->admin.is_there);
    assert_string_equal(s->admin.path, "/run/yett.sock");
    assert_int_equal(s->admin.token.len, 0);
    snapshot_unref(&s);
    (void)state;
}

static const struct policy_case refused[] = {
    {"admin for all", POLICY_WITH(",'admin':{'bind':'0.0.0.0:9901'}"),
     "$.admin.bind: others than this machine"},
    {"admin without a port", POLICY_WITH(",'admin':{'bind':'127.0.0.1'}"), "$.admin.bind: "},
    {"admin without an address", POLICY_WITH(",'admin':{}"),
     "$.admin: the key \"bind\" is missing"},
    {"a socket without a path", POLICY_WITH(",'admin':{'bind':'unix:'}"),
     "$.admin.bind: behind unix: or unix:// stands the whole path"},
    {"a socket somewhere", POLICY_WITH(",'admin':{'bind':'unix:a'}"),
     "$.admin.bind: behind unix: or unix:// stands the whole path"},
    {"no token", POLICY_WITH(",'admin':{'bind':'0.0.0.0:1','token_file':'/nonexistent/t'}"),
     "$.admin.token_file: cannot read"},
};

static void refuses_what_makes_no_sense(void **state)
{
    POLICY_ASSERT_ALL_REFUSED(refused);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_socket),
        cmocka_unit_test(refuses_what_makes_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

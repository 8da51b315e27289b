// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "support/policy.h"

// localhost is in /etc/hosts everywhere; with both families it has two addresses, and each gets the
// port.
static void takes_all_addresses_of_a_name(void **state)
{
    struct snapshot *s = policy_good(
        POLICY_WITH(",'backends':{'app':{'servers':[{'url':'http://localhost:8080'}]}}"));
    const struct backend_server *server = &s->backends[0].servers[0];
    assert_in_range(server->address_count, 1, BACKEND_ADDRESSES_MAX);
    for (unsigned i = 0; i < server->address_count; i++) {
        assert_true(addr_is_loopback(&server->addresses[i]));
        assert_int_equal(server->addresses[i].port, 8080);
        for (unsigned k = 0; k < i; k++)
            assert_false(addr_eq(&server->addresses[i], &server->addresses[k]));
    }
    snapshot_unref(&s);
    (void)state;
}

static void looks_nothing_up_when_nothing_may_be_touched(void **state)
{
    struct problems *problems = problems_new();
    struct snapshot *s = policy_try(
        POLICY_WITH(",'backends':{'app':{'servers':[{'url':'https://no-such-host.invalid'}]}}"),
        POLICY_REACH_NONE, problems);
    assert_non_null(s);
    assert_int_equal(s->backends[0].servers[0].address_count, 0);
    snapshot_unref(&s);
    problems_free(&problems);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_all_addresses_of_a_name),
        cmocka_unit_test(looks_nothing_up_when_nothing_may_be_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "support/policy.h"

static void gives_defaults(void **state)
{
    struct snapshot *s = policy_good(POLICY_WITH(""));
    assert_int_equal(s->bans.table_size, 65536);
    assert_null(s->bans.state_file);
    assert_int_equal(s->bans.ipv6_bits, 64);
    assert_int_equal(s->bans.never_count, 0);
    assert_true(s->bans.closes);
    assert_int_equal(s->bans.status, 403);
    assert_int_equal(s->bans.remember_ms, 86400000);
    snapshot_unref(&s);
    (void)state;
}

static void takes_what_is_told(void **state)
{
    struct snapshot *s = policy_good(POLICY_WITH(
        ",'bans':{'table_size':1000,'state_file':'/tmp/bans','ipv6_prefix':56,"
        "'never':['192.0.2.1','2001:db8::/32'],'answer':'deny','status':429,'remember':'0s'}"));
    assert_int_equal(s->bans.table_size, 1000);
    assert_string_equal(s->bans.state_file, "/tmp/bans");
    assert_int_equal(s->bans.ipv6_bits, 56);
    assert_int_equal(s->bans.never_count, 2);
    assert_int_equal(s->bans.never[1].bits, 32);
    assert_false(s->bans.closes);
    assert_int_equal(s->bans.status, 429);
    assert_int_equal(s->bans.remember_ms, 0);
    snapshot_unref(&s);
    (void)state;
}

static void knows_what_takes_a_restart(void **state)
{
    struct snapshot *s = policy_good(POLICY_WITH(",'bans':{'table_size':1000}"));
    struct snapshot *same =
        policy_good(POLICY_WITH(",'bans':{'answer':'deny','table_size':1000,'never':['::1']}"));
    struct snapshot *other = policy_good(POLICY_WITH(",'bans':{'table_size':1001}"));
    assert_int_equal(s->bans.definition, same->bans.definition);
    assert_int_not_equal(s->bans.definition, other->bans.definition);
    snapshot_unref(&s);
    snapshot_unref(&same);
    snapshot_unref(&other);
    (void)state;
}

static const struct policy_case refused[] = {
    {"no object", POLICY_WITH(",'bans':[]"), "$.bans: expected an object"},
    {"unknown key", POLICY_WITH(",'bans':{'nevr':[]}"), "did you mean \"never\"?"},
    {"a small table", POLICY_WITH(",'bans':{'table_size':15}"), "$.bans.table_size: "},
    {"a large table", POLICY_WITH(",'bans':{'table_size':262145}"), "$.bans.table_size: "},
    {"a file in no folder", POLICY_WITH(",'bans':{'state_file':'/nowhere/bans'}"),
     "$.bans.state_file: "},
    {"host bits", POLICY_WITH(",'bans':{'never':['192.0.2.1/24']}"),
     "$.bans.never[0]: \"192.0.2.1/24\" is no address or prefix"},
    {"a wide prefix", POLICY_WITH(",'bans':{'ipv6_prefix':31}"), "$.bans.ipv6_prefix: "},
    {"an unknown answer", POLICY_WITH(",'bans':{'answer':'drop'}"), "$.bans.answer: "},
    {"a status that is no refusal", POLICY_WITH(",'bans':{'status':200}"), "$.bans.status: "},
    {"a long memory", POLICY_WITH(",'bans':{'remember':'400d'}"), "$.bans.remember: "},
};

static void refuses_the_rest(void **state)
{
    POLICY_ASSERT_ALL_REFUSED(refused);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_defaults),
        cmocka_unit_test(takes_what_is_told),
        cmocka_unit_test(knows_what_takes_a_restart),
        cmocka_unit_test(refuses_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "support/policy.h"

static void gives_defaults(void **state)
{
    struct snapshot *s = policy_good(POLICY_WITH(""));
    static const char *const methods[] = {"GET",   "HEAD",   "POST",   "PUT",
                                          "PATCH", "DELETE", "OPTIONS"};
    assert_int_equal(s->method_count, ARRAY_LEN(methods));
    for (size_t i = 0; i < s->method_count; i++)
        ASSERT_SLICE(s->methods[i], slice_str(methods[i]));
    ASSERT_SLICE(s->server_header, SLICE("gateway"));
    assert_true(s->workers >= 1 && s->workers <= POLICY_WORKERS_MAX);
    assert_false(s->admin.is_there);
    snapshot_unref(&s);
    (void)state;
}

static void takes_what_is_told(void **state)
{
    struct snapshot *s =
        policy_good(POLICY_WITH(",'$schema':'policy.schema.json','methods':['GET','PURGE'],"
                                "'server_header':'','workers':3,'admin':{'bind':'[::1]:9901'}"));
    assert_int_equal(s->method_count, 2);
    ASSERT_SLICE(s->methods[1], SLICE("PURGE"));
    assert_int_equal(s->server_header.len, 0);
    assert_int_equal(s->workers, 3);
    assert_true(s->admin.is_there);
    assert_int_equal(s->admin.bind.port, 9901);
    snapshot_unref(&s);
    s = policy_good(POLICY_WITH(",'workers':'auto','server_header':'edge/1'"));
    assert_true(s->workers >= 1);
    ASSERT_SLICE(s->server_header, SLICE("edge/1"));
    snapshot_unref(&s);
    (void)state;
}

static const struct policy_case refused[] = {
    {"unknown section", POLICY_WITH(",'route':[]"),
     "$.route: unknown key \"route\" (did you mean \"routes\"?)"},
    {"CONNECT", POLICY_WITH(",'methods':['GET','CONNECT']"),
     "$.methods[1]: CONNECT is never served"},
    {"TRACE", POLICY_WITH(",'methods':['TRACE']"), "$.methods[0]: TRACE is never served"},
    {"a method that is no token", POLICY_WITH(",'methods':['G T']"),
     "$.methods[0]: this is no method"},
    {"a method twice", POLICY_WITH(",'methods':['GET','GET']"),
     "$.methods[1]: this stands in the list twice"},
    {"a method that is no text", POLICY_WITH(",'methods':[1]"), "$.methods[0]: expected a string"},
    {"no workers", POLICY_WITH(",'workers':0"), "$.workers: must be a whole number from 1 to 256"},
    {"workers by word", POLICY_WITH(",'workers':'all'"),
     "$.workers: expected \"auto\" or a number"},
    {"a server header of two lines", POLICY_WITH(",'server_header':'a\\r\\nb: c'"),
     "$.server_header: "},
};

static void refuses(void **state)
{
    POLICY_ASSERT_ALL_REFUSED(refused);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_defaults),
        cmocka_unit_test(takes_what_is_told),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "support/policy.h"

static void gives_defaults(void **state)
{
    struct snapshot *s = policy_good(POLICY_WITH(""));
    const struct policy_limits *l = &s->limits;
    assert_int_equal(l->head.start_line, 8192);
    assert_int_equal(l->head.field_line, 8192);
    assert_int_equal(l->head.field_bytes, 32768);
    assert_int_equal(l->head.field_count, 100);
    assert_int_equal(l->request_body, 10 * 1024 * 1024);
    assert_int_equal(l->handshake_ms, 10000);
    assert_int_equal(l->head_ms, 10000);
    assert_int_equal(l->body_ms, 30000);
    assert_int_equal(l->send_ms, 30000);
    assert_int_equal(l->idle_ms, 60000);
    assert_int_equal(l->body_rate_bytes, 256);
    assert_int_equal(l->body_rate_ms, 1000);
    assert_int_equal(l->send_rate_bytes, 256);
    assert_int_equal(l->rate_grace_ms, 5000);
    assert_int_equal(l->drain_ms, 30000);
    assert_int_equal(l->discard_bytes, 65536);
    assert_int_equal(l->exchange_memory, 256 * 1024);
    assert_int_equal(l->connections, 20000);
    assert_int_equal(l->connections_per_client, 500);
    assert_int_equal(l->requests_per_connection, 10000);
    assert_int_equal(l->interim_responses, 16);
    snapshot_unref(&s);
    (void)state;
}

static void takes_what_is_told(void **state)
{
    struct snapshot *s = policy_good(POLICY_WITH(
        ",'limits':{'request_line':'16KiB','header_count':7,'request_body':0,'head_timeout':'250ms'"
        ","
        "'min_body_rate':'1KiB/"
        "2s','min_send_rate':false,'connections_per_client':0,'exchange_memory':'1MiB'}"));
    assert_int_equal(s->limits.head.start_line, 16384);
    assert_int_equal(s->limits.head.field_count, 7);
    assert_int_equal(s->limits.request_body, 0);
    assert_int_equal(s->limits.head_ms, 250);
    assert_int_equal(s->limits.body_rate_bytes, 1024);
    assert_int_equal(s->limits.body_rate_ms, 2000);
    assert_int_equal(s->limits.send_rate_bytes, 0);
    assert_int_equal(s->limits.connections_per_client, 0);
    assert_int_equal(s->limits.exchange_memory, 1024 * 1024);
    snapshot_unref(&s);
    (void)state;
}

static void a_route_has_its_own(void **state)
{
    struct snapshot *s =
        policy_good(POLICY_WITH_APP(",'limits':{'body_timeout':'7s','header_count':9},"
                                    "'routes':[{'path':'/"
                                    "up','backend':'app','limits':{'request_body':'1GiB','body_"
                                    "timeout':'2m'}},{'backend':'app'}]"));
    assert_int_equal(s->routes[0].limits.request_body, 1024 * 1024 * 1024);
    assert_int_equal(s->routes[0].limits.body_ms, 120000);
    assert_int_equal(s->routes[0].limits.head.field_count, 9);
    assert_int_equal(s->routes[1].limits.request_body, 10 * 1024 * 1024);
    assert_int_equal(s->routes[1].limits.body_ms, 7000);
    snapshot_unref(&s);
    (void)state;
}

static const struct policy_case refused[] = {
    {"another type", POLICY_WITH(",'limits':[]"), "$.limits: expected an object"},
    {"unknown key", POLICY_WITH(",'limits':{'header_byte':'8KiB'}"),
     "$.limits.header_byte: unknown key \"header_byte\" (did you mean \"header_bytes\"?)"},
    {"too small", POLICY_WITH(",'limits':{'request_line':'1B'}"),
     "$.limits.request_line: must lie between"},
    {"too large", POLICY_WITH(",'limits':{'header_bytes':'1GiB'}"),
     "$.limits.header_bytes: must lie between"},
    {"a count as text", POLICY_WITH(",'limits':{'header_count':'100'}"),
     "$.limits.header_count: expected a number"},
    {"a duration as number", POLICY_WITH(",'limits':{'head_timeout':10}"),
     "$.limits.head_timeout: expected a duration"},
    {"a rate without time", POLICY_WITH(",'limits':{'min_body_rate':'256B'}"),
     "$.limits.min_body_rate: "},
    {"a rate switched on", POLICY_WITH(",'limits':{'min_body_rate':true}"),
     "$.limits.min_body_rate: "},
    {"a timeout switched off", POLICY_WITH(",'limits':{'head_timeout':false}"),
     "$.limits.head_timeout: "},
    {"decided before the route is known",
     POLICY_WITH_APP(",'routes':[{'backend':'app','limits':{'header_bytes':'8KiB'}}]"),
     "$.routes[0].limits.header_bytes: unknown key"},
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
        cmocka_unit_test(a_route_has_its_own),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

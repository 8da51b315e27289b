// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "support/policy.h"

#define BACKEND(text)                                                                              \
    POLICY_WITH(",'backends':{'app':{'servers':[{'url':'http://127.0.0.1:1'}]" text "}}")

static void gives_defaults(void **state)
{
    struct snapshot *s = policy_good(BACKEND(""));
    const struct backend_config *b = &s->backends[0];
    ASSERT_SLICE(b->name, SLICE("app"));
    assert_int_equal(b->balance, BACKEND_ROUND_ROBIN);
    assert_false(b->health.enabled);
    assert_int_equal(b->connect_ms, 2000);
    assert_int_equal(b->response_ms, 30000);
    assert_int_equal(b->idle_ms, 60000);
    assert_int_equal(b->keep_ms, 15000);
    assert_int_equal(b->total_ms, 0);
    assert_int_equal(b->retries, 1);
    assert_false(b->proxy_header);
    assert_int_equal(b->keep_max, 256);
    assert_int_equal(b->response_head.field_bytes, 65536);
    assert_int_equal(b->response_head.field_count, 200);
    assert_int_equal(b->response_head.start_line, 8192);
    snapshot_unref(&s);
    (void)state;
}

static void takes_what_is_told(void **state)
{
    struct snapshot *s = policy_good(BACKEND(
        ",'balance':'least_outstanding','retries':0,'keep':0,'limits':{'header_count':5},"
        "'timeouts':{'connect':'1s','response':'2s','idle':'3s','keep':'0s','total':'4s'},"
        "'health_check':{'path':'/"
        "h?x=1','host':'App.Internal:8080','interval':'5s','timeout':'3s','rise':1,'fall':9,"
        "'status':'204'}"));
    const struct backend_config *b = &s->backends[0];
    assert_int_equal(b->balance, BACKEND_LEAST_OUTSTANDING);
    assert_int_equal(b->retries, 0);
    assert_int_equal(b->keep_max, 0);
    assert_int_equal(b->response_head.field_count, 5);
    assert_int_equal(b->connect_ms, 1000);
    assert_int_equal(b->response_ms, 2000);
    assert_int_equal(b->idle_ms, 3000);
    assert_int_equal(b->keep_ms, 0);
    assert_int_equal(b->total_ms, 4000);
    assert_true(b->health.enabled);
    ASSERT_SLICE(b->health.path, SLICE("/h?x=1"));
    ASSERT_SLICE(b->health.host, SLICE("app.internal:8080"));
    assert_int_equal(b->health.interval_ms, 5000);
    assert_int_equal(b->health.timeout_ms, 3000);
    assert_int_equal(b->health.rise, 1);
    assert_int_equal(b->health.fall, 9);
    assert_int_equal(b->health.status_min, 204);
    assert_int_equal(b->health.status_max, 204);
    snapshot_unref(&s);
    (void)state;
}

static void a_check_asks_for_the_first_server(void **state)
{
    struct snapshot *s = policy_good(BACKEND(",'health_check':{'path':'/'}"));
    const struct backend_health_check *h = &s->backends[0].health;
    ASSERT_SLICE(h->host, SLICE("127.0.0.1:1"));
    assert_int_equal(h->interval_ms, 2000);
    assert_int_equal(h->timeout_ms, 1000);
    assert_int_equal(h->rise, 2);
    assert_int_equal(h->fall, 3);
    assert_int_equal(h->status_min, 200);
    assert_int_equal(h->status_max, 399);
    snapshot_unref(&s);
    (void)state;
}

static const struct policy_case refused[] = {
    {"no object", POLICY_WITH(",'backends':{'app':[]}"), "$.backends.app: expected an object"},
    {"a name with a blank",
     POLICY_WITH(",'backends':{'a b':{'servers':[{'url':'http://127.0.0.1:1'}]}}"), ": a name has"},
    {"unknown key", BACKEND(",'balanc':'x'"),
     "$.backends.app.balanc: unknown key \"balanc\" (did you mean \"balance\"?)"},
    {"another balance", BACKEND(",'balance':'random'"),
     "$.backends.app.balance: \"random\" is not among"},
    {"kept connections with a PROXY header", BACKEND(",'keep':5,'proxy_protocol':'v2'"),
     "$.backends.app.keep: with \"proxy_protocol\" no connection is kept"},
    {"PROXY headers on shared connections", BACKEND(",'protocol':'h2','proxy_protocol':'v2'"),
     "$.backends.app.proxy_protocol: a connection of HTTP/2 is shared"},
    {"streams without HTTP/2", BACKEND(",'limits':{'streams':5}"),
     "$.backends.app.limits.streams: this is for backends with"},
    {"PROXY version 1", BACKEND(",'proxy_protocol':'v1'"),
     "$.backends.app.proxy_protocol: \"v1\" is not among"},
    {"too many retries", BACKEND(",'retries':11"), "$.backends.app.retries: must be"},
    {"no time to connect", BACKEND(",'timeouts':{'connect':'0s'}"),
     "$.backends.app.timeouts.connect: must lie between"},
    {"an unknown timeout", BACKEND(",'timeouts':{'read':'1s'}"),
     "$.backends.app.timeouts.read: unknown key"},
    {"a check without a path", BACKEND(",'health_check':{}"),
     "$.backends.app.health_check: the key \"path\" is missing"},
    {"a relative path", BACKEND(",'health_check':{'path':'x'}"),
     "$.backends.app.health_check.path: a path begins"},
    {"a path with a blank", BACKEND(",'health_check':{'path':'/a b'}"),
     "$.backends.app.health_check.path: a path begins"},
    {"a status range backwards", BACKEND(",'health_check':{'path':'/','status':'300-200'}"),
     "$.backends.app.health_check.status: expected a status"},
    {"a status beyond all", BACKEND(",'health_check':{'path':'/','status':'200-600'}"),
     ".status: expected a status"},
    {"half a range", BACKEND(",'health_check':{'path':'/','status':'200-'}"),
     ".status: expected a status"},
    {"a large response head", BACKEND(",'limits':{'header_bytes':'1GiB'}"),
     "$.backends.app.limits.header_bytes: must lie"},
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
        cmocka_unit_test(a_check_asks_for_the_first_server),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

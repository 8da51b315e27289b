// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "support/policy.h"

#define ROUTE(text) POLICY_WITH_APP(",'routes':[{'backend':'app'," text "}]")

static void takes_what_is_told(void **state)
{
    struct snapshot *s = policy_good(ROUTE(
        "'request_headers':{'set':{'X-Gate':'yett','Host':'app.internal'},'remove':['X-Debug']},"
        "'response_headers':{'set':{'X-Frame-Options':'DENY','X-Empty':''},'remove':['X-A','X-B']"
        "}"));
    const struct policy_route *route = &s->routes[0];
    assert_int_equal(route->request_set_count, 2);
    ASSERT_SLICE(route->request_set[0].name, SLICE("X-Gate"));
    ASSERT_SLICE(route->request_set[0].value, SLICE("yett"));
    ASSERT_SLICE(route->request_set[1].value, SLICE("app.internal"));
    assert_int_equal(route->request_remove_count, 1);
    ASSERT_SLICE(route->request_remove[0], SLICE("X-Debug"));
    assert_int_equal(route->response_set_count, 2);
    assert_int_equal(route->response_set[1].value.len, 0);
    assert_int_equal(route->response_remove_count, 2);
    snapshot_unref(&s);
    (void)state;
}

static void framing_and_connection_fields_are_out_of_reach(void **state)
{
    static const char *const ours[] = {
        "Content-Length", "transfer-encoding", "Connection", "TE",
        "Trailer",        "UPGRADE",           "Keep-Alive", "Proxy-Connection"};
    static const char *const places[] = {
        "'request_headers':{'set':{'%s':'x'}}", "'request_headers':{'remove':['%s']}",
        "'response_headers':{'set':{'%s':'x'}}", "'response_headers':{'remove':['%s']}"};
    for (size_t i = 0; i < ARRAY_LEN(ours) * ARRAY_LEN(places); i++) {
        char change[128], text[512];
        const char *place = places[i % ARRAY_LEN(places)], *name = ours[i / ARRAY_LEN(places)];
        const char *hole = strstr(place, "%s");
        (void)snprintf(change, sizeof(change), "%.*s%s%s", (int)(hole - place), place, name,
                       hole + 2);
        (void)snprintf(text, sizeof(text), ROUTE("%s"), change);
        const struct policy_case c = {name, text, "is the gateway's own and cannot be changed"};
        policy_assert_refused(&c, POLICY_REACH_ALL);
    }
    (void)state;
}

static const struct policy_case refused[] = {
    {"no name", ROUTE("'request_headers':{'set':{'X Y':'x'}}"),
     "this is no name of a header field"},
    {"an empty name", ROUTE("'request_headers':{'remove':['']}"),
     "$.routes[0].request_headers.remove[0]: this is no name"},
    {"two lines", ROUTE("'response_headers':{'set':{'X':'a\\r\\nB: c'}}"),
     "$.routes[0].response_headers.set.X: this cannot be the value"},
    {"a blank at the end", ROUTE("'response_headers':{'set':{'X':'a '}}"),
     "$.routes[0].response_headers.set.X: this cannot"},
    {"a number", ROUTE("'response_headers':{'set':{'X':1}}"),
     "$.routes[0].response_headers.set.X: expected a string"},
    {"twice in two spellings", ROUTE("'response_headers':{'set':{'X':'1','x':'2'}}"),
     "$.routes[0].response_headers.set.x: this field is set twice"},
    {"a request without Host", ROUTE("'request_headers':{'remove':['host']}"),
     "Host can be set on requests, and nothing else"},
    {"Host in a response", ROUTE("'response_headers':{'set':{'Host':'a'}}"),
     "Host can be set on requests, and nothing else"},
    {"a Host that is none", ROUTE("'request_headers':{'set':{'Host':'a/b'}}"),
     "\"a/b\" is not the name or address of a host"},
    {"unknown key", ROUTE("'request_headers':{'add':{}}"),
     "$.routes[0].request_headers.add: unknown key"},
    {"a request that never leaves",
     POLICY_WITH(",'routes':[{'respond':{'status':403},'request_headers':{}}]"),
     "$.routes[0].request_headers: this means nothing without \"backend\""},
};

static void refuses(void **state)
{
    POLICY_ASSERT_ALL_REFUSED(refused);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_is_told),
        cmocka_unit_test(framing_and_connection_fields_are_out_of_reach),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "http/head.h"
#include "support/policy.h"

static size_t find(const struct snapshot *s, const char *method, const char *host, const char *path)
{
    const struct http_request request = {
        .method = slice_str(method), .host = slice_str(host), .path = slice_str(path)};
    return route_table_find(s->route_table, &request);
}

static void gives_defaults(void **state)
{
    struct snapshot *s = policy_good(POLICY_WITH_APP(",'routes':[{'backend':'app'}]"));
    const struct policy_route *route = &s->routes[0];
    assert_int_equal(s->route_count, 1);
    ASSERT_SLICE(route->name, SLICE("*/"));
    ASSERT_SLICE(route->path, SLICE("/"));
    assert_int_equal(route->host_count, 1);
    assert_int_equal(route->method_count, 0);
    assert_int_equal(route->filters.count, 0);
    assert_false(route->filters.detect);
    assert_false(route->strip_prefix);
    assert_int_equal(route->action, ROUTE_BACKEND);
    assert_int_equal(route->connect_ms, 2000);
    assert_int_equal(find(s, "GET", "any.test", "/x"), 0);
    snapshot_unref(&s);
    (void)state;
}

static void takes_what_is_told(void **state)
{
    struct snapshot *s = policy_good(POLICY_WITH_APP(
        ",'filters':{'one':{'type':'ip_list','deny':['192.0.2.1']},'two':{'type':'ip_list','deny':["
        "'192.0.2.2']}},"
        "'routes':[{'name':'shop','hosts':['Shop.Example.com','*.EXAMPLE.net'],'path':'/a%20b/"
        "','methods':['GET','POST'],"
        "'filters':['two','one'],'backend':'app','strip_prefix':true,'mode':'detect',"
        "'timeouts':{'connect':'1s','response':'2m','idle':'3s'}}]"));
    const struct policy_route *route = &s->routes[0];
    ASSERT_SLICE(route->name, SLICE("shop"));
    ASSERT_SLICE(route->path, SLICE("/a b/"));
    ASSERT_SLICE(route->hosts[0], SLICE("shop.example.com"));
    ASSERT_SLICE(route->hosts[1], SLICE("*.example.net"));
    assert_true(route->strip_prefix);
    assert_true(route->filters.detect);
    assert_int_equal(route->filters.count, 2);
    ASSERT_SLICE(route->filters.items[0]->name, SLICE("two"));
    ASSERT_SLICE(route->filters.items[1]->name, SLICE("one"));
    assert_int_equal(route->connect_ms, 1000);
    assert_int_equal(route->response_ms, 120000);
    assert_int_equal(route->transfer_idle_ms, 3000);
    assert_int_equal(find(s, "POST", "www.example.net", "/a b/c"), 0);
    assert_int_equal(find(s, "PUT", "www.example.net", "/a b/c"), SIZE_MAX);
    snapshot_unref(&s);
    (void)state;
}

#define ROUTE(text) POLICY_WITH_APP(",'routes':[{'backend':'app'," text "}]")
#define TWO(first, second)                                                                         \
    POLICY_WITH_APP(",'routes':[{'backend':'app'" first "},{'backend':'app'" second "}]")

static const struct policy_case refused[] = {
    {"no array", POLICY_WITH(",'routes':{}"), "$.routes: expected an array"},
    {"gRPC to HTTP/1.1", ROUTE("'grpc':true"), "$.routes[0].grpc: gRPC needs a backend with"},
    {"WebSocket to HTTP/2",
     POLICY_WITH(",'backends':{'app':{'servers':[{'url':'http://127.0.0.1:1'}],'protocol':'h2'}},"
                 "'routes':[{'backend':'app','websocket':true}]"),
     "$.routes[0].websocket: a backend with"},
    {"unknown key", ROUTE("'filter':[]"),
     "$.routes[0].filter: unknown key \"filter\" (did you mean \"filters\"?)"},
    {"a host with a port", ROUTE("'hosts':['a.test:80']"),
     "$.routes[0].hosts[0]: a host stands here without a port"},
    {"a pattern in the middle", ROUTE("'hosts':['a.*.test']"),
     "$.routes[0].hosts[0]: \"a.*.test\" is not the name"},
    {"half a pattern", ROUTE("'hosts':['*.']"), "$.routes[0].hosts[0]: \"\" is not the name"},
    {"a host twice", ROUTE("'hosts':['a.test','A.TEST']"),
     "$.routes[0].hosts[1]: this stands in the list twice"},
    {"no hosts", ROUTE("'hosts':[]"), "$.routes[0].hosts: a route without hosts"},
    {"no methods", ROUTE("'methods':[]"), "$.routes[0].methods: a route without methods"},
    {"a relative path", ROUTE("'path':'x'"), "$.routes[0].path: a path begins with /"},
    {"a query", ROUTE("'path':'/x?y'"), "$.routes[0].path: a path begins with /"},
    {"dot segments", ROUTE("'path':'/a/../b'"),
     "$.routes[0].path: requests never have this path; its canonical form is \"/b\""},
    {"two slashes", ROUTE("'path':'/a//b'"), "its canonical form is \"/a/b\""},
    {"parameters", ROUTE("'path':'/a;v=1/'"), "$.routes[0].path: parameters play no part"},
    {"an encoded slash", ROUTE("'path':'/a%2fb'"),
     "$.routes[0].path: no request can have this path"},
    {"a broken escape", ROUTE("'path':'/a%2'"), "$.routes[0].path: no request can have this path"},
    {"an unknown filter", ROUTE("'filters':['x']"),
     "$.routes[0].filters[0]: no filter is called \"x\""},
    {"another mode", ROUTE("'mode':'watch'"), "$.routes[0].mode: \"watch\" is not among"},
    {"a name twice", TWO(",'name':'x'", ",'name':'x','path':'/x'"),
     "$.routes[1].name: another route has this name"},
    {"the same twice", TWO("", ""),
     "$.routes[1]: nothing for host \"*\" comes here: $.routes[0] matches all of it"},
    {"the same but for a slash", TWO(",'path':'/x'", ",'path':'/x/'"),
     "$.routes[1]: nothing for host"},
    {"one of its hosts", TWO(",'hosts':['a.test']", ",'hosts':['b.test','a.test']"),
     "$.routes[1]: nothing for host \"a.test\""},
    {"its methods", TWO(",'methods':['GET','PUT']", ",'methods':['PUT']"),
     "$.routes[1]: nothing for host"},
    {"all methods before one", TWO("", ",'methods':['PUT']"), "$.routes[1]: nothing for host"},
};

static void refuses(void **state)
{
    POLICY_ASSERT_ALL_REFUSED(refused);
    (void)state;
}

static void routes_that_differ_live_together(void **state)
{
    static const char *const good[] = {
        TWO(",'methods':['PUT']", ""),
        TWO(",'methods':['PUT']", ",'methods':['PUT','GET']"),
        TWO(",'hosts':['a.test']", ",'hosts':['*.test']"),
        TWO(",'path':'/x'", ",'path':'/x/y'"),
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct snapshot *s = policy_good(good[i]);
        assert_int_equal(s->route_count, 2);
        snapshot_unref(&s);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_defaults),
        cmocka_unit_test(takes_what_is_told),
        cmocka_unit_test(refuses),
        cmocka_unit_test(routes_that_differ_live_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

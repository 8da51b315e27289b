// SPDX-License-Identifier: Apache-2.0
// Any text as a policy, with nothing outside it touched: either problems and no snapshot, or a
// snapshot whose references hold, and in which every route has a place to go.
#include "base/check.h"
#include "base/problems.h"
#include "http/head.h"
#include "policy/policy_internal.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_route(const struct snapshot *s, const struct policy_route *route)
{
    CHECK(route->path.len > 0 && route->path.ptr[0] == '/' && route->host_count > 0);
    CHECK(route->action != ROUTE_BACKEND || route->backend < s->backend_count);
    CHECK(route->action != ROUTE_REDIRECT || route->location.len > 0);
    CHECK(route->action != ROUTE_RESPOND || route->status >= 200);
    for (size_t i = 0; i < route->filters.count; i++)
        CHECK(route->filters.items[i] >= s->filters &&
              route->filters.items[i] < s->filters + s->filter_count);
    // The way to a route is open: its own path under a host it takes leads to it or a closer one.
    struct slice host = route->hosts[0];
    struct slice method = route->method_count ? route->methods[0] : SLICE("GET");
    host = host.ptr[0] == '*' ? SLICE("a.b.c") : host;
    const struct http_request request = {.method = method, .host = host, .path = route->path};
    size_t found = route_table_find(s->route_table, &request);
    CHECK(found < s->route_count || route->hosts[0].ptr[0] == '*');
    CHECK(route_strip_prefix(route->path, route->path).ptr[0] == '/');
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct problems *problems = problems_new();
    CHECK(problems);
    struct snapshot *s =
        policy_load_text("fuzz.json", slice_of(data, size), POLICY_REACH_NONE, problems);
    CHECK((s != NULL) == (problems_count(problems) == 0));
    for (size_t i = 0; s && i < s->route_count; i++)
        check_route(s, &s->routes[i]);
    snapshot_unref(&s);
    problems_free(&problems);
    return 0;
}

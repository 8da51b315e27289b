// SPDX-License-Identifier: Apache-2.0
// The section "routes". Hosts and paths are brought into the form that requests are compared in, so
// that what is written is what matches; a route that another one hides completely is a mistake and
// reported.
#include "policy/policy_internal.h"

#include <stdint.h>

#include "base/conf.h"
#include "http/uri.h"

#define SECOND UINT64_C(1000)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)

static const char *const route_keys[] = {
    "name",         "hosts",    "path",     "methods",         "filters",
    "backend",      "redirect", "respond",  "request_headers", "response_headers",
    "strip_prefix", "limits",   "timeouts", "websocket",       "grpc",
    "mode",         NULL,
};

static const struct slice any_host = SLICE_INIT("*");

// "*", "*.suffix" or a host, in the form of http_request.host.
static bool read_host(struct policy_reader *r, const struct json *item, struct slice *out)
{
    struct slice text = item->text;
    if (slice_eq(text, any_host)) {
        *out = any_host;
        return true;
    }
    if (!slice_begins(text, SLICE("*.")))
        return policy_authority(r, item, text, true, out);
    struct slice suffix;
    if (!policy_authority(r, item, slice_from(text, 2), true, &suffix))
        return false;
    char *whole = arena_printf(&r->s->arena, "*.%.*s", (int)suffix.len, suffix.ptr);
    *out = slice_str(whole);
    return whole != NULL;
}

static void read_hosts(struct policy_reader *r, const struct json *item, struct route_match *match)
{
    match->hosts = &any_host;
    match->host_count = 1;
    policy_words(r, item, "hosts", read_host, &match->hosts, &match->host_count);
    const struct json *hosts = json_get(item, "hosts");
    if (hosts && hosts->type == JSON_ARRAY && hosts->count == 0)
        problems_add(r->problems, hosts,
                     "a route without hosts matches nothing; leave the key out for any host");
}

// Decoded, as requests are compared. What has another canonical form is refused: whoever wrote it
// expects it to match.
static void read_path(struct policy_reader *r, const struct json *item, struct route_match *match)
{
    struct slice text, path, wire;
    const struct json *value = json_get(item, "path");
    match->path = SLICE("/");
    if (!conf_text(item, "path", r->problems, &text))
        return;
    if (text.ptr[0] != '/' || slice_index(text, '?') < text.len ||
        slice_index(text, '#') < text.len) {
        problems_add(r->problems, value, "a path begins with / and has neither query nor fragment");
        return;
    }
    enum http_reason reason = http_path_canonical(text, &r->s->arena, &path, &wire);
    if (reason != HTTP_REASON_NONE)
        problems_add(r->problems, value, "no request can have this path: %s",
                     http_reason_text(reason));
    else if (slice_index(text, '%') == text.len && !slice_eq(text, path))
        problems_add(r->problems, value,
                     "requests never have this path; its canonical form is \"%.*s\"", (int)path.len,
                     path.ptr);
    else if (slice_index(path, ';') < path.len)
        problems_add(
            r->problems, value,
            "parameters play no part when paths are compared: leave ; and what follows out");
    else
        match->path = policy_copy(r, path); // it may still lie in the document
}

static void read_name(struct policy_reader *r, const struct json *item,
                      const struct route_match *match, struct policy_route *route)
{
    const struct json *value = json_get(item, "name");
    struct slice host = match->host_count ? match->hosts[0] : any_host;
    if (!value || !conf_is_string(value, r->problems) ||
        !policy_check_name(r, value, value->text)) {
        char *name = arena_printf(&r->s->arena, "%.*s%.*s", (int)host.len, host.ptr,
                                  (int)match->path.len, match->path.ptr);
        route->name = slice_str(name);
        return;
    }
    for (const struct policy_route *other = r->s->routes; other < route; other++) {
        if (slice_eq(other->name, value->text))
            problems_add(r->problems, value, "another route has this name");
    }
    route->name = policy_copy(r, value->text);
}

static void read_methods(struct policy_reader *r, const struct json *item,
                         struct route_match *match)
{
    const struct json *methods = json_get(item, "methods");
    policy_words(r, item, "methods", policy_word_method, &match->methods, &match->method_count);
    if (methods && methods->type == JSON_ARRAY && methods->count == 0)
        problems_add(r->problems, methods,
                     "a route without methods matches nothing; leave the key out for any method");
}

static void read_timeouts(struct policy_reader *r, const struct json *item,
                          struct policy_route *route)
{
    static const char *const keys[] = {"connect", "response", "idle", NULL};
    const struct json *object = policy_object(r, item, "timeouts");
    if (!object)
        return;
    conf_known_keys(object, keys, r->problems);
    (void)conf_duration_ms(object, "connect", 1, HOUR, r->problems, &route->connect_ms);
    (void)conf_duration_ms(object, "response", 1, DAY, r->problems, &route->response_ms);
    (void)conf_duration_ms(object, "idle", 1, DAY, r->problems, &route->transfer_idle_ms);
}

static bool leads_to_http2(const struct policy_reader *r, const struct policy_route *route)
{
    return route->action == ROUTE_BACKEND && route->backend < r->s->backend_count &&
           r->s->backends[route->backend].protocol == BACKEND_HTTP_2;
}

// true, or an object with its own timeout.
static void read_websocket(struct policy_reader *r, const struct json *item,
                           struct policy_route *route)
{
    static const char *const keys[] = {"idle_timeout", "max_duration", NULL};
    const struct json *value = json_get(item, "websocket");
    route->websocket_idle_ms = 300 * SECOND;
    route->websocket_max_ms = DAY;
    if (!value)
        return;
    if (value->type == JSON_BOOL) {
        route->websocket = value->boolean;
    } else if (value->type == JSON_OBJECT) {
        route->websocket = true;
        conf_known_keys(value, keys, r->problems);
        (void)conf_duration_ms(value, "idle_timeout", 100, DAY, r->problems,
                               &route->websocket_idle_ms);
        (void)conf_duration_ms(value, "max_duration", 100, 30 * DAY, r->problems,
                               &route->websocket_max_ms);
    } else {
        problems_add(r->problems, value, "expected true, false or an object");
    }
    if (route->websocket && route->action != ROUTE_BACKEND)
        problems_add(r->problems, value, "only a route with a backend can switch to WebSocket");
    if (route->websocket && leads_to_http2(r, route))
        problems_add(r->problems, value, "a backend with \"protocol\": \"h2\" can't switch");
}

static void read_grpc(struct policy_reader *r, const struct json *item, struct policy_route *route)
{
    (void)conf_bool(item, "grpc", r->problems, &route->grpc);
    if (route->grpc && !leads_to_http2(r, route))
        problems_add(r->problems, json_get(item, "grpc"),
                     "gRPC needs a backend with \"protocol\": \"h2\"");
}

static void read_all_changes(struct policy_reader *r, const struct json *item,
                             struct policy_route *route)
{
    struct policy_changes request, response;
    policy_read_changes(r, item, "request_headers", true, &request);
    policy_read_changes(r, item, "response_headers", false, &response);
    route->request_set = request.set;
    route->request_set_count = request.set_count;
    route->request_remove = request.remove;
    route->request_remove_count = request.remove_count;
    route->response_set = response.set;
    route->response_set_count = response.set_count;
    route->response_remove = response.remove;
    route->response_remove_count = response.remove_count;
}

static void read_route(struct policy_reader *r, const struct json *item, struct route_match *match,
                       struct policy_route *route)
{
    static const char *const modes[] = {"block", "detect", NULL};
    size_t mode = 0;
    route->limits = r->s->limits;
    if (!conf_is_object(item, r->problems))
        return;
    conf_known_keys(item, route_keys, r->problems);
    read_hosts(r, item, match);
    read_path(r, item, match);
    read_methods(r, item, match);
    read_name(r, item, match, route);
    route->path = match->path;
    route->hosts = match->hosts;
    route->host_count = match->host_count;
    route->methods = match->methods;
    route->method_count = match->method_count;
    policy_chain(r, item, false, &route->filters);
    (void)conf_choice(item, "mode", modes, r->problems, &mode);
    route->filters.detect = mode == 1;
    policy_read_action(r, item, route);
    (void)conf_bool(item, "strip_prefix", r->problems, &route->strip_prefix);
    policy_read_route_limits(r, item, &route->limits);
    read_timeouts(r, item, route);
    read_websocket(r, item, route);
    read_grpc(r, item, route);
    read_all_changes(r, item, route);
}

// `/admin/` and `/admin` match the same.
static struct slice without_slash(struct slice path)
{
    return path.len > 1 && path.ptr[path.len - 1] == '/' ? slice_first(path, path.len - 1) : path;
}

static bool has_word(const struct slice *words, size_t count, struct slice word)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(words[i], word))
            return true;
    }
    return false;
}

// Every request of that host that `later` would match goes to `earlier`.
static bool hides(const struct route_match *earlier, const struct route_match *later,
                  struct slice host)
{
    if (!slice_eq(without_slash(earlier->path), without_slash(later->path)) ||
        !has_word(earlier->hosts, earlier->host_count, host))
        return false;
    if (earlier->method_count == 0)
        return true;
    for (size_t i = 0; i < later->method_count; i++) {
        if (!has_word(earlier->methods, earlier->method_count, later->methods[i]))
            return false;
    }
    return later->method_count > 0;
}

static void complain_hidden(struct policy_reader *r, const struct json *item,
                            const struct route_match *matches, size_t index)
{
    for (size_t h = 0; h < matches[index].host_count; h++) {
        struct slice host = matches[index].hosts[h];
        for (size_t i = 0; i < index; i++) {
            if (!hides(&matches[i], &matches[index], host))
                continue;
            problems_add(r->problems, item,
                         "nothing for host \"%.*s\" comes here: $.routes[%zu] matches all of it",
                         (int)host.len, host.ptr, i);
            return;
        }
    }
}

void policy_read_routes(struct policy_reader *r)
{
    const struct json *array = policy_array(r, r->root, "routes");
    size_t count = array ? array->count : 0;
    struct route_match *matches = policy_new(r, count + 1, sizeof(*matches));
    r->s->routes = policy_new(r, count + 1, sizeof(struct policy_route));
    if (!matches || !r->s->routes)
        return;
    for (const struct json *item = array ? array->first : NULL; item; item = item->next) {
        read_route(r, item, &matches[item->index], &r->s->routes[item->index]);
        complain_hidden(r, item, matches, item->index);
    }
    r->s->route_count = count;
    r->s->route_table = route_table_new(matches, count, &r->s->arena);
    if (!r->s->route_table)
        problems_add(r->problems, r->root, "not enough memory");
}

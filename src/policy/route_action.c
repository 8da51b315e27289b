// SPDX-License-Identifier: Apache-2.0
// What a route leads to: a backend, a redirect or an answer of the gateway's own; exactly one of
// them.
#include "policy/policy_internal.h"

#include <stdint.h>

#include "base/conf.h"
#include "http/field.h"
#include "http/status.h"

enum { RESPOND_BODY_MAX = 64 * 1024 };

static const char *const placeholders[] = {"scheme", "host", "target", "path", "query", NULL};

static bool is_placeholder(struct slice name)
{
    for (size_t i = 0; placeholders[i]; i++) {
        if (slice_eq(name, slice_str(placeholders[i])))
            return true;
    }
    return false;
}

static void complain_placeholder(struct policy_reader *r, const struct json *at, struct slice name)
{
    const char *nearest = conf_nearest(name, placeholders);
    name = slice_first(name, 32);
    if (nearest)
        problems_add(r->problems, at, "there is no {%.*s} to put in (did you mean {%s}?)",
                     (int)name.len, name.ptr, nearest);
    else
        problems_add(r->problems, at, "there is no {%.*s} to put in", (int)name.len, name.ptr);
}

// Text in which each { begins one of the placeholders.
static void check_template(struct policy_reader *r, const struct json *at)
{
    struct slice rest = at->text;
    for (;;) {
        size_t open = slice_index(rest, '{');
        if (slice_index(slice_first(rest, open), '}') < open)
            break;
        if (open == rest.len)
            return;
        rest = slice_from(rest, open + 1);
        size_t close = slice_index(rest, '}');
        if (close == rest.len)
            break;
        if (!is_placeholder(slice_first(rest, close)))
            complain_placeholder(r, at, slice_first(rest, close));
        rest = slice_from(rest, close + 1);
    }
    problems_add(r->problems, at, "a brace without its partner");
}

static void read_location(struct policy_reader *r, const struct json *object,
                          struct policy_route *route)
{
    const struct json *location = conf_required(object, "location", r->problems);
    if (!location || !conf_is_string(location, r->problems))
        return;
    if (location->text.len == 0 || !http_field_value_is_valid(location->text)) {
        problems_add(r->problems, location, "this cannot be the value of Location");
        return;
    }
    check_template(r, location);
    route->location = policy_copy(r, location->text);
}

static bool is_redirect_status(uint64_t status)
{
    return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

static void read_redirect(struct policy_reader *r, const struct json *object,
                          struct policy_route *route)
{
    static const char *const keys[] = {"status", "location", NULL};
    uint64_t status = 308;
    conf_known_keys(object, keys, r->problems);
    if (conf_u64(object, "status", 301, 308, r->problems, &status) && !is_redirect_status(status))
        problems_add(r->problems, json_get(object, "status"),
                     "a redirect is one of 301, 302, 303, 307 and 308");
    route->status = (unsigned)status;
    read_location(r, object, route);
}

static void read_body(struct policy_reader *r, const struct json *object,
                      struct policy_route *route)
{
    const struct json *body = json_get(object, "body");
    if (!body || !conf_is_string(body, r->problems))
        return;
    if (body->text.len > RESPOND_BODY_MAX)
        problems_add(r->problems, body, "longer than %d bytes", RESPOND_BODY_MAX);
    if (body->text.len > 0 && route->status && !http_status_has_body(route->status))
        problems_add(r->problems, body, "a response with status %u has no body", route->status);
    route->body = policy_copy(r, body->text);
}

static void read_respond(struct policy_reader *r, const struct json *object,
                         struct policy_route *route)
{
    static const char *const keys[] = {"status", "body", "content_type", NULL};
    uint64_t status = 0;
    struct slice type;
    conf_known_keys(object, keys, r->problems);
    if (conf_required(object, "status", r->problems))
        (void)conf_u64(object, "status", 200, 599, r->problems, &status);
    route->status = (unsigned)status;
    read_body(r, object, route);
    route->content_type = SLICE("text/plain");
    if (!conf_text(object, "content_type", r->problems, &type))
        return;
    if (http_field_value_is_valid(type))
        route->content_type = policy_copy(r, type);
    else
        problems_add(r->problems, json_get(object, "content_type"),
                     "this cannot be the value of Content-Type");
}

// What is done to the request on its way to a backend has no meaning where there is none.
static void refuse_without_backend(struct policy_reader *r, const struct json *object)
{
    static const char *const keys[] = {"strip_prefix", "timeouts", "request_headers"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const struct json *value = json_get(object, keys[i]);
        if (value)
            problems_add(r->problems, value, "this means nothing without \"backend\"");
    }
}

static void read_backend(struct policy_reader *r, const struct json *value,
                         struct policy_route *route)
{
    size_t index = policy_names_find(r, &r->backends, value, "backend");
    if (index == SIZE_MAX || index >= r->s->backend_count)
        return;
    const struct backend_config *backend = &r->s->backends[index];
    route->backend = (unsigned)index;
    route->connect_ms = backend->connect_ms;
    route->response_ms = backend->response_ms;
    route->transfer_idle_ms = backend->idle_ms;
}

void policy_read_action(struct policy_reader *r, const struct json *object,
                        struct policy_route *route)
{
    const struct json *backend = json_get(object, "backend");
    const struct json *redirect = policy_object(r, object, "redirect");
    const struct json *respond = policy_object(r, object, "respond");
    int count = (backend != NULL) + (json_get(object, "redirect") != NULL) +
                (json_get(object, "respond") != NULL);
    if (count != 1)
        problems_add(r->problems, object,
                     "a route has one of \"backend\", \"redirect\" and \"respond\"");
    if (count > 0 && !backend)
        refuse_without_backend(r, object);
    if (backend) {
        route->action = ROUTE_BACKEND;
        read_backend(r, backend, route);
    }
    if (redirect) {
        route->action = ROUTE_REDIRECT;
        read_redirect(r, redirect, route);
    }
    if (respond) {
        route->action = ROUTE_RESPOND;
        read_respond(r, respond, route);
    }
}

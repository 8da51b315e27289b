// SPDX-License-Identifier: Apache-2.0
// Forwarding fields (X-Forwarded-*, Forwarded) are the gateway's word. What a client sent under
// those names is dropped unless the connection comes from a trusted proxy; then lists are continued
// and single values kept. Fields that would make a backend see another URL or method than the one
// that was judged never pass.
#include "proxy/forward.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "http/uri.h"
#include "proxy/exchange.h"
#include "proxy/reply.h"
#include "proxy/tunnel.h"

static const uint64_t never_forwarded =
    HTTP_FIELD_BIT(HOST) | HTTP_FIELD_BIT(EXPECT) | HTTP_FIELD_BIT(X_REAL_IP) |
    HTTP_FIELD_BIT(X_ORIGINAL_URL) | HTTP_FIELD_BIT(X_REWRITE_URL) |
    HTTP_FIELD_BIT(X_HTTP_METHOD_OVERRIDE) | HTTP_FIELD_BIT(X_HTTP_METHOD) |
    HTTP_FIELD_BIT(X_METHOD_OVERRIDE) | HTTP_FIELD_BIT(X_AUTHENTICATED_USER) |
    HTTP_FIELD_BIT(X_FORWARDED_PORT) | HTTP_FIELD_BIT(CLIENT_CERT) |
    HTTP_FIELD_BIT(CLIENT_CERT_CHAIN) | HTTP_FIELD_BIT(X_CLIENT_CERT_FINGERPRINT) |
    HTTP_FIELD_BIT(X_CLIENT_CERT_ISSUER) | HTTP_FIELD_BIT(X_CLIENT_CERT_NAMES) |
    HTTP_FIELD_BIT(X_CLIENT_CERT_SERIAL) | HTTP_FIELD_BIT(X_CLIENT_CERT_SUBJECT);

static const uint64_t written_anew =
    HTTP_FIELD_BIT(X_FORWARDED_FOR) | HTTP_FIELD_BIT(X_FORWARDED_PROTO) |
    HTTP_FIELD_BIT(X_FORWARDED_HOST) | HTTP_FIELD_BIT(FORWARDED) | HTTP_FIELD_BIT(X_REQUEST_ID);

static const uint64_t hidden_in_responses =
    HTTP_FIELD_BIT(SERVER) | HTTP_FIELD_BIT(X_POWERED_BY) | HTTP_FIELD_BIT(VIA);

struct additions {
    struct arena *arena;
    struct http_added_field *first;
    bool failed;
};

static void add(struct additions *a, struct slice name, struct slice value)
{
    struct http_added_field *field = arena_alloc(a->arena, sizeof(*field));
    if (!field) {
        a->failed = true;
        return;
    }
    *field = (struct http_added_field){name, value, a->first};
    a->first = field;
}

// A trusted proxy's list is continued with `member`. Several fields are one list in their order
// (RFC 9110, 5.3).
static void add_list(struct exchange *ex, struct additions *a, enum http_field_id id,
                     struct slice name, struct slice member)
{
    const struct http_fields *f = &ex->request.fields;
    size_t cap = member.len;
    for (size_t i = 0; i < f->count; i++)
        if (f->items[i].id == id)
            cap += f->items[i].value.len + 2;
    char *text = member.ptr ? arena_alloc(a->arena, cap) : NULL;
    if (!text) {
        a->failed = true;
        return;
    }
    struct buf list;
    buf_init(&list, text, cap);
    for (size_t i = 0; ex->client.peer_is_trusted && i < f->count; i++) {
        if (f->items[i].id != id || f->items[i].value.len == 0)
            continue;
        buf_slice(&list, f->items[i].value);
        buf_str(&list, ", ");
    }
    buf_slice(&list, member);
    add(a, name, buf_view(&list));
}

static void add_single(struct exchange *ex, struct additions *a, enum http_field_id id,
                       struct slice name, struct slice own)
{
    const struct http_field *f =
        ex->client.peer_is_trusted ? http_fields_find(&ex->request.fields, id) : NULL;
    add(a, name, f && f->value.len ? f->value : own);
}

// RFC 7239, 4: IPv6 addresses and hosts with a port are quoted.
static struct slice forwarded_member(struct exchange *ex, const char *address)
{
    bool is_v6 = strchr(address, ':') != NULL;
    const struct slice parts[] = {
        is_v6 ? SLICE("for=\"[") : SLICE("for="),
        slice_str(address),
        is_v6 ? SLICE("]\";host=\"") : SLICE(";host=\""),
        ex->request.authority,
        ex->origin.is_tls ? SLICE("\";proto=https") : SLICE("\";proto=http"),
    };
    return arena_join(&ex->arena, parts, ARRAY_LEN(parts));
}

static void add_forwarding(struct exchange *ex, struct additions *a)
{
    // A list is continued with whom the connection came from; when nobody spoke for others, that is
    // the client itself.
    char *address = arena_alloc(&ex->arena, ADDR_TEXT_MAX);
    if (!address) {
        a->failed = true;
        return;
    }
    addr_text(&ex->origin.source, address);
    struct slice proto = ex->origin.is_tls ? SLICE("https") : SLICE("http");
    add_list(ex, a, HTTP_FIELD_FORWARDED, SLICE("Forwarded"), forwarded_member(ex, address));
    add_single(ex, a, HTTP_FIELD_X_REQUEST_ID, SLICE("X-Request-Id"),
               slice_of(ex->id, PROXY_ID_LEN));
    add_single(ex, a, HTTP_FIELD_X_FORWARDED_HOST, SLICE("X-Forwarded-Host"),
               ex->request.authority);
    add_single(ex, a, HTTP_FIELD_X_FORWARDED_PROTO, SLICE("X-Forwarded-Proto"), proto);
    add_list(ex, a, HTTP_FIELD_X_FORWARDED_FOR, SLICE("X-Forwarded-For"), slice_str(address));
}

// Who the client has shown to be.
static void add_identity(const struct exchange *ex, struct additions *a)
{
    const struct tls_identity *id = &ex->origin.tls.client;
    if (id->fingerprint.len == 0)
        return;
    add(a, SLICE("X-Client-Cert-Fingerprint"), id->fingerprint);
    add(a, SLICE("X-Client-Cert-Serial"), id->serial);
    if (id->names.len)
        add(a, SLICE("X-Client-Cert-Names"), id->names);
    add(a, SLICE("X-Client-Cert-Issuer"), id->issuer);
    add(a, SLICE("X-Client-Cert-Subject"), id->subject);
}

static void drop_filter_fields(struct http_fields *f, const struct filter_field *list)
{
    for (; list; list = list->next)
        http_fields_drop(f, list->name);
}

static void change_request_fields(struct exchange *ex, struct additions *a,
                                  struct http_outgoing *out)
{
    const struct policy_route *route = ex->route;
    struct http_fields *f = &ex->request.fields;
    drop_filter_fields(f, ex->notes.request_remove);
    drop_filter_fields(f, ex->notes.request_set);
    for (size_t i = 0; i < route->request_remove_count; i++)
        http_fields_drop(f, route->request_remove[i]);
    for (size_t i = route->request_set_count; i-- > 0;) {
        const struct policy_field *set = &route->request_set[i];
        if (ascii_eq_nocase(set->name, SLICE("host"))) {
            out->authority = set->value;
            continue;
        }
        http_fields_drop(f, set->name);
        add(a, set->name, set->value);
    }
    for (const struct filter_field *field = ex->notes.request_set; field; field = field->next)
        add(a, field->name, field->value);
}

bool forward_request(struct exchange *ex, struct http_outgoing *out)
{
    const struct http_request *r = &ex->request;
    struct additions a = {.arena = &ex->arena};
    *out = (struct http_outgoing){
        .method = r->method,
        .path = r->path_wire,
        .query = r->query,
        .has_query = r->has_query,
        .authority = r->authority,
        .fields = &r->fields,
        .framing = r->framing,
    };
    if (ex->route->strip_prefix && !r->is_asterisk)
        out->path = route_strip_prefix(ex->route->path, r->path_wire);
    http_fields_drop_hop_by_hop(&ex->request.fields);
    if (ex->route->grpc)
        add(&a, SLICE("TE"), SLICE("trailers")); // they go on (RFC 9110, 10.1.4)
    if (ex->wants_tunnel) {
        out->upgrade = true;
        a.failed = !tunnel_ask(ex, &a.first) || a.failed;
    }
    http_fields_drop_ids(&ex->request.fields, never_forwarded | written_anew);
    add_forwarding(ex, &a);
    add_identity(ex, &a);
    change_request_fields(ex, &a, out);
    out->added = a.first;
    return !a.failed;
}

void forward_request_trailers(struct exchange *ex, struct http_fields *f)
{
    const struct policy_route *route = ex->route;
    drop_filter_fields(f, ex->notes.request_remove);
    drop_filter_fields(f, ex->notes.request_set);
    for (size_t i = 0; i < route->request_remove_count; i++)
        http_fields_drop(f, route->request_remove[i]);
    for (size_t i = 0; i < route->request_set_count; i++)
        http_fields_drop(f, route->request_set[i].name);
}

// Does the authority of an absolute Location name a server of the backend, or the host we asked
// for?
static bool is_internal(const struct exchange *ex, struct slice authority)
{
    const struct backend_config *config = ex->group->config;
    for (unsigned i = 0; i < config->server_count; i++)
        if (ascii_eq_nocase(authority, config->servers[i].authority))
            return true;
    return ascii_eq_nocase(authority, ex->request.authority);
}

// A Location that names a backend, or a path below a prefix that was taken off, is put into the
// client's terms; others stay.
static struct slice rewrite_location(struct exchange *ex, struct slice value)
{
    struct slice rest = value;
    bool is_absolute = ascii_begins_nocase(value, SLICE("http://")) ||
                       ascii_begins_nocase(value, SLICE("https://"));
    if (is_absolute) {
        rest = slice_from(value, slice_find(value, SLICE("//")) + 2);
        size_t end = 0;
        while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?' &&
               rest.ptr[end] != '#')
            end++;
        if (!is_internal(ex, slice_first(rest, end)))
            return value;
        rest = slice_from(rest, end);
    } else if (!ex->route->strip_prefix || value.len == 0 || value.ptr[0] != '/' ||
               slice_begins(value, SLICE("//"))) {
        return value;
    }
    struct slice prefix = ex->route->strip_prefix ? ex->route->path : (struct slice){0};
    while (prefix.len && prefix.ptr[prefix.len - 1] == '/')
        prefix.len--;
    const struct slice parts[] = {
        ex->origin.is_tls ? SLICE("https://") : SLICE("http://"),
        ex->request.authority,
        prefix,
        rest,
    };
    const size_t skip = is_absolute ? 0 : 2;
    return arena_join(&ex->arena, parts + skip, ARRAY_LEN(parts) - skip);
}

// http_fields_drop marks them all; this keeps the values that are to be rewritten in their place.
static bool rewrite_places(struct exchange *ex, struct http_fields *f)
{
    for (size_t i = 0; i < f->count; i++) {
        struct http_field *field = &f->items[i];
        if (field->id != HTTP_FIELD_LOCATION && field->id != HTTP_FIELD_CONTENT_LOCATION)
            continue;
        struct slice value = rewrite_location(ex, field->value);
        if (!value.ptr)
            return field->value.len == 0;
        field->value = value;
    }
    return true;
}

void forward_response_trailers(struct exchange *ex, struct http_fields *f)
{
    const struct policy_route *route = ex->route;
    http_fields_drop_ids(f, hidden_in_responses);
    drop_filter_fields(f, ex->notes.response_set);
    for (size_t i = 0; i < route->response_remove_count; i++)
        http_fields_drop(f, route->response_remove[i]);
    for (size_t i = 0; i < route->response_set_count; i++)
        http_fields_drop(f, route->response_set[i].name);
}

bool forward_response(struct exchange *ex)
{
    struct http_fields *f = &ex->response.fields;
    bool close = ex->reply.close;
    http_fields_drop_hop_by_hop(f);
    forward_response_trailers(ex, f);
    ex->reply_fields = NULL;
    ex->reply = (struct http_outgoing){.status = ex->response.status,
                                       .fields = f,
                                       .framing = ex->response.framing,
                                       .close = close};
    const struct http_field *date = http_fields_find(f, HTTP_FIELD_DATE);
    bool ok = rewrite_places(ex, f) &&
              reply_add_common_fields(ex, date && !(date->flags & HTTP_FIELD_DROP));
    struct additions a = {.arena = &ex->arena, .first = ex->reply_fields};
    if (ex->is_tunnel) {
        ex->reply.tunnel = true;
        a.failed = !tunnel_answer(ex, &a.first) || a.failed;
    }
    ex->reply.added = a.first;
    return ok && !a.failed;
}

// SPDX-License-Identifier: Apache-2.0
// A page shows the status and the id under which the operator finds the record: enough to ask,
// nothing to learn from. When the memory of an exchange is used up, the page goes without fields
// rather than not at all.
#include "proxy/reply.h"

#include "base/buf.h"
#include "http/status.h"
#include "proxy/exchange.h"

enum { LOCATION_MAX = 16 * 1024, ALLOW_MAX = 1024 };

// False without memory: a page then goes without that field.
static bool add_field(struct exchange *ex, struct slice name, struct slice value)
{
    struct http_added_field *field = arena_alloc(&ex->arena, sizeof(*field));
    if (!field)
        return false;
    *field = (struct http_added_field){name, value, ex->reply_fields};
    ex->reply_fields = field;
    return true;
}

static void start(struct exchange *ex, unsigned status)
{
    bool close = ex->reply.close;
    ex->reply_fields = NULL;
    ex->reply = (struct http_outgoing){.status = status, .close = close};
}

bool reply_add_common_fields(struct exchange *ex, bool has_date)
{
    bool ok = true;
    if (ex->route)
        for (size_t i = ex->route->response_set_count; i-- > 0;)
            ok = add_field(ex, ex->route->response_set[i].name, ex->route->response_set[i].value) &&
                 ok;
    for (const struct filter_field *f = ex->notes.response_set; f; f = f->next)
        ok = add_field(ex, f->name, f->value) && ok;
    if (ex->snapshot->server_header.len)
        ok = add_field(ex, SLICE("Server"), ex->snapshot->server_header) && ok;
    if (!has_date)
        ok = add_field(ex, SLICE("Date"), proxy_worker_date(ex->worker)) && ok;
    return ok;
}

static void send(struct exchange *ex, struct slice body)
{
    (void)reply_add_common_fields(ex, false);
    ex->reply.added = ex->reply_fields;
    exchange_send_reply(ex, body);
}

// RFC 9110, 15.5.6: a 405 says which methods there are.
static void add_allow(struct exchange *ex)
{
    char *text = arena_alloc(&ex->arena, ALLOW_MAX);
    if (!text)
        return;
    struct buf allow;
    buf_init(&allow, text, ALLOW_MAX);
    for (size_t i = 0; i < ex->snapshot->method_count; i++) {
        buf_str(&allow, i ? ", " : "");
        buf_slice(&allow, ex->snapshot->methods[i]);
    }
    if (!allow.failed)
        (void)add_field(ex, SLICE("Allow"), buf_view(&allow));
}

// RFC 9110, 15.5.22, and RFC 6455, 4.4: a 426 says what would have to be spoken.
static void add_websocket_version(struct exchange *ex)
{
    (void)add_field(ex, SLICE("Sec-WebSocket-Version"), SLICE("13"));
    if (ex->request.version == HTTP_VERSION_2)
        return;
    (void)add_field(ex, SLICE("Upgrade"), SLICE("websocket"));
    (void)add_field(ex, SLICE("Connection"), SLICE("Upgrade"));
}

void reply_page(struct exchange *ex, unsigned status)
{
    start(ex, status);
    if (status == 405)
        add_allow(ex);
    if (status == 426)
        add_websocket_version(ex);
    if (status == 503)
        (void)add_field(ex, SLICE("Retry-After"), SLICE("1"));
    struct slice phrase = http_status_phrase(status);
    char *page = arena_printf(&ex->arena,
                              "<!doctype html>\n<html lang=\"en\"><head><meta "
                              "charset=\"utf-8\"><title>%u %.*s</title></head>\n"
                              "<body><h1>%u %.*s</h1><p>Request %.*s</p></body></html>\n",
                              status, (int)phrase.len, phrase.ptr, status, (int)phrase.len,
                              phrase.ptr, PROXY_ID_LEN, ex->id);
    (void)add_field(ex, SLICE("Cache-Control"), SLICE("no-store"));
    if (page)
        (void)add_field(ex, SLICE("Content-Type"), SLICE("text/html; charset=utf-8"));
    send(ex, slice_str(page));
}

static struct slice placeholder(const struct exchange *ex, struct slice name)
{
    const struct http_request *r = &ex->request;
    if (slice_eq(name, SLICE("scheme")))
        return ex->origin.is_tls ? SLICE("https") : SLICE("http");
    if (slice_eq(name, SLICE("host")))
        return r->authority;
    if (slice_eq(name, SLICE("path")))
        return r->path_wire;
    if (slice_eq(name, SLICE("query")))
        return r->query;
    return (struct slice){0};
}

static void append_target(const struct exchange *ex, struct buf *out)
{
    buf_slice(out, ex->request.path_wire);
    if (ex->request.has_query) {
        buf_char(out, '?');
        buf_slice(out, ex->request.query);
    }
}

// Fills {name} in; what the names may be was checked when the policy was read.
static void expand(const struct exchange *ex, struct slice template, struct buf *out)
{
    while (template.len) {
        size_t open = slice_index(template, '{');
        buf_slice(out, slice_first(template, open));
        template = slice_from(template, open);
        if (!template.len)
            return;
        size_t close = slice_index(template, '}');
        struct slice name = slice_of(template.ptr + 1, close > 0 ? close - 1 : 0);
        if (slice_eq(name, SLICE("target")))
            append_target(ex, out);
        else
            buf_slice(out, placeholder(ex, name));
        template = slice_from(template, close + 1);
    }
}

static void redirect(struct exchange *ex, unsigned status, struct slice template)
{
    char *text = arena_alloc(&ex->arena, LOCATION_MAX);
    struct buf location;
    buf_init(&location, text, text ? LOCATION_MAX : 0);
    expand(ex, template, &location);
    if (!text || location.failed) {
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_NO_MEMORY));
        return;
    }
    start(ex, status);
    (void)add_field(ex, SLICE("Location"), buf_view(&location));
    send(ex, (struct slice){0});
}

void reply_redirect(struct exchange *ex)
{
    redirect(ex, ex->route->status, ex->route->location);
}

void reply_fixed(struct exchange *ex)
{
    start(ex, ex->route->status);
    (void)add_field(ex, SLICE("Content-Type"), ex->route->content_type);
    send(ex, ex->route->body);
}

void reply_to_https(struct exchange *ex)
{
    unsigned port = ex->origin.listener->redirect_port;
    char *template = port ? arena_printf(&ex->arena, "https://%.*s:%u{target}",
                                         (int)ex->request.host.len, ex->request.host.ptr, port)
                          : arena_printf(&ex->arena, "https://%.*s{target}",
                                         (int)ex->request.host.len, ex->request.host.ptr);
    if (!template) {
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_NO_MEMORY));
        return;
    }
    redirect(ex, 308, slice_str(template));
}

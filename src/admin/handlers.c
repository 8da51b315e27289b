// SPDX-License-Identifier: Apache-2.0
// Who may ask is decided before what is asked for, so that a stranger learns nothing of the paths.
#include "admin/handlers.h"

#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "admin/admin.h"
#include "admin/bans.h"
#include "admin/metrics.h"
#include "admin/reload_order.h"
#include "admin/status.h"
#include "base/addr.h"
#include "base/buf.h"
#include "base/secret.h"
#include "http/head.h"

static const char json_type[] = "application/json";

struct handler {
    const char *path; // with "/" at its end: all below it
    const char *allow;
    bool is_open; // nobody needs a token
    void (*answer)(const struct admin_call *call, struct admin_reply *reply);
};

void admin_reply_text(struct admin_reply *reply, unsigned status, const char *text)
{
    reply->status = status;
    reply->type = "text/plain; charset=utf-8";
    buf_reset(reply->out);
    buf_str(reply->out, text);
}

static void show_page(const struct admin_call *call, struct admin_reply *reply)
{
    (void)call;
    reply->status = 200;
    reply->type = "text/html; charset=utf-8";
    page_write(reply->out, reply->content_policy_text);
    reply->content_policy = reply->content_policy_text;
}

static void show_health(const struct admin_call *call, struct admin_reply *reply)
{
    (void)call;
    admin_reply_text(reply, 200, "alive\n");
}

static void show_readiness(const struct admin_call *call, struct admin_reply *reply)
{
    bool is_draining = atomic_load(&call->view->is_draining);
    admin_reply_text(reply, is_draining ? 503 : 200, is_draining ? "draining\n" : "ready\n");
}

static void show_metrics(const struct admin_call *call, struct admin_reply *reply)
{
    reply->status = 200;
    reply->type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_write(call->view, reply->out);
}

static void show_status(const struct admin_call *call, struct admin_reply *reply)
{
    reply->status = 200;
    reply->type = json_type;
    status_write(call->view, reply->out);
}

static void serve_bans(const struct admin_call *call, struct admin_reply *reply)
{
    reply->type = json_type;
    reply->status = admin_bans_answer(call->view, call->request, call->body, reply->out);
}

static void order_reload(const struct admin_call *call, struct admin_reply *reply)
{
    reply->type = json_type;
    reply->reload = reload_order(call->view);
}

static const struct handler handlers[] = {
    {"/", "GET, HEAD", false, show_page},           {"/healthz", "GET, HEAD", true, show_health},
    {"/readyz", "GET, HEAD", true, show_readiness}, {"/metrics", "GET, HEAD", false, show_metrics},
    {"/status", "GET, HEAD", false, show_status},   {"/bans", "GET, HEAD, POST", false, serve_bans},
    {"/bans/", "DELETE", false, serve_bans},        {"/reload", "POST", false, order_reload},
};

static const struct handler *find(struct slice path)
{
    for (size_t i = 0; i < ARRAY_LEN(handlers); i++) {
        struct slice own = slice_str(handlers[i].path);
        bool is_folder = own.len > 1 && own.ptr[own.len - 1] == '/';
        if (is_folder ? slice_begins(path, own) : slice_eq(path, own))
            return &handlers[i];
    }
    return NULL;
}

static bool is_allowed(const char *allow, struct slice method)
{
    for (struct slice rest = slice_str(allow); rest.len;) {
        size_t at = slice_index(rest, ',');
        if (slice_eq(slice_first(rest, at), method))
            return true;
        rest = at < rest.len ? slice_from(rest, at + 2) : (struct slice){0};
    }
    return false;
}

// A page elsewhere can make a browser of this machine ask us, under a name of the page's own that
// leads here (DNS rebinding): only names that can mean nothing but this machine are answered. No
// page knows a token or comes to a socket of the file system.
static bool is_own_name(const struct admin_call *call)
{
    struct slice host = call->request->host;
    struct addr address;
    if (call->token.len || !call->is_remote)
        return true;
    if (host.len > 2 && host.ptr[0] == '[')
        host = slice_of(host.ptr + 1, host.len - 2);
    return slice_eq(host, SLICE("localhost")) ||
           (addr_parse(host, &address) && addr_is_loopback(&address));
}

// Browsers say who made them ask; whoever else asks says nothing of the kind.
static bool is_of_a_page(const struct http_fields *f)
{
    const struct http_field *site = http_fields_find_name(f, SLICE("Sec-Fetch-Site"));
    return http_fields_find_name(f, SLICE("Origin")) ||
           (site && !slice_eq(site->value, SLICE("none")));
}

static bool has_token(const struct admin_call *call)
{
    const struct slice scheme = SLICE("Bearer ");
    const struct http_field *f =
        http_fields_find_name(&call->request->fields, SLICE("Authorization"));
    if (!call->token.len)
        return true;
    return f && f->value.len > scheme.len &&
           strncasecmp(f->value.ptr, scheme.ptr, scheme.len) == 0 &&
           secret_eq(slice_from(f->value, scheme.len), call->token);
}

static void answer(const struct handler *h, const struct admin_call *call,
                   struct admin_reply *reply)
{
    enum http_method method = call->request->method_id;
    bool is_read = method == HTTP_METHOD_GET || method == HTTP_METHOD_HEAD;
    if (!is_read && is_of_a_page(&call->request->fields)) {
        admin_reply_text(reply, 403, "pages of browsers may not change anything here\n");
    } else if (!is_allowed(h->allow, call->request->method)) {
        admin_reply_text(reply, 405, "this path takes ");
        buf_printf(reply->out, "%s alone\n", h->allow);
        reply->allow = h->allow;
    } else {
        h->answer(call, reply);
    }
}

void admin_handle(const struct admin_call *call, struct admin_reply *reply)
{
    const struct handler *h = find(call->request->path);
    if (!is_own_name(call)) {
        admin_reply_text(reply, 421, "ask for localhost or a loopback address\n");
    } else if (!(h && h->is_open) && !has_token(call)) {
        admin_reply_text(reply, 401, "this takes the token: Authorization: Bearer TOKEN\n");
        reply->challenge = "Bearer";
    } else if (!h) {
        admin_reply_text(reply, 404,
                         "there are /healthz, /readyz, /metrics, /status, /bans, / and /reload\n");
    } else {
        answer(h, call, reply);
    }
    if (reply->out->failed)
        admin_reply_text(reply, 500, "out of memory\n");
}

// SPDX-License-Identifier: Apache-2.0
// The same loop, transport and parser as the large server has, one buffer per connection that grows
// once, when a body is announced. Octets may hold a token: they are wiped.
#include "admin/connection.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin_internal.h"
#include "admin/handlers.h"
#include "admin/reload_order.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/secret.h"
#include "http/head.h"
#include "http/message.h"
#include "io/loop.h"
#include "io/transport.h"
#include "policy/snapshot.h"

enum {
    CONNECTIONS_MAX = 16,
    HEAD_MAX = 8 * 1024,
    BODY_MAX = 64 * 1024,
    DEADLINE_MS = 5000,         // for a request and its answer together
    RELOAD_DEADLINE_MS = 60000, // when the answer is the outcome of a reload
    RELOAD_LOOK_MS = 10,
    REQUEST_MEMORY = 16 * 1024,
    DISCARD_MAX = 64 * 1024,
};

struct connection {
    struct list link;
    struct admin_connections *all;
    struct loop_timer deadline;
    struct loop_timer look; // for the outcome of `reload`
    uint64_t reload;        // 0: none is waited for
    struct http_head_scan scan;
    size_t len, cap;
    bool has_head; // the scan is done
    bool is_head;  // asked with HEAD: the answer has no content
    bool is_answered;
    char *octets;
    struct transport transport;
};

static const struct http_head_limits limits = {
    .start_line = 1024, .field_line = 4096, .field_bytes = 6 * 1024, .field_count = 64};

static void close_connection(struct connection *c)
{
    loop_timer_cancel(c->all->loop, &c->deadline);
    loop_timer_cancel(c->all->loop, &c->look);
    list_remove(&c->link);
    c->all->count--;
    transport_close(&c->transport, false);
    secret_wipe(c->octets, c->cap);
    free(c->octets);
    free(c);
}

static void add_field(struct http_outgoing *m, struct http_added_field *f, struct slice name,
                      const char *value)
{
    if (!value)
        return;
    *f = (struct http_added_field){name, slice_str(value), (struct http_added_field *)m->added};
    m->added = f;
}

static void send_reply(struct connection *c, const struct admin_reply *reply)
{
    char text[2048];
    struct buf head;
    struct http_added_field fields[7];
    struct slice body = buf_view(reply->out);
    struct http_outgoing m = {
        .status = reply->status,
        .framing = {c->is_head ? HTTP_BODY_NONE : HTTP_BODY_LENGTH, body.len},
        .close = true,
    };
    add_field(&m, &fields[0], SLICE("Content-Type"), reply->type);
    add_field(&m, &fields[1], SLICE("Allow"), reply->allow);
    add_field(&m, &fields[2], SLICE("WWW-Authenticate"), reply->challenge);
    add_field(&m, &fields[3], SLICE("Cache-Control"), "no-store");
    add_field(&m, &fields[4], SLICE("Content-Security-Policy"), reply->content_policy);
    add_field(&m, &fields[5], SLICE("X-Content-Type-Options"), "nosniff");
    add_field(&m, &fields[6], SLICE("Referrer-Policy"), "no-referrer");
    buf_init(&head, text, sizeof(text));
    http_write_response_head(&head, &m);
    const struct slice parts[] = {buf_view(&head), body};
    c->is_answered = true;
    secret_wipe(c->octets, c->len);
    transport_write(&c->transport, parts, c->is_head ? 1 : ARRAY_LEN(parts));
    transport_shutdown(&c->transport);
}

static void answer_text(struct connection *c, unsigned status, const char *sentence)
{
    struct buf out;
    buf_new(&out, ADMIN_REPLY_MAX);
    struct admin_reply reply = {.out = &out};
    admin_reply_text(&reply, status, sentence);
    send_reply(c, &reply);
    buf_free(&out);
}

// ---- reloads

static bool tell_outcome(struct connection *c)
{
    struct buf out;
    buf_new(&out, ADMIN_REPLY_MAX);
    struct admin_reply reply = {.type = "application/json", .out = &out};
    bool is_done = reload_order_outcome(c->all->view, c->reload, &reply.status, &out);
    if (is_done && out.failed)
        admin_reply_text(&reply, 500, "out of memory\n");
    if (is_done)
        send_reply(c, &reply);
    buf_free(&out);
    return is_done;
}

static void look_again(struct connection *c)
{
    loop_timer_set(c->all->loop, &c->look, loop_now_ms(c->all->loop) + RELOAD_LOOK_MS);
}

static void on_look(struct loop_timer *timer)
{
    struct connection *c = CONTAINER_OF(timer, struct connection, look);
    if (!tell_outcome(c))
        look_again(c);
}

static void await_reload(struct connection *c, uint64_t number)
{
    c->reload = number;
    loop_timer_set(c->all->loop, &c->deadline, loop_now_ms(c->all->loop) + RELOAD_DEADLINE_MS);
    look_again(c);
}

void admin_connections_settle(struct admin_connections *all)
{
    for (struct list *l = all->all.next; l != &all->all; l = l->next) {
        struct connection *c = CONTAINER_OF(l, struct connection, link);
        if (c->reload && !c->is_answered && !tell_outcome(c))
            answer_text(c, 503, "the gateway stops\n");
    }
}

// ---- requests

static void serve(struct connection *c, const struct http_request *r, struct slice body)
{
    struct buf out;
    char token[POLICY_ADMIN_TOKEN_MAX];
    const struct admin_call call = {.view = c->all->view,
                                    .request = r,
                                    .body = body,
                                    .token = admin_token(c->all->admin, token),
                                    .is_remote = c->all->is_remote};
    buf_new(&out, ADMIN_REPLY_MAX);
    struct admin_reply reply = {.out = &out};
    c->is_head = r->method_id == HTTP_METHOD_HEAD;
    admin_handle(&call, &reply);
    secret_wipe(token, sizeof(token));
    if (reply.reload)
        await_reload(c, reply.reload);
    else
        send_reply(c, &reply);
    buf_free(&out);
}

static bool make_room(struct connection *c, size_t cap)
{
    if (cap <= c->cap)
        return true;
    char *octets = malloc(cap); // realloc would leave a copy of what may be secret
    if (!octets)
        return false;
    memcpy(octets, c->octets, c->len);
    secret_wipe(c->octets, c->cap);
    free(c->octets);
    c->octets = octets;
    c->cap = cap;
    return true;
}

// True when all of the body is there. It may come to lie elsewhere: `r` is good no more then.
static bool has_body(struct connection *c, const struct http_request *r, struct slice *body)
{
    const struct http_framing *f = &r->framing;
    size_t head_len = c->scan.head_len;
    *body = (struct slice){0};
    if (f->kind == HTTP_BODY_CHUNKED) {
        answer_text(c, 411, "a body has a Content-Length here\n");
        return false;
    }
    if (f->kind != HTTP_BODY_LENGTH)
        return true;
    if (f->length > BODY_MAX) {
        answer_text(c, 413, "the body is too large\n");
        return false;
    }
    size_t whole = head_len + (size_t)f->length;
    if (c->len < whole) {
        if (!make_room(c, whole))
            answer_text(c, 500, "out of memory\n");
        return false;
    }
    *body = slice_of(c->octets + head_len, (size_t)f->length);
    return true;
}

static void take_request(struct connection *c)
{
    struct arena arena;
    struct http_request r = {0};
    const struct http_request_options options = {.default_host = SLICE("localhost")};
    struct slice body;
    enum http_parse parse = c->has_head ? HTTP_DONE : http_head_scan(&c->scan, c->octets, c->len);
    if (parse == HTTP_MORE)
        return;
    c->has_head = true;
    arena_init(&arena, NULL, REQUEST_MEMORY);
    enum http_reason reason = parse == HTTP_BAD
                                  ? c->scan.reason
                                  : http_request_parse(&c->scan, c->octets, &options, &arena, &r);
    if (reason == HTTP_REASON_NONE && has_body(c, &r, &body))
        serve(c, &r, body);
    else if (reason != HTTP_REASON_NONE)
        answer_text(c, http_reason_status(reason), http_reason_text(reason));
    arena_clear(&arena);
}

static void on_event(struct transport *t, unsigned events)
{
    struct connection *c = CONTAINER_OF(t, struct connection, transport);
    if (c->is_answered ||
        c->reload) { // reads off the rest, so that closing does not cut the answer
        if (transport_discard(t, DISCARD_MAX) != IO_AGAIN && c->is_answered)
            close_connection(c);
        return;
    }
    if (!(events & TRANSPORT_READABLE))
        return;
    enum io_status status = IO_OK;
    while (!c->is_answered && !c->reload && c->len < c->cap) {
        size_t len = 0;
        status = transport_read(t, c->octets + c->len, c->cap - c->len, &len);
        if (status != IO_OK)
            break;
        c->len += len;
        take_request(c);
    }
    bool is_stuck = !c->is_answered && !c->reload && c->len == c->cap;
    if (!c->is_answered && !c->reload && (is_stuck || (status != IO_OK && status != IO_AGAIN)))
        close_connection(c);
}

static void on_deadline(struct loop_timer *timer)
{
    close_connection(CONTAINER_OF(timer, struct connection, deadline));
}

void admin_connection_begin(struct admin_connections *all, int fd)
{
    // Who is served is gone at once: the oldest keeps a place without using it.
    if (all->count == CONNECTIONS_MAX)
        close_connection(CONTAINER_OF(all->all.next, struct connection, link));
    struct connection *c = calloc(1, sizeof(*c));
    char *octets = c ? malloc(HEAD_MAX) : NULL;
    if (!octets) {
        free(c);
        (void)close(fd);
        return;
    }
    if (!transport_init_plain(&c->transport, &all->io, fd, false, on_event)) {
        free(octets);
        free(c);
        return;
    }
    c->octets = octets;
    c->cap = HEAD_MAX;
    c->all = all;
    http_head_scan_init(&c->scan, &limits, false);
    list_init(&c->link);
    list_append(&all->all, &c->link);
    all->count++;
    loop_timer_init(&c->look, on_look);
    loop_timer_init(&c->deadline, on_deadline);
    loop_timer_set(all->loop, &c->deadline, loop_now_ms(all->loop) + DEADLINE_MS);
}

void admin_connections_close(struct admin_connections *all)
{
    for (struct list *link = all->all.next, *next; link != &all->all; link = next) {
        next = link->next;
        close_connection(CONTAINER_OF(link, struct connection, link));
    }
}

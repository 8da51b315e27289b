// SPDX-License-Identifier: Apache-2.0
// A small server beside the large one: the same loop, transport and parser, one buffer per
// connection, no more than a handful of connections; the oldest makes room for a newcomer. What
// can't be answered at once is closed.
#include "admin/admin.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/bans.h"
#include "admin/metrics.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/thread.h"
#include "http/head.h"
#include "http/message.h"
#include "io/listener.h"
#include "io/loop.h"
#include "io/socket.h"
#include "io/transport.h"
#include "policy/snapshot.h"

enum {
    CONNECTIONS_MAX = 16,
    REQUEST_MAX = 8 * 1024,
    RESPONSE_MAX = 2 * 1024 * 1024, // a thousand certificates, hundreds of names, each with lines
    DEADLINE_MS = 5000,             // for a request and its answer together
    REQUEST_MEMORY = 16 * 1024,
    DISCARD_MAX = 64 * 1024,
};

struct admin {
    struct admin_view *view;
    struct loop *loop;
    struct io_context io;
    struct listener listener;
    struct loop_message stop;
    struct list connections;
    unsigned connection_count;
    pthread_t thread;
};

struct connection {
    struct list link;
    struct admin *admin;
    struct loop_timer deadline;
    struct http_head_scan scan;
    size_t len;
    bool has_head; // the scan is done
    bool is_answered;
    char octets[REQUEST_MAX];
    struct transport transport;
};

static const struct http_head_limits limits = {
    .start_line = 1024, .field_line = 4096, .field_bytes = 6 * 1024, .field_count = 64};

static void close_connection(struct connection *c)
{
    loop_timer_cancel(c->admin->loop, &c->deadline);
    list_remove(&c->link);
    c->admin->connection_count--;
    transport_close(&c->transport, false);
    free(c);
}

static void answer(struct connection *c, unsigned status, const char *type, struct slice body)
{
    char text[1024];
    struct buf head;
    struct http_added_field content_type = {SLICE("Content-Type"), slice_str(type), NULL};
    struct http_outgoing m = {
        .status = status,
        .added = &content_type,
        .framing = {HTTP_BODY_LENGTH, body.len},
        .close = true,
    };
    buf_init(&head, text, sizeof(text));
    http_write_response_head(&head, &m);
    const struct slice parts[] = {buf_view(&head), body};
    c->is_answered = true;
    transport_write(&c->transport, parts, ARRAY_LEN(parts));
    transport_shutdown(&c->transport);
}

static void answer_text(struct connection *c, unsigned status, const char *text)
{
    answer(c, status, "text/plain; charset=utf-8", slice_str(text));
}

static void show_metrics(struct connection *c)
{
    struct buf out;
    buf_new(&out, RESPONSE_MAX);
    metrics_write(c->admin->view, &out);
    if (out.failed)
        answer_text(c, 500, "out of memory\n");
    else
        answer(c, 200, "text/plain; version=0.0.4; charset=utf-8", buf_view(&out));
    buf_free(&out);
}

static void serve_bans(struct connection *c, const struct http_request *r, struct slice body)
{
    struct buf out;
    buf_new(&out, ADMIN_BANS_MAX);
    unsigned status = admin_bans_answer(c->admin->view, r, body, &out);
    if (out.failed)
        answer_text(c, 500, "out of memory\n");
    else
        answer(c, status, "application/json", buf_view(&out));
    buf_free(&out);
}

// A page elsewhere can make a browser of this machine ask us, under a name of the page's own that
// leads here (DNS rebinding): only names that can mean nothing but this machine are answered.
static bool is_own_name(struct slice host)
{
    struct addr address;
    if (host.len > 2 && host.ptr[0] == '[')
        host = slice_of(host.ptr + 1, host.len - 2);
    return slice_eq(host, SLICE("localhost")) ||
           (addr_parse(host, &address) && addr_is_loopback(&address));
}

static void serve(struct connection *c, const struct http_request *r, struct slice body)
{
    bool is_draining = atomic_load(&c->admin->view->is_draining);
    if (!is_own_name(r->host))
        answer_text(c, 421, "ask for localhost or a loopback address\n");
    else if (admin_bans_is_asked(r))
        serve_bans(c, r, body);
    else if (r->method_id != HTTP_METHOD_GET)
        answer_text(c, 405, "only GET is served here\n");
    else if (slice_eq(r->path, SLICE("/healthz")))
        answer_text(c, 200, "alive\n");
    else if (slice_eq(r->path, SLICE("/readyz")))
        answer_text(c, is_draining ? 503 : 200, is_draining ? "draining\n" : "ready\n");
    else if (slice_eq(r->path, SLICE("/metrics")))
        show_metrics(c);
    else
        answer_text(c, 404, "there are /healthz, /readyz, /metrics and /bans\n");
}

// True when all of the body is there; small ones alone are read.
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
    if (f->length > REQUEST_MAX - head_len) {
        answer_text(c, 413, "the body is too large\n");
        return false;
    }
    *body = slice_of(c->octets + head_len, (size_t)f->length);
    return c->len - head_len >= f->length;
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
    size_t len = 0;
    if (c->is_answered) { // reads off the rest, so that closing does not cut the answer
        if (transport_discard(t, DISCARD_MAX) != IO_AGAIN)
            close_connection(c);
        return;
    }
    if (!(events & TRANSPORT_READABLE))
        return;
    enum io_status status = transport_read(t, c->octets + c->len, REQUEST_MAX - c->len, &len);
    if (status == IO_AGAIN)
        return;
    c->len += len;
    if (status != IO_OK) {
        close_connection(c);
        return;
    }
    take_request(c);
    if (!c->is_answered && c->len == REQUEST_MAX)
        close_connection(c);
}

static void on_deadline(struct loop_timer *timer)
{
    close_connection(CONTAINER_OF(timer, struct connection, deadline));
}

static void on_accept(struct listener *l, int fd, const struct addr *peer)
{
    struct admin *a = l->owner;
    (void)peer;
    // Who is served is gone at once: the oldest keeps a place without using it.
    if (a->connection_count == CONNECTIONS_MAX)
        close_connection(CONTAINER_OF(a->connections.next, struct connection, link));
    struct connection *c = calloc(1, sizeof(*c));
    if (!c) {
        (void)close(fd);
        return;
    }
    if (!transport_init_plain(&c->transport, &a->io, fd, false, on_event)) {
        free(c);
        return;
    }
    c->admin = a;
    http_head_scan_init(&c->scan, &limits, false);
    list_init(&c->link);
    list_append(&a->connections, &c->link);
    a->connection_count++;
    loop_timer_init(&c->deadline, on_deadline);
    loop_timer_set(a->loop, &c->deadline, loop_now_ms(a->loop) + DEADLINE_MS);
}

static void on_stop(struct loop_message *message)
{
    loop_stop(CONTAINER_OF(message, struct admin, stop)->loop);
}

static void *run(void *arg)
{
    struct admin *a = arg;
    loop_run(a->loop);
    return NULL;
}

static bool start_thread(struct admin *a)
{
    errno = thread_start(&a->thread, "yett-admin", run, a);
    return errno == 0;
}

static void free_admin(struct admin *a)
{
    while (!list_is_empty(&a->connections))
        close_connection(CONTAINER_OF(list_take_first(&a->connections), struct connection, link));
    listener_stop(&a->listener);
    io_context_clear(&a->io);
    loop_free(&a->loop);
    free(a);
}

static bool open_listener(struct admin *a, struct addr *bind)
{
    enum { BACKLOG = 16 };
    int fd = socket_listen(bind, BACKLOG);
    if (fd < 0)
        return false;
    if (bind->port == 0 && !socket_local(fd, bind)) {
        (void)close(fd);
        return false;
    }
    a->listener.owner = a;
    a->listener.on_accept = on_accept;
    return listener_start(&a->listener, a->loop, fd);
}

void admin_view_show(struct admin_view *view, struct snapshot *snapshot)
{
    struct snapshot *fresh = snapshot ? snapshot_ref(snapshot) : NULL;
    pthread_mutex_lock(&view->lock);
    struct snapshot *gone = view->snapshot;
    view->snapshot = fresh;
    pthread_mutex_unlock(&view->lock);
    snapshot_unref(&gone);
}

struct snapshot *admin_view_take(struct admin_view *view)
{
    pthread_mutex_lock(&view->lock);
    struct snapshot *shown = view->snapshot ? snapshot_ref(view->snapshot) : NULL;
    pthread_mutex_unlock(&view->lock);
    return shown;
}

struct admin *admin_start(struct addr *bind, struct admin_view *view)
{
    struct admin *a = calloc(1, sizeof(*a));
    if (!a)
        return NULL;
    a->view = view;
    a->stop.deliver = on_stop;
    a->listener.fd = -1; // until there is one
    list_init(&a->connections);
    a->loop = loop_new();
    if (!a->loop || !io_context_init(&a->io, a->loop)) {
        loop_free(&a->loop);
        free(a);
        return NULL;
    }
    if (open_listener(a, bind) && start_thread(a))
        return a;
    int error = errno;
    free_admin(a);
    errno = error;
    return NULL;
}

void admin_stop(struct admin **admin)
{
    struct admin *a = *admin;
    if (!a)
        return;
    *admin = NULL;
    loop_post(a->loop, &a->stop);
    pthread_join(a->thread, NULL);
    free_admin(a);
}

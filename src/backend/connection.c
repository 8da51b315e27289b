// SPDX-License-Identifier: Apache-2.0
// Life of a connection: opened, handed to an exchange, put back, closed. The difficulty is that its
// user may release it from within any callback; `busy` counts the calls that are running, and the
// outermost one disposes of it.
#include "backend/connection.h"

#include <stdlib.h>
#include <unistd.h>

#include "backend/dial.h"
#include "backend/group.h"
#include "backend/http1.h"
#include "base/check.h"

enum { WINDOW_FIRST = 64 * 1024 };

static struct loop *loop_of(const struct backend_connection *c)
{
    return c->call.member->context->io->loop;
}

static void destroy(struct backend_connection *c, bool reset)
{
    struct backend_member *m = c->call.member;
    loop_timer_cancel(loop_of(c), &c->idle);
    loop_task_cancel(loop_of(c), &c->resume);
    list_remove(&c->link);
    transport_close(&c->transport, reset);
    pool_give(&m->context->buffers, c->buffer);
    m->open--;
    free(c);
}

// Unused, complete on both sides, nothing left over: may wait for the next exchange. Where the last
// read may not have emptied the socket, what lies behind the response would give no event any more,
// and would be taken for the answer to the next request.
static bool is_reusable(const struct backend_connection *c)
{
    return c->call.connected && !c->call.failed && c->call.request_sent && c->call.response_done &&
           c->keep_alive && !c->surplus && !c->transport.may_read && !c->transport.ended &&
           !c->transport.error && !c->transport.broken && transport_pending(&c->transport) == 0 &&
           c->call.member->config->keep_max > 0 && !c->call.member->config->proxy_header;
}

static void put_back(struct backend_connection *c)
{
    struct backend_member *m = c->call.member;
    if (m->idle_count >= m->config->keep_max)
        backend_connection_close_idle(CONTAINER_OF(m->idle.prev, struct backend_connection, link));
    pool_give(&m->context->buffers, c->buffer);
    c->buffer = NULL;
    c->is_idle = true;
    list_prepend(&m->idle, &c->link);
    m->idle_count++;
    loop_timer_set(loop_of(c), &c->idle, loop_now_ms(loop_of(c)) + m->config->keep_ms);
}

static void settle(struct backend_connection *c)
{
    if (is_reusable(c)) {
        c->call.released = false;
        put_back(c);
        return;
    }
    // A backend in the middle of something shall see that it was broken off, not that it ended.
    bool is_complete = c->call.request_sent && (c->call.response_done || c->tunnel);
    if (is_complete)
        transport_shutdown(&c->transport);
    destroy(c, !is_complete && c->call.wrote);
}

void backend_connection_enter(struct backend_connection *c)
{
    c->busy++;
}

void backend_connection_leave(struct backend_connection *c)
{
    if (--c->busy == 0 && c->call.released)
        settle(c);
}

static void release(struct backend_call *call)
{
    struct backend_connection *c = backend_connection_of(call);
    loop_task_cancel(loop_of(c), &c->resume);
    if (c->busy == 0)
        settle(c);
}

void backend_connection_close_idle(struct backend_connection *c)
{
    CHECK(c->is_idle);
    c->call.member->idle_count--;
    transport_shutdown(&c->transport);
    destroy(c, false);
}

static void connect_step(struct backend_connection *c)
{
    switch (backend_dial_step(&c->transport, &c->call.preface)) {
    case IO_OK:
        c->call.connected = true;
        c->call.events->on_connected(c->call.owner);
        return;
    case IO_AGAIN:
        return;
    case IO_EOF:
    case IO_ERROR:
        backend_call_fail(&c->call,
                          c->transport.error_word ? c->transport.error_word : "connect-failed",
                          c->transport.error);
        return;
    }
}

static void on_event(struct transport *t, unsigned events)
{
    struct backend_connection *c = CONTAINER_OF(t, struct backend_connection, transport);
    if (c->is_idle) { // closed, or speaks without having been asked: of no use either way
        backend_connection_close_idle(c);
        return;
    }
    if (!c->call.events)
        return;
    backend_connection_enter(c);
    if (!c->call.connected)
        connect_step(c);
    else if (events & TRANSPORT_WRITABLE)
        c->call.events->on_drained(c->call.owner);
    if (!c->call.released && c->call.connected && !c->call.failed &&
        (events & TRANSPORT_READABLE) && !c->call.paused)
        backend_http1_on_readable(c);
    backend_connection_leave(c);
}

static void on_resume(struct loop_task *task)
{
    struct backend_connection *c = CONTAINER_OF(task, struct backend_connection, resume);
    backend_connection_enter(c);
    if (!c->call.paused && !c->call.failed)
        backend_http1_on_readable(c);
    backend_connection_leave(c);
}

static void on_idle_timeout(struct loop_timer *timer)
{
    backend_connection_close_idle(CONTAINER_OF(timer, struct backend_connection, idle));
}

static void start(struct backend_call *call)
{
    struct backend_connection *c = backend_connection_of(call);
    c->buffered = 0;
    c->window = WINDOW_FIRST;
    http_head_scan_init(&c->scan, &call->member->config->response_head, true);
    c->upgrade_asked = c->tunnel = false;
    backend_connection_enter(c);
    if (call->connected)
        call->events->on_connected(call->owner);
    else
        connect_step(c);
    backend_connection_leave(c);
}

static uint64_t delivered(const struct backend_call *call)
{
    return transport_delivered(&backend_connection_of_const(call)->transport);
}

static size_t pending(const struct backend_call *call)
{
    return transport_pending(&backend_connection_of_const(call)->transport);
}

static void resume(struct backend_call *call)
{
    struct backend_connection *c = backend_connection_of(call);
    loop_defer(loop_of(c), &c->resume);
}

static bool is_stale(struct backend_call *call)
{
    struct backend_connection *c = backend_connection_of(call);
    if (!call->reused || !transport_is_stale(&c->transport))
        return false;
    c->keep_alive = false;
    return true;
}

static const struct backend_call_ops ops = {
    .start = start,
    .send_head = backend_http1_send_head,
    .send_body = backend_http1_send_body,
    .pending = pending,
    .delivered = delivered,
    .resume = resume,
    .is_stale = is_stale,
    .release = release,
};

static struct backend_connection *new_connection(struct backend_member *m,
                                                 struct backend_failure *why)
{
    int fd = backend_dial_socket(m, why);
    if (fd < 0)
        return NULL;
    struct backend_connection *c =
        calloc(1, backend_dial_size(offsetof(struct backend_connection, transport), sizeof(*c)));
    if (!c) {
        close(fd);
        *why = backend_no_memory();
        return NULL;
    }
    c->call.member = m;
    c->call.ops = &ops;
    list_init(&c->link);
    loop_timer_init(&c->idle, on_idle_timeout);
    loop_task_init(&c->resume, on_resume);
    if (!backend_dial_transport(m, fd, &c->transport, on_event, why)) {
        free(c);
        return NULL;
    }
    m->open++;
    return c;
}

static struct backend_connection *take_idle(struct backend_member *m)
{
    struct backend_connection *c = CONTAINER_OF(m->idle.next, struct backend_connection, link);
    list_remove(&c->link);
    loop_timer_cancel(loop_of(c), &c->idle);
    m->idle_count--;
    c->is_idle = false;
    c->call.reused = true;
    return c;
}

struct backend_call *backend_connection_get(struct backend_member *m, bool fresh,
                                            struct backend_failure *why)
{
    struct backend_connection *c =
        !fresh && !list_is_empty(&m->idle) ? take_idle(m) : new_connection(m, why);
    if (!c)
        return NULL;
    c->buffer = pool_take(&m->context->buffers);
    if (c->buffer)
        return &c->call;
    *why = backend_no_memory();
    destroy(c, false);
    return NULL;
}

// SPDX-License-Identifier: Apache-2.0
// Life of a connection: opened, handed to an exchange, put back, closed. The difficulty is that its
// user may release it from within any callback; `busy` counts the calls that are running, and the
// outermost one disposes of it.
#include "backend/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend/group.h"
#include "backend/http1.h"
#include "base/check.h"
#include "base/log.h"
#include "io/socket.h"
#include "tls/server_context.h"

enum { WINDOW_FIRST = 64 * 1024 };

static struct loop *loop_of(const struct backend_connection *c)
{
    return c->member->context->io->loop;
}

static void destroy(struct backend_connection *c, bool reset)
{
    struct backend_member *m = c->member;
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
    return c->connected && !c->failed && c->request_sent && c->response_done && c->keep_alive &&
           !c->surplus && !c->transport.may_read && !c->transport.ended && !c->transport.error &&
           !c->transport.broken && transport_pending(&c->transport) == 0 &&
           c->member->config->keep_max > 0 && !c->member->config->proxy_header;
}

static void put_back(struct backend_connection *c)
{
    struct backend_member *m = c->member;
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
        c->released = false;
        put_back(c);
        return;
    }
    // A backend in the middle of something shall see that it was broken off, not that it ended.
    bool is_complete = c->request_sent && (c->response_done || c->tunnel);
    if (is_complete)
        transport_shutdown(&c->transport);
    destroy(c, !is_complete && c->wrote);
}

void backend_connection_enter(struct backend_connection *c)
{
    c->busy++;
}

void backend_connection_leave(struct backend_connection *c)
{
    if (--c->busy == 0 && c->released)
        settle(c);
}

void backend_connection_release(struct backend_connection **connection)
{
    struct backend_connection *c = *connection;
    if (!c)
        return;
    *connection = NULL;
    c->events = NULL;
    c->owner = NULL;
    c->arena = NULL;
    c->member->outstanding--;
    loop_task_cancel(loop_of(c), &c->resume);
    c->released = true;
    if (c->busy == 0)
        settle(c);
}

void backend_connection_close_idle(struct backend_connection *c)
{
    CHECK(c->is_idle);
    c->member->idle_count--;
    transport_shutdown(&c->transport);
    destroy(c, false);
}

void backend_connection_fail(struct backend_connection *c, const char *word, const char *text)
{
    if (c->failed || c->released)
        return;
    c->failed = true;
    struct backend_failure f = {
        .stage = !c->connected  ? BACKEND_CONNECTING
                 : c->head_done ? BACKEND_READING
                                : BACKEND_WAITING,
        .word = word,
        .text = text,
        .unsent = !c->wrote,
        .unanswered = !c->got,
    };
    c->events->on_failure(c->owner, &f);
}

// The preface goes out as soon as there is a connection, past TLS, whose first octets come behind
// it.
static enum io_status open_connection(struct backend_connection *c)
{
    if (c->preface.len) {
        enum io_status status = transport_finish_connect(&c->transport);
        if (status != IO_OK)
            return status;
        transport_write_raw(&c->transport, c->preface);
        c->preface = (struct slice){0};
    }
    return transport_handshake(&c->transport);
}

static void connect_step(struct backend_connection *c)
{
    switch (open_connection(c)) {
    case IO_OK:
        c->connected = true;
        c->events->on_connected(c->owner);
        return;
    case IO_AGAIN:
        return;
    case IO_EOF:
    case IO_ERROR:
        backend_connection_fail(
            c, c->transport.error_word ? c->transport.error_word : "connect-failed",
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
    if (!c->events)
        return;
    backend_connection_enter(c);
    if (!c->connected)
        connect_step(c);
    else if (events & TRANSPORT_WRITABLE)
        c->events->on_drained(c->owner);
    if (!c->released && c->connected && !c->failed && (events & TRANSPORT_READABLE) && !c->paused)
        c->protocol->on_readable(c);
    backend_connection_leave(c);
}

static void on_resume(struct loop_task *task)
{
    struct backend_connection *c = CONTAINER_OF(task, struct backend_connection, resume);
    backend_connection_enter(c);
    if (!c->paused && !c->failed)
        c->protocol->on_readable(c);
    backend_connection_leave(c);
}

static void on_idle_timeout(struct loop_timer *timer)
{
    backend_connection_close_idle(CONTAINER_OF(timer, struct backend_connection, idle));
}

static int open_socket(struct backend_member *m)
{
    const struct backend_server *s = m->server;
    if (s->unix_path)
        return socket_connect_unix(s->unix_path);
    unsigned turn = m->next_address++ % s->address_count;
    return socket_connect(&s->addresses[turn]);
}

static bool start_transport(struct backend_connection *c, int fd)
{
    struct backend_member *m = c->member;
    if (m->server->tls)
        return tls_client_transport_init(&c->transport, m->context->io, fd, m->server->tls,
                                         &m->session, on_event);
    return transport_init_plain(&c->transport, m->context->io, fd, true, on_event);
}

static struct backend_connection *new_connection(struct backend_member *m,
                                                 struct backend_failure *why)
{
    static struct log_repeat repeat;
    *why = (struct backend_failure){
        .stage = BACKEND_CONNECTING, .word = "connect-failed", .unsent = true, .unanswered = true};
    int fd = open_socket(m);
    if (fd < 0) {
        why->text = log_errno(errno);
        if (errno == EMFILE || errno == ENFILE) {
            why->word = "no-descriptors";
            why->is_ours = true;
            log_repeated(&repeat, LOG_LEVEL_ERROR, "cannot connect to a backend: %s", why->text);
        } else if (errno == ECONNREFUSED || errno == ENOENT) {
            why->word = "connect-refused";
        }
        return NULL;
    }
    size_t size = offsetof(struct backend_connection, transport) + tls_transport_size();
    struct backend_connection *c = calloc(1, size > sizeof(*c) ? size : sizeof(*c));
    if (!c) {
        close(fd);
        why->word = "out-of-memory";
        why->is_ours = true;
        return NULL;
    }
    c->member = m;
    c->protocol = &backend_http1;
    list_init(&c->link);
    loop_timer_init(&c->idle, on_idle_timeout);
    loop_task_init(&c->resume, on_resume);
    if (!start_transport(c, fd)) {
        why->text = log_errno(errno);
        free(c);
        return NULL;
    }
    m->open++;
    return c;
}

struct backend_connection *backend_connection_get(struct backend_member *m, bool fresh,
                                                  struct backend_failure *why)
{
    struct backend_connection *c = NULL;
    if (!fresh && !list_is_empty(&m->idle)) {
        c = CONTAINER_OF(m->idle.next, struct backend_connection, link);
        list_remove(&c->link);
        loop_timer_cancel(loop_of(c), &c->idle);
        m->idle_count--;
        c->is_idle = false;
        c->reused = true;
    } else {
        c = new_connection(m, why);
    }
    if (!c)
        return NULL;
    c->buffer = pool_take(&m->context->buffers);
    m->outstanding++;
    if (!c->buffer) {
        *why = (struct backend_failure){.stage = BACKEND_CONNECTING,
                                        .word = "out-of-memory",
                                        .unsent = true,
                                        .unanswered = true,
                                        .is_ours = true};
        backend_connection_release(&c);
        return NULL;
    }
    return c;
}

void backend_connection_set_preface(struct backend_connection *c, struct slice octets)
{
    CHECK(!c->connected);
    c->preface = octets;
}

void backend_connection_start(struct backend_connection *c, const struct backend_events *events,
                              void *owner, struct arena *arena, unsigned interim_max)
{
    const struct backend_config *config = c->member->config;
    c->events = events;
    c->owner = owner;
    c->arena = arena;
    c->interim_max = interim_max;
    c->interim_count = 0;
    c->buffered = 0;
    c->window = WINDOW_FIRST;
    c->head_limits = (struct http_head_limits){
        .start_line = config->response_line,
        .field_line = config->response_line,
        .field_bytes = config->response_header_bytes,
        .field_count = config->response_header_count,
    };
    http_head_scan_init(&c->scan, &c->head_limits, true);
    c->request_sent = c->wrote = c->got = c->head_done = c->response_done = false;
    c->paused = c->released = c->upgrade_asked = c->tunnel = false;
    backend_connection_enter(c);
    if (c->connected)
        c->events->on_connected(c->owner);
    else
        connect_step(c);
    backend_connection_leave(c);
}

bool backend_connection_send_head(struct backend_connection *c, const struct http_outgoing *m,
                                  struct slice body, bool last)
{
    return c->protocol->send_head(c, m, body, last);
}

void backend_connection_send_body(struct backend_connection *c, struct slice data, bool last)
{
    c->protocol->send_body(c, data, last);
}

uint64_t backend_connection_delivered(const struct backend_connection *c)
{
    return transport_delivered(&c->transport);
}

size_t backend_connection_pending(const struct backend_connection *c)
{
    return transport_pending(&c->transport);
}

void backend_connection_pause(struct backend_connection *c)
{
    c->paused = true;
}

void backend_connection_resume(struct backend_connection *c)
{
    if (!c->paused)
        return;
    c->paused = false;
    loop_defer(loop_of(c), &c->resume);
}

bool backend_connection_is_stale(struct backend_connection *c)
{
    bool is_stale = transport_is_stale(&c->transport);
    if (is_stale)
        c->keep_alive = false;
    return is_stale;
}

// SPDX-License-Identifier: Apache-2.0
// Life of a session. Any callback of a call may end the call, and with the last one the session;
// `busy` counts the functions that are running, and the outermost one disposes of it.
#include "backend/session.h"

#include <stdlib.h>
#include <unistd.h>

#include "backend/dial.h"
#include "backend/group.h"
#include "backend/http2.h"
#include "base/check.h"
#include "io/batch.h"
#include "tls/server_context.h"

enum { TURN_BUDGET = 1024 * 1024 }; // octets read before others have their turn

static struct loop *loop_of(const struct backend_session *s)
{
    return s->member->context->io->loop;
}

// --- life

static void output(struct backend_session *s);

void backend_session_close(struct backend_session *s)
{
    CHECK(s->call_count == 0);
    if (s->connected && !s->over) {
        http2_client_end(s->h2);
        output(s);
    }
    if (s->connected)
        transport_shutdown(&s->transport);
    loop_timer_cancel(loop_of(s), &s->idle);
    loop_task_cancel(loop_of(s), &s->output);
    loop_task_cancel(loop_of(s), &s->resume);
    list_remove(&s->link);
    transport_close(&s->transport, false);
    http2_client_free(&s->h2);
    s->member->open--;
    free(s);
}

// One unused session per server is enough for those who come.
static bool is_kept(const struct backend_session *s)
{
    const struct backend_member *m = s->member;
    for (struct list *link = m->sessions.next; link != &m->sessions; link = link->next) {
        const struct backend_session *other = CONTAINER_OF(link, struct backend_session, link);
        if (other != s && other->call_count == 0)
            return false;
    }
    return s->connected && m->config->keep_max > 0 && !http2_client_is_leaving(s->h2);
}

static void settle(struct backend_session *s)
{
    if (s->busy || s->call_count)
        return;
    if (!s->over && is_kept(s))
        loop_timer_set(loop_of(s), &s->idle, loop_now_ms(loop_of(s)) + s->member->config->keep_ms);
    else
        backend_session_close(s);
}

static void enter(struct backend_session *s)
{
    s->busy++;
}

static void leave(struct backend_session *s)
{
    s->busy--;
    settle(s);
}

void backend_session_join(struct backend_session *s, struct backend_http2_call *c)
{
    loop_timer_cancel(loop_of(s), &s->idle);
    list_append(&s->calls, &c->link);
    s->call_count++;
    c->session = s;
}

static void detach(struct backend_session *s, struct backend_http2_call *c)
{
    list_remove(&c->link);
    list_remove(&c->answered);
    if (s->holding == c)
        s->holding = NULL;
    s->call_count--;
    c->session = NULL;
}

void backend_session_leave(struct backend_session *s, struct backend_http2_call *c)
{
    detach(s, c);
    settle(s);
}

// Everybody learns that there is no more to come.
static void end(struct backend_session *s, const char *word, const char *text)
{
    if (s->over)
        return;
    s->over = true;
    list_remove(&s->link);
    list_init(&s->link);
    while (!list_is_empty(&s->calls)) {
        struct backend_http2_call *c = CONTAINER_OF(s->calls.next, struct backend_http2_call, link);
        detach(s, c);
        backend_http2_session_over(c, word, text);
    }
}

// --- out

static struct slice produce(void *h2)
{
    return http2_client_produce(h2);
}

static void output(struct backend_session *s)
{
    if (s->feeding || !s->connected)
        return;
    s->feeding = true;
    transport_write_batch(&s->transport, &s->member->context->http2_out, produce, s->h2);
    s->feeding = false;
}

static void on_output(struct loop_task *task)
{
    struct backend_session *s = CONTAINER_OF(task, struct backend_session, output);
    enter(s);
    output(s);
    leave(s);
}

void backend_session_output_soon(struct backend_session *s)
{
    loop_defer(loop_of(s), &s->output);
}

// --- in

// The server said goodbye: who runs may finish, nobody else begins.
static void note_leaving(struct backend_session *s)
{
    if (s->over || !http2_client_is_leaving(s->h2))
        return;
    list_remove(&s->link);
    list_init(&s->link);
    if (s->call_count == 0)
        end(s, NULL, NULL);
}

static void tell_idle(struct backend_session *s)
{
    while (!list_is_empty(&s->answered)) {
        struct backend_http2_call *c =
            CONTAINER_OF(list_take_first(&s->answered), struct backend_http2_call, answered);
        backend_http2_tell_idle(c);
    }
}

// True when the loop should go on.
static bool feed_once(struct backend_session *s)
{
    char *in = s->member->context->http2_in;
    size_t len = 0;
    enum io_status status = transport_read(&s->transport, in, IO_BULK, &len);
    if (status == IO_AGAIN)
        return false;
    if (status != IO_OK) {
        bool has_reason = status == IO_ERROR && s->transport.error_word;
        end(s, has_reason ? s->transport.error_word : NULL, has_reason ? s->transport.error : NULL);
        return false;
    }
    s->feeding = true;
    bool goes_on = http2_client_feed(s->h2, slice_of(in, len));
    backend_http2_release_held(s);
    s->feeding = false;
    if (goes_on)
        return true;
    struct http2_fault fault = http2_client_fault(s->h2);
    output(s);
    end(s, fault.word, fault.text);
    return false;
}

static void read_all(struct backend_session *s)
{
    uint64_t until = s->transport.received + TURN_BUDGET;
    while (!s->over && s->transport.may_read && feed_once(s)) {
        if (s->transport.received > until) {
            loop_defer(loop_of(s), &s->resume);
            break;
        }
    }
    tell_idle(s);
    note_leaving(s);
    if (!s->over)
        output(s);
}

static void on_resume(struct loop_task *task)
{
    struct backend_session *s = CONTAINER_OF(task, struct backend_session, resume);
    enter(s);
    read_all(s);
    leave(s);
}

void backend_session_look(struct backend_session *s)
{
    if (!s->connected || s->busy)
        return;
    enter(s);
    read_all(s);
    leave(s);
}

// --- connecting

static bool speaks_http2(const struct backend_session *s)
{
    struct tls_facts facts;
    tls_transport_facts(&s->transport, &facts);
    return !s->transport.is_tls || slice_eq(facts.protocol, SLICE("h2"));
}

static struct backend_http2_call *next_waiting(const struct backend_session *s)
{
    for (struct list *link = s->calls.next; link != &s->calls; link = link->next) {
        struct backend_http2_call *c = CONTAINER_OF(link, struct backend_http2_call, link);
        if (c->started && !c->call.connected)
            return c;
    }
    return NULL;
}

static void on_connected(struct backend_session *s)
{
    struct backend_http2_call *c;
    if (!speaks_http2(s)) {
        end(s, "no-http2", "the server does not take HTTP/2 (ALPN)");
        return;
    }
    s->connected = true;
    while (!s->over && (c = next_waiting(s)))
        backend_http2_connected(c);
    output(s); // at least the preface
    if (!s->over && s->transport.may_read)
        loop_defer(loop_of(s), &s->resume);
}

static void connect_step(struct backend_session *s)
{
    struct slice none = {0};
    switch (backend_dial_step(&s->transport, &none)) {
    case IO_OK:
        on_connected(s);
        return;
    case IO_AGAIN:
        return;
    case IO_EOF:
    case IO_ERROR:
        end(s, s->transport.error_word ? s->transport.error_word : "connect-failed",
            s->transport.error);
        return;
    }
}

void backend_session_connect(struct backend_session *s)
{
    enter(s);
    connect_step(s);
    leave(s);
}

static void on_event(struct transport *t, unsigned events)
{
    struct backend_session *s = CONTAINER_OF(t, struct backend_session, transport);
    enter(s);
    if (!s->connected) {
        connect_step(s);
    } else {
        if (events & TRANSPORT_WRITABLE)
            output(s);
        if (events & TRANSPORT_READABLE)
            read_all(s);
    }
    leave(s);
}

static void on_idle_timeout(struct loop_timer *timer)
{
    backend_session_close(CONTAINER_OF(timer, struct backend_session, idle));
}

// --- choice

static struct backend_session *new_session(struct backend_member *m, struct backend_failure *why)
{
    int fd = backend_dial_socket(m, why);
    if (fd < 0)
        return NULL;
    struct backend_session *s =
        calloc(1, backend_dial_size(offsetof(struct backend_session, transport), sizeof(*s)));
    if (s)
        s->h2 =
            http2_client_new(&m->config->http2, &backend_http2_events, m->context->http2_memory, s);
    if (!s || !s->h2) {
        close(fd);
        free(s);
        *why = backend_no_memory();
        return NULL;
    }
    s->member = m;
    list_init(&s->link);
    list_init(&s->calls);
    list_init(&s->answered);
    loop_timer_init(&s->idle, on_idle_timeout);
    loop_task_init(&s->output, on_output);
    loop_task_init(&s->resume, on_resume);
    if (!backend_dial_transport(m, fd, &s->transport, on_event, why)) {
        http2_client_free(&s->h2);
        free(s);
        return NULL;
    }
    list_append(&m->sessions, &s->link);
    m->open++;
    return s;
}

// Until the server has said how many streams it takes, calls that wait for the connection are
// counted against our own limit.
static bool takes_call(const struct backend_session *s)
{
    return s->connected ? http2_client_has_room(s->h2)
                        : s->call_count < s->member->config->http2.max_concurrent_streams;
}

struct backend_session *backend_session_get(struct backend_member *m, bool fresh,
                                            struct backend_failure *why)
{
    for (struct list *link = m->sessions.next; !fresh && link != &m->sessions; link = link->next) {
        struct backend_session *s = CONTAINER_OF(link, struct backend_session, link);
        if (takes_call(s))
            return s;
    }
    return new_session(m, why);
}

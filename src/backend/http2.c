// SPDX-License-Identifier: Apache-2.0
// Octets of a response go on as they are fed, but for the last piece, which waits for what comes
// behind it: so that the end of a short response is told with its octets, not after them.
#include "backend/http2.h"

#include <string.h>

#include "backend/group.h"
#include "base/pool.h"

enum { WAITING_MAX = 64 * 1024 }; // of a request, before its user has to wait

static struct backend_http2_call *of(struct backend_call *c)
{
    return CONTAINER_OF(c, struct backend_http2_call, call);
}

static const struct backend_http2_call *of_const(const struct backend_call *c)
{
    return CONTAINER_OF_CONST(c, struct backend_http2_call, call);
}

static struct backend_http2_call *of_stream(struct http2_client_stream *s)
{
    return CONTAINER_OF(s, struct backend_http2_call, h2);
}

static struct pool *octets_of(const struct backend_http2_call *c)
{
    return c->call.member->context->octets;
}

static struct loop *loop_of(const struct backend_http2_call *c)
{
    return c->call.member->context->io->loop;
}

size_t backend_http2_call_size(void)
{
    return sizeof(struct backend_http2_call);
}

// --- life

static void free_call(struct backend_http2_call *c)
{
    struct pool *pool = &c->call.member->context->http2_calls;
    struct backend_session *s = c->session;
    loop_task_cancel(loop_of(c), &c->resume);
    octet_queue_clear(&c->in, octets_of(c));
    octet_queue_clear(&c->out, octets_of(c));
    if (s) {
        http2_client_forget(&c->h2, HTTP2_CANCEL);
        backend_session_output_soon(s);
        backend_session_leave(s, c);
    }
    pool_give(pool, c);
}

static void enter(struct backend_http2_call *c)
{
    c->busy++;
}

static void leave(struct backend_http2_call *c)
{
    if (--c->busy == 0 && c->call.released)
        free_call(c);
}

static void release(struct backend_call *call)
{
    struct backend_http2_call *c = of(call);
    if (c->busy == 0)
        free_call(c);
}

static bool is_deaf(const struct backend_http2_call *c)
{
    return c->call.released || c->call.failed;
}

// --- the response

// Gives octets to the user, and tells the end with the last of them. The call may be released then.
static void give(struct backend_http2_call *c, struct slice data, bool last)
{
    if (last && c->h2.has_trailers)
        c->call.events->on_trailers(c->call.owner, &c->h2.head.fields);
    c->call.response_done = last;
    c->call.events->on_body(c->call.owner, data, last);
}

// What waits goes on as long as it is taken.
static void deliver(struct backend_http2_call *c)
{
    while (!is_deaf(c) && !c->call.paused && c->in.len) {
        struct slice first = octet_queue_first(&c->in);
        give(c, first, c->h2.ended && first.len == c->in.len);
        octet_queue_drop(&c->in, octets_of(c), first.len);
        http2_client_consume(&c->h2, first.len);
        if (c->session)
            backend_session_output_soon(c->session); // the window opens
    }
    if (!is_deaf(c) && !c->call.paused && c->h2.ended && !c->call.response_done)
        give(c, (struct slice){0}, true);
}

static void fail_for_memory(struct backend_http2_call *c)
{
    c->call.is_ours = true;
    backend_call_fail(&c->call, "buffer-memory", "limits.http2.buffer_memory is used up");
}

static void take_octets(struct backend_http2_call *c, struct slice data)
{
    if (is_deaf(c))
        return;
    if (!c->call.paused && c->in.len == 0) {
        give(c, data, false);
        http2_client_consume(&c->h2, data.len);
    } else if (!octet_queue_put(&c->in, octets_of(c), data)) {
        fail_for_memory(c);
    }
}

void backend_http2_release_held(struct backend_session *s)
{
    struct backend_http2_call *c = s->holding;
    s->holding = NULL;
    if (!c)
        return;
    enter(c);
    take_octets(c, c->held);
    leave(c);
}

static void on_interim(struct http2_client_stream *h2)
{
    struct backend_http2_call *c = of_stream(h2);
    if (is_deaf(c))
        return;
    enter(c);
    c->call.got = true;
    if (++c->call.interim_count > c->call.interim_max)
        backend_call_fail(&c->call, http_reason_word(HTTP_REASON_TOO_MANY_INTERIM),
                          http_reason_text(HTTP_REASON_TOO_MANY_INTERIM));
    else
        c->call.events->on_interim(c->call.owner, &h2->response);
    leave(c);
}

static void on_response(struct http2_client_stream *h2)
{
    struct backend_http2_call *c = of_stream(h2);
    if (is_deaf(c))
        return;
    enter(c);
    c->call.got = c->call.head_done = true;
    c->call.events->on_head(c->call.owner, &h2->response);
    if (!is_deaf(c) && h2->ended)
        deliver(c);
    else if (!is_deaf(c))
        list_append(&c->session->answered, &c->answered);
    leave(c);
}

static void on_body(struct http2_client_stream *h2, struct slice data)
{
    struct backend_http2_call *c = of_stream(h2);
    struct backend_session *s = c->session;
    enter(c);
    backend_http2_release_held(s);
    if (!is_deaf(c)) {
        s->holding = c;
        c->held = data;
    }
    leave(c);
}

static void on_end(struct http2_client_stream *h2)
{
    struct backend_http2_call *c = of_stream(h2);
    struct slice held = c->session->holding == c ? c->held : (struct slice){0};
    if (c->session->holding == c)
        c->session->holding = NULL;
    enter(c);
    if (c->in.len || c->call.paused) {
        take_octets(c, held);
        deliver(c);
    } else if (!is_deaf(c)) {
        give(c, held, true);
    }
    leave(c);
}

static void on_malformed(struct http2_client_stream *h2, enum http_reason reason)
{
    struct backend_http2_call *c = of_stream(h2);
    enter(c);
    backend_call_fail(&c->call, http_reason_word(reason), http_reason_text(reason));
    leave(c);
}

// A stream that the server has not looked at counts as never sent (RFC 9113, 8.7).
static void on_close(struct http2_client_stream *h2, uint32_t code)
{
    struct backend_http2_call *c = of_stream(h2);
    if (h2->ended)
        return;
    enter(c);
    if (c->session->holding == c)
        c->session->holding = NULL;
    if (code == HTTP2_REFUSED_STREAM && !c->call.got)
        c->call.wrote = false;
    c->call.was_reset = true;
    c->call.code = code;
    backend_call_fail(&c->call, "backend-stream-reset", http2_code_name(code));
    leave(c);
}

// Whoever has all of the response needs the session no more.
void backend_http2_session_over(struct backend_http2_call *c, const char *word, const char *text)
{
    c->h2.client = NULL;
    if (c->h2.ended)
        return;
    enter(c);
    if (!c->started)
        c->call.failed = true; // told by backend_call_is_stale
    else if (word)
        backend_call_fail(&c->call, word, text);
    else if (c->call.got)
        backend_call_fail(&c->call, "response-truncated", "the backend closed inside its response");
    else
        backend_call_fail(&c->call, "closed-early", "the backend closed without an answer");
    leave(c);
}

void backend_http2_tell_idle(struct backend_http2_call *c)
{
    if (is_deaf(c))
        return;
    enter(c);
    c->call.events->on_idle(c->call.owner);
    leave(c);
}

// --- the request

static size_t pull(struct http2_client_stream *h2, char *out, size_t cap, bool *last)
{
    struct backend_http2_call *c = of_stream(h2);
    struct slice first = octet_queue_first(&c->out);
    size_t len = first.len < cap ? first.len : cap;
    if (len)
        memcpy(out, first.ptr, len);
    octet_queue_drop(&c->out, octets_of(c), len);
    c->sent += len;
    *last = c->out_last && c->out.len == 0;
    if (c->must_wait && c->out.len <= WAITING_MAX / 2) {
        c->must_wait = false;
        enter(c);
        if (!is_deaf(c))
            c->call.events->on_drained(c->call.owner);
        leave(c);
    }
    return len;
}

const struct http2_client_events backend_http2_events = {
    .on_interim = on_interim,
    .on_response = on_response,
    .on_body = on_body,
    .on_end = on_end,
    .on_malformed = on_malformed,
    .on_close = on_close,
    .pull = pull,
};

static void put(struct backend_http2_call *c, struct slice data, bool last)
{
    c->out_last = c->call.request_sent = last;
    if (!octet_queue_put(&c->out, octets_of(c), data)) {
        c->starved = true; // the user is told in the next turn, not from within its call
        loop_defer(loop_of(c), &c->resume);
    }
    c->must_wait = c->out.len > WAITING_MAX;
}

static bool send_head(struct backend_call *call, const struct http_outgoing *m, struct slice body,
                      bool last)
{
    struct backend_http2_call *c = of(call);
    struct slice scheme = call->member->server->tls ? SLICE("https") : SLICE("http");
    put(c, body, last);
    if (!c->session || !http2_client_request(c->session->h2, &c->h2, m, scheme,
                                             last && body.len == 0 && !c->h2.trailers))
        return false;
    call->wrote = true;
    backend_session_output_soon(c->session);
    return true;
}

static void send_body(struct backend_call *call, struct slice data, bool last)
{
    struct backend_http2_call *c = of(call);
    put(c, data, last);
    http2_client_resume(&c->h2);
    if (c->session)
        backend_session_output_soon(c->session);
}

static bool set_trailers(struct backend_call *call, const struct http_fields *f)
{
    return http2_client_set_trailers(&of(call)->h2, f);
}

static size_t pending(const struct backend_call *call)
{
    const struct backend_http2_call *c = of_const(call);
    return c->must_wait ? c->out.len : 0;
}

static uint64_t delivered(const struct backend_call *call)
{
    return of_const(call)->sent;
}

static void on_resume(struct loop_task *task)
{
    struct backend_http2_call *c = CONTAINER_OF(task, struct backend_http2_call, resume);
    enter(c);
    if (c->starved)
        fail_for_memory(c);
    deliver(c);
    if (!is_deaf(c))
        c->call.events->on_idle(c->call.owner);
    leave(c);
}

static void resume(struct backend_call *call)
{
    loop_defer(loop_of(of(call)), &of(call)->resume);
}

void backend_http2_connected(struct backend_http2_call *c)
{
    enter(c);
    c->call.connected = true;
    c->call.events->on_connected(c->call.owner);
    leave(c);
}

static void start(struct backend_call *call)
{
    struct backend_http2_call *c = of(call);
    c->started = true;
    c->h2.arena = call->arena;
    if (c->session->connected)
        backend_http2_connected(c);
    else if (c->session->call_count == 1)
        backend_session_connect(c->session);
}

// A session that only this call would use may have ended without our having looked.
static bool is_stale(struct backend_call *call)
{
    struct backend_http2_call *c = of(call);
    if (call->reused && c->session && c->session->call_count == 1) {
        enter(c);
        backend_session_look(c->session);
        leave(c);
    }
    return call->failed || !c->session || http2_client_is_leaving(c->session->h2);
}

static const struct backend_call_ops ops = {
    .start = start,
    .send_head = send_head,
    .send_body = send_body,
    .set_trailers = set_trailers,
    .pending = pending,
    .delivered = delivered,
    .resume = resume,
    .is_stale = is_stale,
    .release = release,
};

struct backend_call *backend_http2_get(struct backend_member *m, bool fresh,
                                       struct backend_failure *why)
{
    struct backend_http2_call *c = pool_take(&m->context->http2_calls);
    struct backend_session *s = c ? backend_session_get(m, fresh, why) : NULL;
    if (!c)
        *why = backend_no_memory();
    if (!s) {
        pool_give(&m->context->http2_calls, c);
        return NULL;
    }
    *c = (struct backend_http2_call){.call = {.ops = &ops, .member = m, .reused = s->connected}};
    list_init(&c->answered);
    loop_task_init(&c->resume, on_resume);
    backend_session_join(s, c);
    return &c->call;
}

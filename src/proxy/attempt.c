// SPDX-License-Identifier: Apache-2.0
// The backend's side of an exchange. Every callback may end the exchange and free it, so each looks
// at nothing behind such a call.
#include "proxy/attempt.h"

#include <string.h>

#include "base/clock.h"
#include "io/proxy_protocol.h"
#include "proxy/exchange.h"
#include "proxy/forward.h"
#include "proxy/relay.h"
#include "proxy/tunnel.h"

static uint64_t now_ms(const struct exchange *ex)
{
    return loop_now_ms(ex->worker->loop);
}

// Starts the clock for what the backend owes next; before the response the deadline for all tries
// counts too.
static void expect(struct exchange *ex, enum proxy_outcome outcome, uint64_t within_ms)
{
    uint64_t at = now_ms(ex) + within_ms;
    if (ex->total_deadline_ms && ex->total_deadline_ms < at)
        at = ex->total_deadline_ms;
    ex->timer_outcome = outcome;
    loop_timer_set(ex->worker->loop, &ex->timer, at);
}

static void watch_stall(struct exchange *ex)
{
    ex->delivered = backend_call_delivered(ex->call);
    expect(ex, PROXY_OUTCOME_SEND_STALLED, ex->route->transfer_idle_ms);
}

// A portion may take a slow backend longer than the limit of silence.
static bool is_moving(const struct exchange *ex)
{
    bool is_over = ex->total_deadline_ms && ex->total_deadline_ms <= now_ms(ex);
    return ex->timer_outcome == PROXY_OUTCOME_SEND_STALLED && !is_over &&
           backend_call_delivered(ex->call) > ex->delivered;
}

// After octets were sent: who is waited for now?
static void watch_sending(struct exchange *ex)
{
    bool is_complete = ex->body_state == EXCHANGE_BODY_COMPLETE;
    if (ex->response_came) { // the response's own clock runs, and this is a sign of life
        relay_request_moved(ex);
        return;
    }
    if (backend_call_pending(ex->call))
        watch_stall(ex);
    else if (is_complete)
        expect(ex, PROXY_OUTCOME_RESPONSE_TIMEOUT, ex->route->response_ms);
    else if (ex->route->grpc) // either side may speak next
        expect(ex, PROXY_OUTCOME_RESPONSE_IDLE, ex->route->transfer_idle_ms);
    else // for the client, whose side has its own clock
        loop_timer_cancel(ex->worker->loop, &ex->timer);
}

static void want_more_body(struct exchange *ex)
{
    if (ex->body_state != EXCHANGE_BODY_FORWARDING)
        return;
    if (backend_call_pending(ex->call)) {
        ex->body_stopped = true;
        ex->ops->stop_body(ex->stream);
        return;
    }
    ex->body_stopped = false;
    ex->ops->want_body(ex->stream);
}

// Known where the body has ended.
static bool hand_on_trailers(struct exchange *ex)
{
    return !ex->request_trailers || backend_call_set_trailers(ex->call, ex->request_trailers);
}

static void on_connected(void *owner)
{
    struct exchange *ex = owner;
    struct http_outgoing m;
    if (!ex->call->reused)
        ex->connect_ns = clock_mono_ns() - ex->attempt_started_ns;
    if (!forward_request(ex, &m)) {
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_NO_MEMORY));
        return;
    }
    bool is_all = ex->held_is_all || !exchange_has_body(ex);
    if (!hand_on_trailers(ex) ||
        !backend_call_send_head(ex->call, &m, slice_of(ex->held, ex->held_len), is_all)) {
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_UNWRITABLE));
        return;
    }
    ex->body_state = is_all ? EXCHANGE_BODY_COMPLETE : EXCHANGE_BODY_FORWARDING;
    watch_sending(ex);
    want_more_body(ex);
}

void attempt_send_body(struct exchange *ex, const char *octets, size_t len, bool last)
{
    ex->body_forwarded = true;
    if (last)
        ex->body_state = EXCHANGE_BODY_COMPLETE;
    if (last && !hand_on_trailers(ex)) {
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_UNWRITABLE));
        return;
    }
    backend_call_send_body(ex->call, slice_of(octets, len), last);
    watch_sending(ex);
    if (!last && backend_call_pending(ex->call)) {
        ex->body_stopped = true;
        ex->ops->stop_body(ex->stream);
    }
}

static void on_drained(void *owner)
{
    struct exchange *ex = owner;
    watch_sending(ex);
    if (ex->body_stopped)
        want_more_body(ex);
}

static void on_interim(void *owner, const struct http_response *r)
{
    relay_interim(owner, r);
}

static void on_head(void *owner, struct http_response *r)
{
    relay_head(owner, r);
}

static void on_trailers(void *owner, struct http_fields *f)
{
    relay_trailers(owner, f);
}

static void on_body(void *owner, struct slice data, bool last)
{
    relay_body(owner, data, last);
}

static void on_idle(void *owner)
{
    relay_idle(owner);
}

static bool is_retry_safe(const struct exchange *ex, const struct backend_failure *f)
{
    if (ex->body_forwarded)
        return false;
    return f->unsent || (f->unanswered && http_method_is_idempotent(ex->request.method_id) &&
                         (ex->held_is_all || !exchange_has_body(ex)));
}

// The try that met a dead connection, after which all are fresh, does not count.
static bool may_try_again(struct exchange *ex, const struct backend_failure *f)
{
    unsigned most = 1 + ex->group->config->retries + (ex->fresh ? 1 : 0);
    if (most > AUDIT_ATTEMPTS_MAX)
        most = AUDIT_ATTEMPTS_MAX;
    if (ex->attempt_count >= most || !is_retry_safe(ex, f))
        return false;
    if (ex->total_deadline_ms && ex->total_deadline_ms <= now_ms(ex))
        return false;
    return backend_group_spend_retry(ex->group);
}

static void try_server(struct exchange *ex, struct outcome if_none);

// How the backend ended the stream is what an HTTP/2 client hears, unless it concerns our hop
// alone. Where there is no answer yet others get a page; a gRPC client knows what the code means.
static void note_reset(struct exchange *ex, uint32_t code, struct outcome *outcome)
{
    static const enum http2_code meaningful[] = {HTTP2_INTERNAL_ERROR, HTTP2_REFUSED_STREAM,
                                                 HTTP2_CANCEL, HTTP2_ENHANCE_YOUR_CALM};
    for (size_t i = 0; i < ARRAY_LEN(meaningful); i++)
        if (code == meaningful[i])
            ex->reset_code = code;
    if (ex->route->grpc)
        outcome->status = 0;
}

// The sentence may belong to the connection, which goes now.
static void keep_reason(struct exchange *ex, struct outcome *outcome)
{
    struct audit_attempt *attempt = &ex->attempts[ex->attempt_count - 1];
    struct slice text = slice_str(outcome->text);
    char *kept = arena_alloc(&ex->arena, text.len + 1);
    if (kept && text.len)
        memcpy(kept, text.ptr, text.len);
    if (kept)
        kept[text.len] = '\0';
    attempt->failure = outcome->word;
    attempt->detail = kept;
    outcome->text = kept ? kept : outcome_of(PROXY_OUTCOME_BACKEND_FAILED).text;
}

// A try has failed: another one, or the end. A kept connection that turns out dead, or a stream
// that the server would not look at (`is_stale`), says nothing about its server.
static void give_up_try(struct exchange *ex, const struct backend_failure *f, bool is_stale,
                        struct outcome outcome)
{
    keep_reason(ex, &outcome);
    attempt_end(ex);
    if (f->was_reset)
        note_reset(ex, f->code, &outcome);
    if (ex->response_came || f->is_ours) { // no other server would help
        exchange_fail(ex, outcome);
        return;
    }
    if (!is_stale) {
        backend_member_failed(ex->member);
        ex->tried |= UINT64_C(1) << backend_group_index(ex->group, ex->member);
    }
    ex->fresh = ex->fresh || is_stale;
    if (!may_try_again(ex, f)) {
        exchange_fail(ex, outcome);
        return;
    }
    try_server(ex, outcome); // with one server alone, what it said is the answer
}

static void on_failure(void *owner, const struct backend_failure *f)
{
    const struct exchange *ex = owner;
    bool is_dead = ex->call->reused && f->unanswered && f->stage == BACKEND_WAITING;
    bool is_stale = is_dead || (f->was_reset && f->unsent);
    give_up_try(owner, f, is_stale, outcome_of_backend(f));
}

static void on_timeout(struct loop_timer *timer)
{
    struct exchange *ex = CONTAINER_OF(timer, struct exchange, timer);
    const struct backend_call *c = ex->call;
    if (ex->is_tunnel) {
        tunnel_is_over(ex);
        return;
    }
    if (is_moving(ex)) {
        watch_stall(ex);
        return;
    }
    struct backend_failure f = {
        .stage = !c->connected       ? BACKEND_CONNECTING
                 : ex->response_came ? BACKEND_READING
                                     : BACKEND_WAITING,
        .unsent = !c->wrote,
        .unanswered = !c->got,
    };
    give_up_try(ex, &f, false, outcome_of(ex->timer_outcome));
}

static const struct backend_events events = {
    .on_connected = on_connected,
    .on_interim = on_interim,
    .on_head = on_head,
    .on_trailers = on_trailers,
    .on_body = on_body,
    .on_idle = on_idle,
    .on_drained = on_drained,
    .on_failure = on_failure,
};

// A pooled connection may have been closed a moment ago, which would cost a try; or there are
// octets on it that nobody asked for, which would become the answer to this request. Events of this
// very turn would say so too late.
static struct backend_call *new_call(struct exchange *ex, struct backend_failure *why)
{
    for (;;) {
        struct backend_call *c = backend_call_new(ex->member, ex->fresh, why);
        if (!c || !backend_call_is_stale(c))
            return c;
        backend_call_release(&c);
    }
}

static void note_attempt(struct exchange *ex)
{
    const struct backend_server *server = ex->member->server;
    ex->insecure = ex->insecure || server->insecure;
    ex->attempts[ex->attempt_count++] = (struct audit_attempt){
        .server = server->url,
        .insecure = server->insecure,
        .reused = ex->call && ex->call->reused,
    };
}

static void begin_tries(struct exchange *ex)
{
    backend_group_earn_retry(ex->group);
    if (ex->group->config->total_ms)
        ex->total_deadline_ms = now_ms(ex) + ex->group->config->total_ms;
}

// Says who the client is in front of everything else. False without memory.
static bool introduce_client(struct exchange *ex)
{
    if (!ex->group->config->proxy_header)
        return true;
    const struct exchange_origin *o = &ex->origin;
    const struct proxy_facts facts = {
        .source = ex->client.address,
        .destination = o->listener->bind,
        .addresses_alone = ex->group->config->proxy_header == BACKEND_PROXY_ADDRESSES,
        .is_tls = o->is_tls,
        .tls_version = o->tls.version,
        .tls_cipher = o->tls.cipher,
        .alpn = o->tls.protocol,
        .authority = o->tls.server_name,
        .is_verified = o->tls.client.fingerprint.len > 0,
        .common_name = o->tls.client.common_name,
        .request_id = slice_of(ex->id, PROXY_ID_LEN),
    };
    char *text = arena_alloc(&ex->arena, PROXY_HEADER_WRITTEN_MAX);
    if (!text)
        return false;
    struct buf header;
    buf_init(&header, text, PROXY_HEADER_WRITTEN_MAX);
    proxy_header_write(&header, &facts);
    backend_call_set_preface(ex->call, buf_view(&header));
    return !header.failed;
}

static void try_server(struct exchange *ex, struct outcome if_none)
{
    struct backend_failure why = {0};
    ex->member = backend_group_pick(ex->group, ex->tried);
    if (!ex->member) {
        exchange_fail(ex, if_none);
        return;
    }
    ex->attempt_started_ns = clock_mono_ns();
    ex->call = new_call(ex, &why);
    note_attempt(ex);
    if (!ex->call) {
        give_up_try(ex, &why, false, outcome_of_backend(&why));
        return;
    }
    if (!introduce_client(ex)) {
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_NO_MEMORY));
        return;
    }
    expect(ex, PROXY_OUTCOME_CONNECT_TIMEOUT, ex->route->connect_ms);
    backend_call_start(ex->call, &events, ex, &ex->arena, ex->limits->interim_responses);
}

void attempt_start(struct exchange *ex)
{
    loop_timer_init(&ex->timer, on_timeout);
    begin_tries(ex);
    try_server(ex, outcome_of(PROXY_OUTCOME_NO_SERVER));
}

void attempt_end(struct exchange *ex)
{
    loop_timer_cancel(ex->worker->loop, &ex->timer);
    backend_call_release(&ex->call);
}

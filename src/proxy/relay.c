// SPDX-License-Identifier: Apache-2.0
// One bounded buffer per direction: what the client's socket does not take lies in its transport,
// and as long as it lies there nothing more is read from the backend. Interim responses are not
// relayed: the gateway speaks 100 for itself, and the others only hint at what the final head will
// say.
#include "proxy/relay.h"

#include <string.h>

#include "proxy/attempt.h"
#include "proxy/exchange.h"
#include "proxy/forward.h"
#include "proxy/judge.h"
#include "proxy/tunnel.h"

static void expect_more(struct exchange *ex)
{
    uint64_t silence = ex->is_tunnel ? ex->route->websocket_idle_ms : ex->route->transfer_idle_ms;
    uint64_t at = loop_now_ms(ex->worker->loop) + silence;
    ex->timer_outcome = ex->is_tunnel ? PROXY_OUTCOME_TUNNEL_IDLE : PROXY_OUTCOME_RESPONSE_IDLE;
    if (ex->is_tunnel && ex->tunnel_until_ms < at) {
        at = ex->tunnel_until_ms;
        ex->timer_outcome = PROXY_OUTCOME_TUNNEL_DURATION;
    }
    loop_timer_set(ex->worker->loop, &ex->timer, at);
}

void relay_interim(struct exchange *ex, const struct http_response *r)
{
    (void)r;
    if (ex->first_byte_ns == UINT64_MAX)
        ex->first_byte_ns = clock_mono_ns() - ex->attempt_started_ns;
}

// Gives the client what it gets of the head. False: the exchange has ended, and may be gone.
static bool give_head(struct exchange *ex)
{
    if (!forward_response(ex)) {
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_NO_MEMORY));
        return false;
    }
    if (!ex->ops->send_head(ex->stream, &ex->reply)) {
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_REPLY_UNWRITABLE));
        return false;
    }
    ex->head_sent = true;
    expect_more(ex);
    if (ex->is_tunnel)
        tunnel_open(ex);
    return true;
}

void relay_head(struct exchange *ex, struct http_response *r)
{
    if (ex->first_byte_ns == UINT64_MAX)
        ex->first_byte_ns = clock_mono_ns() - ex->attempt_started_ns;
    backend_member_answered(ex->member);
    ex->response = *r;
    enum http_reason reason = ex->wants_tunnel ? tunnel_judge(ex, r) : HTTP_REASON_NONE;
    if (reason != HTTP_REASON_NONE) {
        struct outcome outcome = outcome_of_http(reason);
        outcome.verdict = AUDIT_VERDICT_FAILED;
        exchange_fail(ex, outcome);
        return;
    }
    ex->response_came = true;
    if (judge_run(ex, FILTER_AT_RESPONSE) != JUDGE_PASSED) {
        exchange_deny(ex);
        return;
    }
    bool has_body = r->framing.kind != HTTP_BODY_NONE && !ex->is_tunnel;
    ex->response_limit = has_body ? judge_response_body_limit(ex) : 0;
    if (ex->response_limit)
        expect_more(ex);
    else
        (void)give_head(ex);
}

void relay_trailers(struct exchange *ex, struct http_fields *f)
{
    forward_response_trailers(ex, f);
    ex->response_trailers = f;
}

// --- a body that filters want to see

enum { HELD_FIRST = 16 * 1024 };

// An announced length is room enough from the start; otherwise it grows, which costs no more than
// as much again.
static size_t held_room(const struct exchange *ex, size_t needed)
{
    const struct http_framing *f = &ex->response.framing;
    bool is_announced = f->kind == HTTP_BODY_LENGTH && f->length <= ex->response_limit;
    size_t room = is_announced                ? (size_t)f->length
                  : ex->response_held_cap > 0 ? 2 * ex->response_held_cap
                                              : HELD_FIRST;
    return room > needed ? room : needed;
}

static bool keep(struct exchange *ex, struct slice data)
{
    size_t needed = ex->response_held_len + data.len;
    if (needed > ex->response_held_cap) {
        size_t room = held_room(ex, needed);
        char *held = arena_alloc(&ex->arena, room);
        if (!held)
            return false;
        if (ex->response_held_len)
            memcpy(held, ex->response_held, ex->response_held_len);
        ex->response_held = held;
        ex->response_held_cap = room;
    }
    if (data.len)
        memcpy(ex->response_held + ex->response_held_len, data.ptr, data.len);
    ex->response_held_len = needed;
    return true;
}

// Nothing of the response goes on before the filters have seen what they want of it. What reaches
// beyond that goes on with the rest.
static void hold_body(struct exchange *ex, struct slice data, bool last)
{
    if (!keep(ex, data)) {
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_NO_MEMORY));
        return;
    }
    // A body of just that length is complete, though its end comes by itself.
    if (!last && ex->response_held_len <= ex->response_limit) {
        expect_more(ex);
        return;
    }
    ex->response_held_is_all = last;
    if (judge_run(ex, FILTER_AT_RESPONSE_BODY) != JUDGE_PASSED) {
        exchange_deny(ex);
        return;
    }
    ex->response_limit = 0;
    if (give_head(ex))
        relay_body(ex, slice_of(ex->response_held, ex->response_held_len), last);
}

void relay_body(struct exchange *ex, struct slice data, bool last)
{
    if (ex->response_limit) {
        hold_body(ex, data, last);
        return;
    }
    if (last) {
        if (ex->is_tunnel && !ex->tunnel_end)
            ex->tunnel_end = "backend-closed";
        exchange_end_response(ex, data);
        return;
    }
    ex->response_bytes += data.len;
    ex->ops->send_body(ex->stream, data, false);
    if (ex->ops->pending(ex->stream)) {
        backend_call_pause(ex->call);
        if (ex->is_tunnel)
            expect_more(ex);
        else
            loop_timer_cancel(ex->worker->loop, &ex->timer);
        return;
    }
    expect_more(ex);
}

void relay_idle(struct exchange *ex)
{
    if (ex->head_sent && !exchange_is_held(ex)) // a head may be all there is of a response
        ex->ops->flush(ex->stream);
}

void relay_request_moved(struct exchange *ex)
{
    bool is_expected = ex->is_tunnel || !ex->call->paused;
    if (is_expected && !exchange_is_held(ex))
        expect_more(ex);
}

void relay_client_drained(struct exchange *ex)
{
    if (!ex->call || !ex->head_sent || exchange_is_held(ex))
        return;
    expect_more(ex);
    backend_call_resume(ex->call);
}

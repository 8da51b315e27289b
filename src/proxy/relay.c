// SPDX-License-Identifier: Apache-2.0
// One bounded buffer per direction: what the client's socket does not take lies in its transport,
// and as long as it lies there nothing more is read from the backend. Interim responses are not
// relayed: the gateway speaks 100 for itself, and the others only hint at what the final head will
// say.
#include "proxy/relay.h"

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
    if (judge_run(ex, FILTER_AT_RESPONSE) != JUDGE_PASSED) {
        exchange_deny(ex);
        return;
    }
    if (!forward_response(ex)) {
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_NO_MEMORY));
        return;
    }
    if (!ex->ops->send_head(ex->stream, &ex->reply)) {
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_REPLY_UNWRITABLE));
        return;
    }
    ex->head_sent = true;
    expect_more(ex);
    if (ex->is_tunnel)
        tunnel_open(ex);
}

void relay_trailers(struct exchange *ex, struct http_fields *f)
{
    forward_response_trailers(ex, f);
    ex->response_trailers = f;
}

void relay_body(struct exchange *ex, struct slice data, bool last)
{
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

// SPDX-License-Identifier: Apache-2.0
// The walk. A step answers NEXT (the next one follows at once), WAIT (an event will call
// exchange_walk) or END (the exchange is over and may be freed already: nothing is looked at behind
// it). The order of the table is the order in which a request is judged.
#include "proxy/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "http/status.h"
#include "http/websocket.h"
#include "proxy/attempt.h"
#include "proxy/bans.h"
#include "proxy/forward.h"
#include "proxy/generation.h"
#include "proxy/judge.h"
#include "proxy/record.h"
#include "proxy/relay.h"
#include "proxy/reply.h"
#include "tls/server_context.h"

enum { FIRST_PIECE = 16 * 1024 };

enum step_result { STEP_NEXT, STEP_WAIT, STEP_END };

// --- life

struct exchange *exchange_new(struct proxy_generation *g, const struct exchange_stream *ops,
                              void *stream, const struct exchange_origin *origin)
{
    struct proxy_worker *w = g->worker;
    struct exchange *ex = pool_take(&w->exchanges);
    if (!ex)
        return NULL;
    memset(ex, 0, sizeof(*ex));
    ex->worker = w;
    ex->generation = generation_ref(g);
    ex->snapshot = g->snapshot;
    ex->limits = &ex->snapshot->limits;
    ex->ops = ops;
    ex->stream = stream;
    ex->origin = *origin;
    arena_init(&ex->arena, &w->arena_blocks, ex->limits->exchange_memory);
    list_init(&ex->link);
    proxy_worker_id(w, ex->id);
    ex->started_ns = clock_mono_ns();
    ex->started_wall_ns = clock_wall_ns();
    ex->connect_ns = ex->first_byte_ns = UINT64_MAX;
    ex->client = (struct client_address){
        .address = origin->source, .has_port = true, .source = "connection"};
    return ex;
}

void exchange_free(struct exchange **exchange)
{
    struct exchange *ex = *exchange;
    if (!ex)
        return;
    *exchange = NULL;
    list_remove(&ex->link);
    judge_abandon(ex);
    if (ex->call)
        attempt_end(ex);
    filter_notes_release(&ex->notes);
    if (ex->last_is_heap)
        free(ex->last);
    arena_clear(&ex->arena);
    generation_unref(&ex->generation);
    pool_give(&ex->worker->exchanges, ex);
}

bool exchange_is_direct(const struct exchange *ex)
{
    return !ex->origin.by_proxy_header && addr_eq(&ex->client.address, &ex->origin.peer);
}

bool exchange_has_body(const struct exchange *ex)
{
    const struct http_framing *f = &ex->request.framing;
    return f->kind == HTTP_BODY_CHUNKED || (f->kind == HTTP_BODY_LENGTH && f->length > 0);
}

// --- endings

// The record goes before the last octets: whoever got an answer has a record. False: the ring is
// full, the end is held back.
static bool put_record(struct exchange *ex)
{
    struct audit_record record;
    if (ex->recorded)
        return true;
    judge_end(ex);
    record_of_exchange(ex, true, &record);
    if (!proxy_worker_record(ex->worker, &record))
        return false;
    ex->recorded = true;
    return true;
}

static void record_ended(struct exchange *ex)
{
    struct audit_record record;
    if (ex->recorded)
        return;
    ex->recorded = true;
    judge_end(ex);
    record_of_exchange(ex, false, &record);
    proxy_worker_record_ended(ex->worker, &record);
}

static void break_off(struct exchange *ex)
{
    ex->ended = true;
    if (ex->call)
        attempt_end(ex);
    record_ended(ex);
    ex->ops->abort(ex->stream);
}

static void send_last(struct exchange *ex, struct slice data)
{
    ex->ended = true;
    if (ex->response_trailers && ex->ops->set_trailers)
        ex->ops->set_trailers(ex->stream, ex->response_trailers);
    ex->ops->send_body(ex->stream, data, true);
    if (ex->call)
        attempt_end(ex);
    ex->ops->finished(ex->stream);
}

static bool hold_last(struct exchange *ex, struct slice data)
{
    ex->last = malloc(data.len ? data.len : 1);
    if (!ex->last)
        return false;
    ex->last_is_heap = true;
    ex->last_len = data.len;
    if (data.len)
        memcpy(ex->last, data.ptr, data.len);
    return true;
}

void exchange_end_response(struct exchange *ex, struct slice data)
{
    loop_timer_cancel(ex->worker->loop, &ex->timer);
    ex->response_bytes += data.len;
    if (put_record(ex)) {
        send_last(ex, data);
        return;
    }
    if (!hold_last(ex, data)) {
        break_off(ex);
        return;
    }
    ex->body_state = EXCHANGE_BODY_UNREAD; // what is left of the request concerns nobody any more
    ex->ops->stop_body(ex->stream);
    list_append(&ex->worker->unrecorded, &ex->link); // taken up when the ring says that it has room
}

bool exchange_ring_has_room(struct exchange *ex)
{
    if (!put_record(ex))
        return false;
    list_remove(&ex->link);
    send_last(ex, slice_of(ex->last, ex->last_len));
    return true;
}

void exchange_send_reply(struct exchange *ex, struct slice body)
{
    bool has_body = http_status_has_body(ex->reply.status);
    bool is_head = ex->request.method_id == HTTP_METHOD_HEAD;
    ex->reply.framing = (struct http_framing){
        has_body && !is_head ? HTTP_BODY_LENGTH : HTTP_BODY_NONE, has_body ? body.len : 0};
    ex->head_sent = true;
    if (!ex->ops->send_head(ex->stream, &ex->reply)) {
        if (!ex->outcome.word)
            ex->outcome = outcome_of(PROXY_OUTCOME_REPLY_UNWRITABLE);
        break_off(ex);
        return;
    }
    exchange_end_response(ex, has_body && !is_head ? body : (struct slice){0});
}

void exchange_fail(struct exchange *ex, struct outcome outcome)
{
    if (ex->ended)
        return;
    judge_abandon(ex);
    if (!ex->outcome.word)
        ex->outcome = outcome;
    if (outcome.status == 0 || (ex->head_sent && ex->ops->head_is_out(ex->stream))) {
        break_off(ex);
        return;
    }
    if (ex->call)
        attempt_end(ex);
    ex->response_bytes = 0;
    reply_page(ex, outcome.status);
}

void exchange_deny(struct exchange *ex)
{
    exchange_fail(ex, (struct outcome){.word = ex->verdict.reason,
                                       .status = ex->verdict.status ? ex->verdict.status : 403,
                                       .verdict = AUDIT_VERDICT_DENIED});
}

void exchange_refuse(struct exchange *ex, struct outcome outcome)
{
    ex->reply.close =
        true; // nothing behind a message that could not be read has a meaning (RFC 9112, 6.3)
    client_address_find(ex->origin.listener, &ex->origin.source, ex->origin.by_proxy_header,
                        &ex->request.fields, &ex->client);
    exchange_fail(ex, outcome);
}

void exchange_body_failed(struct exchange *ex, struct outcome outcome)
{
    ex->reply.close = true;
    exchange_fail(ex, outcome);
}

void exchange_client_gone(struct exchange *ex, struct outcome outcome)
{
    if (ex->ended)
        return;
    ex->ended = true;
    if (!ex->outcome.word)
        ex->outcome = outcome;
    judge_abandon(ex);
    if (ex->call)
        attempt_end(ex);
    record_ended(ex);
}

// --- steps

static enum step_result step_client(struct exchange *ex)
{
    client_address_find(ex->origin.listener, &ex->origin.source, ex->origin.by_proxy_header,
                        &ex->request.fields, &ex->client);
    addr_text(&ex->client.address, ex->client_text);
    return STEP_NEXT;
}

// Connections of banned clients end before this; these here were open, or come through somebody
// else, who is not to blame.
static enum step_result step_ban(struct exchange *ex)
{
    const struct policy_bans *policy = &ex->snapshot->bans;
    struct outcome banned = outcome_of(PROXY_OUTCOME_BANNED);
    if (!bans_has(ex->worker->shared->bans, policy, ex->origin.listener, &ex->client.address,
                  loop_now_ms(ex->worker->loop), &ex->ban))
        return STEP_NEXT;
    banned.status = policy->status;
    ex->reply.close = ex->reply.close || exchange_is_direct(ex);
    exchange_fail(ex, banned);
    return STEP_END;
}

static enum step_result step_redirect(struct exchange *ex)
{
    if (!ex->origin.listener->redirect_to_https)
        return STEP_NEXT;
    reply_to_https(ex);
    return STEP_END;
}

// Nothing begins that could not be recorded, when that is what the policy wants.
static enum step_result step_audit(struct exchange *ex)
{
    if (!proxy_worker_sheds(ex->worker))
        return STEP_NEXT;
    exchange_fail(ex, outcome_of(PROXY_OUTCOME_AUDIT_FULL));
    return STEP_END;
}

// What a client was let in for by the name it gave must not be used for another one.
static enum step_result step_host(struct exchange *ex)
{
    const struct exchange_origin *o = &ex->origin;
    if (!o->is_tls ||
        tls_server_context_serves(o->listener->tls, o->tls.server_name, ex->request.host))
        return STEP_NEXT;
    exchange_fail(ex, outcome_of(PROXY_OUTCOME_MISDIRECTED));
    return STEP_END;
}

static bool has_method(const struct slice *methods, size_t count, struct slice method)
{
    for (size_t i = 0; i < count; i++)
        if (slice_eq(methods[i], method))
            return true;
    return false;
}

static enum step_result step_route(struct exchange *ex)
{
    const struct snapshot *s = ex->snapshot;
    size_t i = route_table_find(s->route_table, &ex->request);
    const struct policy_route *route = i < s->route_count ? &s->routes[i] : NULL;
    bool is_allowed =
        has_method(s->methods, s->method_count, ex->request.method) ||
        (route && has_method(route->methods, route->method_count, ex->request.method));
    if (!is_allowed) {
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_METHOD));
        return STEP_END;
    }
    if (!route) {
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_NO_ROUTE));
        return STEP_END;
    }
    ex->route = route;
    ex->limits = &route->limits;
    return STEP_NEXT;
}

// On other routes, and for other protocols, Upgrade is a field that goes no further.
static enum step_result step_websocket(struct exchange *ex)
{
    if (!http_websocket_is_asked_for(&ex->request))
        return STEP_NEXT;
    if (!ex->route->websocket && ex->request.is_extended_connect) {
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_NO_WEBSOCKET));
        return STEP_END;
    }
    if (!ex->route->websocket)
        return STEP_NEXT;
    // Any answer but a tunnel ends the connection behind it: what a client sends that believed too
    // early in one is no request.
    ex->reply.close = true;
    enum http_reason reason = http_websocket_check_request(&ex->request);
    if (reason != HTTP_REASON_NONE) {
        exchange_fail(ex, outcome_of_http(reason));
        return STEP_END;
    }
    ex->wants_tunnel = true;
    return STEP_NEXT;
}

// gRPC is told from other requests by its type, so that nothing else gets past the inspection of
// bodies here, where none takes place: messages go both ways for as long as the call lasts.
static enum step_result step_grpc(struct exchange *ex)
{
    if (!ex->route->grpc || http_request_is_grpc(&ex->request))
        return STEP_NEXT;
    exchange_body_failed(ex, outcome_of(PROXY_OUTCOME_NOT_GRPC));
    return STEP_END;
}

// A body that is declared too large is refused before any of it is read.
static enum step_result step_body_limit(struct exchange *ex)
{
    const struct http_framing *f = &ex->request.framing;
    if (f->kind != HTTP_BODY_LENGTH || f->length <= ex->limits->request_body)
        return STEP_NEXT;
    exchange_body_failed(ex, outcome_of(PROXY_OUTCOME_BODY_LIMIT));
    return STEP_END;
}

static enum step_result judge(struct exchange *ex, enum filter_phase phase)
{
    switch (judge_run(ex, phase)) {
    case JUDGE_PASSED:
        return STEP_NEXT;
    case JUDGE_WAITS:
        return STEP_WAIT;
    case JUDGE_REFUSED:
        exchange_deny(ex);
        return STEP_END;
    case JUDGE_FAILED:
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_OVERLOAD));
        return STEP_END;
    }
    return STEP_END;
}

static enum step_result step_judge_head(struct exchange *ex)
{
    return judge(ex, FILTER_AT_HEAD);
}

// Begins to keep body octets back; one octet more than wanted tells a body that ends there from one
// that goes on.
static enum step_result hold_body(struct exchange *ex, size_t want)
{
    const struct http_framing *f = &ex->request.framing;
    size_t cap = want + 1;
    if (f->kind == HTTP_BODY_LENGTH && f->length < cap)
        cap = (size_t)f->length;
    ex->held = arena_alloc(&ex->arena, cap);
    if (!ex->held) {
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_NO_MEMORY));
        return STEP_END;
    }
    ex->held_cap = cap;
    ex->body_state = EXCHANGE_BODY_HOLDING;
    if (ex->request.expects_continue && !ex->continue_sent) {
        ex->continue_sent = true;
        ex->ops->send_continue(ex->stream);
    }
    ex->ops->want_body(ex->stream);
    return STEP_WAIT;
}

static enum step_result step_hold_body(struct exchange *ex)
{
    if (!exchange_has_body(ex) || ex->route->grpc)
        return STEP_NEXT;
    ex->inspect_limit = judge_body_limit(ex);
    return ex->inspect_limit ? hold_body(ex, ex->inspect_limit) : STEP_NEXT;
}

static enum step_result step_judge_body(struct exchange *ex)
{
    return ex->inspect_limit ? judge(ex, FILTER_AT_BODY) : STEP_NEXT;
}

static enum step_result step_answer(struct exchange *ex)
{
    switch (ex->route->action) {
    case ROUTE_REDIRECT:
        reply_redirect(ex);
        return STEP_END;
    case ROUTE_RESPOND:
        reply_fixed(ex);
        return STEP_END;
    case ROUTE_BACKEND:
        break;
    }
    ex->group = &ex->generation->groups[ex->route->backend];
    return STEP_NEXT;
}

// A backend is bothered when the first part of the body is there, not when it was announced.
static enum step_result step_first_piece(struct exchange *ex)
{
    if (!exchange_has_body(ex) || ex->held || ex->route->grpc) // a call may begin by listening
        return STEP_NEXT;
    ex->wants_first_piece = true;
    return hold_body(ex, FIRST_PIECE - 1);
}

static enum step_result step_backend(struct exchange *ex)
{
    attempt_start(ex);
    return STEP_END; // from here on the backend's events lead
}

static enum step_result (*const steps[])(struct exchange *ex) = {
    step_client,    step_ban,        step_redirect, step_audit,       step_host,
    step_route,     step_websocket,  step_grpc,     step_body_limit,  step_judge_head,
    step_hold_body, step_judge_body, step_answer,   step_first_piece, step_backend,
};

// A step that waited is asked again only when it is a judging one (it takes up the verdict); the
// others are done when they are left.
static bool is_judging(unsigned step)
{
    return steps[step] == step_judge_head || steps[step] == step_judge_body;
}

void exchange_walk(struct exchange *ex)
{
    while (ex->step < ARRAY_LEN(steps)) {
        unsigned step = ex->step;
        if (!is_judging(step))
            ex->step++;
        switch (steps[step](ex)) {
        case STEP_NEXT:
            ex->step = step + 1;
            break;
        case STEP_WAIT:
        case STEP_END:
            return;
        }
    }
}

void exchange_begin(struct exchange *ex)
{
    ex->has_request = true;
    exchange_walk(ex);
}

// --- the request body

size_t exchange_body_room(const struct exchange *ex)
{
    if (ex->body_state == EXCHANGE_BODY_HOLDING)
        return ex->held_cap - ex->held_len;
    return ex->body_state == EXCHANGE_BODY_FORWARDING && ex->call ? SIZE_MAX : 0;
}

static void hold(struct exchange *ex, struct slice data, bool last)
{
    CHECK(data.len <= ex->held_cap - ex->held_len);
    if (data.len)
        memcpy(ex->held + ex->held_len, data.ptr, data.len);
    ex->held_len += data.len;
    ex->held_is_all = last;
    bool is_enough =
        last || ex->held_len == ex->held_cap || (ex->wants_first_piece && ex->held_len > 0);
    if (!is_enough)
        return;
    ex->body_state = last ? EXCHANGE_BODY_COMPLETE : EXCHANGE_BODY_UNREAD;
    ex->ops->stop_body(ex->stream);
    exchange_walk(ex);
}

void exchange_trailers(struct exchange *ex, struct http_fields *f)
{
    if (!ex->route || !ex->route->grpc)
        return;
    forward_request_trailers(ex, f);
    ex->request_trailers = f;
}

void exchange_body(struct exchange *ex, struct slice data, bool last)
{
    ex->body_received += data.len;
    if (last && ex->is_tunnel && !ex->tunnel_end)
        ex->tunnel_end = "client-closed";
    if (ex->body_state == EXCHANGE_BODY_HOLDING)
        hold(ex, data, last);
    else if (ex->body_state == EXCHANGE_BODY_FORWARDING && ex->call)
        attempt_send_body(ex, data.ptr, data.len, last);
}

void exchange_drained(struct exchange *ex)
{
    relay_client_drained(ex);
}

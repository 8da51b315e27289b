// SPDX-License-Identifier: Apache-2.0
// One exchange after the other on a connection. All reading happens in one loop, advance(), which
// goes on as long as there is something to take: a head, a body somebody wants, the rest of one
// nobody wanted. An exchange may end while it runs (an error page) or long after (a backend's
// answer); the loop is then taken up by a task. Between requests a connection holds no buffer.
#include "proxy/client_http1.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/decode.h"
#include "http/status.h"
#include "proxy/client_http1_internal.h"
#include "proxy/generation.h"
#include "proxy/pace.h"

enum {
    WINDOW_MIN = 16 * 1024,
    TURN_BUDGET = 1024 * 1024, // octets of a body read before others have their turn
};

static uint64_t now_ms(const struct client *c)
{
    return loop_now_ms(c->worker->loop);
}

static const struct policy_limits *limits_of(const struct client *c)
{
    return c->http1.exchange ? c->http1.exchange->limits : &c->snapshot->limits;
}

// --- between requests

static bool has_input(const struct client *c)
{
    return c->http1.rest < c->buffered || c->http1.extra || c->transport.may_read;
}

static void wait_idle(struct client *c)
{
    pool_give(&c->generation->heads, c->buffer);
    c->buffer = NULL;
    client_renew(c);
    const struct policy_limits *l = &c->snapshot->limits;
    proxy_worker_classify(c->worker, c, c->requests ? CLIENT_IDLE : CLIENT_STARTING);
    loop_timer_set(c->worker->loop, &c->timer, now_ms(c) + (c->requests ? l->idle_ms : l->head_ms));
}

// From its first octet on; the first head's clock runs since the connection stands.
static void start_clock_of_head(struct client *c)
{
    if (c->requests)
        loop_timer_set(c->worker->loop, &c->timer, now_ms(c) + c->snapshot->limits.head_ms);
    proxy_worker_classify(c->worker, c, CLIENT_STARTING);
}

static void expect_head(struct client *c)
{
    http_head_scan_init(&c->http1.scan, &c->snapshot->limits.head, false);
    if (c->buffer && c->http1.rest < c->buffered)
        memmove(c->buffer, c->buffer + c->http1.rest, c->buffered - c->http1.rest);
    c->buffered -= c->http1.rest;
    c->http1.rest = 0;
    c->http1.watching = false;
    if (c->buffered == 0)
        wait_idle(c);
    else
        start_clock_of_head(c);
}

static void start(struct client *c)
{
    expect_head(c);
    c->protocol->on_readable(c);
}

// --- reading

static enum io_status read_octets(struct client *c, char *out, size_t cap, size_t *len)
{
    if (!c->http1.extra)
        return transport_read(&c->transport, out, cap, len);
    *len =
        c->http1.extra_len - c->http1.extra_at < cap ? c->http1.extra_len - c->http1.extra_at : cap;
    memcpy(out, c->http1.extra + c->http1.extra_at, *len);
    c->http1.extra_at += *len;
    if (c->http1.extra_at == c->http1.extra_len) {
        free(c->http1.extra);
        c->http1.extra = NULL;
    }
    return IO_OK;
}

// Keeps what came behind a body: pipelined requests. Goes before what `extra` still holds.
static bool keep_extra(struct client *c, const char *octets, size_t len)
{
    size_t left = c->http1.extra ? c->http1.extra_len - c->http1.extra_at : 0;
    char *joined = malloc(len + left);
    if (!joined)
        return false;
    memcpy(joined, octets, len);
    if (left)
        memcpy(joined + len, c->http1.extra + c->http1.extra_at, left);
    free(c->http1.extra);
    c->http1.extra = joined;
    c->http1.extra_at = 0;
    c->http1.extra_len = len + left;
    return true;
}

static void new_exchange(struct client *c)
{
    c->http1.exchange = exchange_new(c->generation, &client_http1_stream, c, &c->origin);
    if (!c->http1.exchange) {
        client_record_connection(c, outcome_of(PROXY_OUTCOME_NO_MEMORY));
        client_close(c, true);
        return;
    }
    c->origin.tls_ns = UINT64_MAX; // the handshake is told once
    c->requests++;
    c->http1.reply = NULL;
    c->http1.head_out = c->http1.close_after = c->http1.body_wanted = c->http1.tunnel = false;
    c->http1.window = WINDOW_MIN;
    c->http1.receive_pace = c->http1.send_pace = (struct client_pace){0};
    proxy_worker_classify(c->worker, c, CLIENT_BUSY);
    loop_timer_cancel(c->worker->loop, &c->timer);
    c->http1.watching = false;
}

// What can be read of a head that will not be parsed.
static void glimpse_at_head(struct client *c)
{
    struct http_request *r = &c->http1.exchange->request;
    http_request_glimpse(&c->http1.scan, c->buffer, c->buffered, r);
    c->http1.exchange->has_request = r->method.len > 0;
}

// A head that the scan refused, or that came too slowly: answered as far as it can be read.
static void refuse_head(struct client *c, struct outcome outcome)
{
    new_exchange(c);
    if (!c->http1.exchange)
        return;
    c->http1.rest = c->buffered;
    http_body_reader_init(&c->http1.body, &(struct http_framing){0}, 0);
    glimpse_at_head(c);
    exchange_refuse(c->http1.exchange, outcome);
}

// A head that was cut off behind its request line is a request, and recorded with what it asked
// for.
static void record_cut_head(struct client *c)
{
    struct outcome o = outcome_of_http(HTTP_REASON_HEAD_INCOMPLETE);
    o.verdict = AUDIT_VERDICT_ABORTED;
    o.status = 0;
    if (!c->http1.scan.fields_start) {
        client_record_connection(c, o);
        return;
    }
    new_exchange(c);
    if (!c->http1.exchange)
        return;
    glimpse_at_head(c);
    exchange_client_gone(c->http1.exchange, o);
    exchange_free(&c->http1.exchange);
}

// The connection ended where a request should begin or go on.
static void end_of_input(struct client *c, enum io_status status)
{
    bool is_idle = http_head_scan_is_idle(&c->http1.scan) && c->buffered == 0;
    if (!is_idle) {
        record_cut_head(c);
    } else if (c->requests == 0) {
        const char *word =
            status == IO_ERROR && c->transport.error_word ? c->transport.error_word : "no-request";
        client_record_connection(c, (struct outcome){.word = word,
                                                     .text = c->transport.error,
                                                     .verdict = AUDIT_VERDICT_ABORTED});
    }
    if (status == IO_EOF)
        client_linger(c);
    else
        client_close(c, false);
}

static void begin_exchange(struct client *c)
{
    const struct http_request_options options = {.is_tls = c->origin.is_tls,
                                                 .default_host = c->listener->default_host};
    new_exchange(c);
    if (!c->http1.exchange)
        return;
    struct exchange *ex = c->http1.exchange;
    enum http_reason reason =
        http_request_parse(&c->http1.scan, c->buffer, &options, &ex->arena, &ex->request);
    c->http1.rest = c->http1.scan.head_len;
    if (reason != HTTP_REASON_NONE) {
        ex->has_request = true;
        http_body_reader_init(&c->http1.body, &(struct http_framing){0}, 0);
        exchange_refuse(ex, outcome_of_http(reason));
        return;
    }
    http_body_reader_init(&c->http1.body, &ex->request.framing, UINT64_MAX);
    exchange_begin(ex);
}

// The next request has not begun: when the gateway stops, none may.
static void end_when_draining(struct client *c)
{
    if (c->worker->draining && c->requests && c->buffered == 0)
        client_linger(c);
}

// Takes a head out of what is there, or reads more. True when the loop should go on.
static bool take_head(struct client *c)
{
    if (c->buffered > 0) {
        enum http_parse parse = http_head_scan(&c->http1.scan, c->buffer, c->buffered);
        if (parse == HTTP_DONE)
            begin_exchange(c);
        else if (parse == HTTP_BAD)
            refuse_head(c, outcome_of_http(c->http1.scan.reason));
        if (parse != HTTP_MORE)
            return true;
    }
    if (!c->transport.may_read && !c->http1.extra) {
        end_when_draining(c);
        return false;
    }
    if (!c->buffer && !(c->buffer = pool_take(&c->generation->heads))) {
        client_close_for(c, outcome_of(PROXY_OUTCOME_NO_MEMORY));
        return false;
    }
    size_t len = 0;
    bool is_first = c->buffered == 0;
    // The scan refuses at its limits, which are below the size of the buffer: there is always room.
    enum io_status status = read_octets(c, c->buffer + c->buffered,
                                        c->generation->heads.block_size - c->buffered, &len);
    if (status == IO_AGAIN) {
        if (is_first) {
            pool_give(&c->generation->heads, c->buffer);
            c->buffer = NULL;
        }
        end_when_draining(c);
        return false;
    }
    if (status != IO_OK) {
        end_of_input(c, status);
        return false;
    }
    c->buffered += len;
    if (is_first)
        start_clock_of_head(c);
    return true;
}

// --- request bodies

// Looks from time to time whether the client keeps the minimum rate; only while it is waited for.
void client_http1_watch(struct client *c)
{
    if (c->http1.watching)
        return;
    c->http1.watching = true;
    c->http1.watched_ms = now_ms(c);
    c->http1.receive_pace.octets_before = c->http1.body.received;
    c->http1.send_pace.octets_before = transport_delivered(&c->transport);
    c->http1.receive_pace.moved_ms = c->http1.send_pace.moved_ms = now_ms(c);
    loop_timer_set(c->worker->loop, &c->timer, now_ms(c) + pace_interval_ms(limits_of(c)));
}

static bool is_waiting_for_body(const struct client *c)
{
    return (c->http1.exchange && c->http1.body_wanted && !c->http1.tunnel) || c->http1.discarding;
}

static void body_ended(struct client *c, enum io_status status)
{
    if (c->http1.tunnel && status == IO_EOF) {
        c->http1.body_wanted = false;
        exchange_body(c->http1.exchange, (struct slice){0}, true);
        return;
    }
    struct outcome o =
        outcome_of(c->http1.tunnel ? PROXY_OUTCOME_CLIENT_GONE : PROXY_OUTCOME_BODY_INCOMPLETE);
    exchange_client_gone(c->http1.exchange, o);
    client_close(c, true);
}

struct body_piece {
    enum http_body_step step;
    char *octets;
    size_t len;
    size_t read; // from the connection
};

// Decodes the next piece of the body, at most `room` octets. False when there is none now, or the
// connection is over.
static bool take_piece(struct client *c, size_t room, struct body_piece *p)
{
    struct http_decoded decoded;
    size_t len = room < c->http1.window ? room : c->http1.window;
    bool from_buffer = c->http1.rest < c->buffered;
    *p = (struct body_piece){.step = HTTP_BODY_MORE, .octets = c->worker->bulk};
    if (from_buffer) {
        p->octets = c->buffer + c->http1.rest;
        len = c->buffered - c->http1.rest < room ? c->buffered - c->http1.rest : room;
    } else if (!c->http1.body.done) {
        if (c->http1.body.kind == HTTP_BODY_LENGTH && c->http1.body.left < len)
            len = (size_t)c->http1.body.left;
        if (!c->transport.may_read && !c->http1.extra)
            return false;
        enum io_status status = read_octets(c, p->octets, len, &p->read);
        if (status == IO_AGAIN)
            return false;
        if (status != IO_OK) {
            if (c->http1.exchange)
                body_ended(c, status);
            else if (status == IO_EOF) // of the request alone: the answer may be on its way
                client_linger(c);
            else
                client_close(c, false);
            return false;
        }
        len = p->read;
    } else {
        len = 0;
    }
    p->step = http_body_decode(&c->http1.body, p->octets, len, &decoded);
    p->len = decoded.data_len;
    if (from_buffer)
        c->http1.rest += decoded.consumed;
    else if (decoded.consumed < len && p->step == HTTP_BODY_DONE &&
             !keep_extra(c, p->octets + decoded.consumed, len - decoded.consumed))
        client_close_for(c, outcome_of(PROXY_OUTCOME_NO_MEMORY));
    return true;
}

// Delivers a piece to the exchange. True when the loop should go on.
static bool pump_body(struct client *c)
{
    struct body_piece p;
    size_t room = exchange_body_room(c->http1.exchange);
    if (room == 0 || !take_piece(c, room, &p))
        return false;
    if (c->phase != CLIENT_READY)
        return false;
    if (p.step == HTTP_BODY_BAD) {
        exchange_body_failed(c->http1.exchange, outcome_of_http(c->http1.body.reason));
        return true;
    }
    bool is_full = p.read >= c->http1.window;
    if (p.len || p.step == HTTP_BODY_DONE)
        exchange_body(c->http1.exchange, slice_of(p.octets, p.len), p.step == HTTP_BODY_DONE);
    if (!c->http1.body_wanted)
        c->http1.window = WINDOW_MIN;
    else if (is_full && c->http1.window < IO_BULK)
        c->http1.window *= 2;
    return true;
}

// Between an exchange and the next: the answer has to be taken and what is left of the request body
// read off, both at the pace of a body. Who takes no answers gets no further requests served.
void client_http1_settle(struct client *c)
{
    c->http1.settling = c->http1.discarding || transport_pending(&c->transport) > 0;
    if (c->http1.settling) {
        client_http1_watch(c);
        // What is to be read off may have come long ago: no event will tell of it.
        if (c->http1.discarding && !c->http1.advancing && has_input(c))
            loop_defer(c->worker->loop, &c->task);
        return;
    }
    if (c->http1.close_after) {
        client_linger(c);
        return;
    }
    expect_head(c);
    if (!c->http1.advancing && (has_input(c) || c->worker->draining))
        loop_defer(c->worker->loop, &c->task);
}

// Reads off the rest of a body after an early answer, up to the limit. True when the loop should go
// on.
static bool discard_body(struct client *c)
{
    struct body_piece p;
    if (!take_piece(c, SIZE_MAX, &p))
        return false;
    c->http1.discarded += p.len;
    if (p.step == HTTP_BODY_DONE) {
        c->http1.discarding = false;
        client_http1_settle(c);
        return true;
    }
    if (p.step == HTTP_BODY_BAD || c->http1.discarded > c->snapshot->limits.discard_bytes) {
        client_linger(c);
        return false;
    }
    return true;
}

static bool advance_once(struct client *c)
{
    if (c->http1.exchange)
        return c->http1.body_wanted && pump_body(c);
    if (c->http1.discarding)
        return discard_body(c);
    // A log that falls behind slows us down: while records of what has ended wait for room, nothing
    // new begins.
    return !c->http1.settling && !proxy_worker_owes_records(c->worker) && take_head(c);
}

void client_http1_advance(struct client *c)
{
    uint64_t until = c->transport.received + TURN_BUDGET;
    if (c->http1.advancing)
        return;
    c->http1.advancing = true;
    while (c->phase == CLIENT_READY && advance_once(c)) {
        if (c->transport.received > until) {
            loop_defer(c->worker->loop, &c->task);
            break;
        }
    }
    c->http1.advancing = false;
    if (c->phase == CLIENT_READY && is_waiting_for_body(c))
        client_http1_watch(c);
}

// --- the paces

static void look_at_paces(struct client *c)
{
    const struct policy_limits *l = limits_of(c);
    uint64_t now = now_ms(c), elapsed = now - c->http1.watched_ms;
    bool is_receiving = is_waiting_for_body(c), is_sending = transport_pending(&c->transport) > 0;
    c->http1.watched_ms = now;
    // Silence counts while the client is waited for.
    if (!is_sending)
        c->http1.send_pace.moved_ms = now;
    if (is_sending || !is_receiving)
        c->http1.receive_pace.moved_ms = now;
    if (is_sending) {
        enum pace_verdict v =
            pace_look(&c->http1.send_pace, transport_delivered(&c->transport), now, elapsed,
                      l->send_ms, l->send_rate_bytes, l->send_rate_ms, l->rate_grace_ms);
        if (v != PACE_KEPT) {
            client_close_for(c, outcome_of(v == PACE_SILENT ? PROXY_OUTCOME_SEND_TIMEOUT
                                                            : PROXY_OUTCOME_SEND_RATE));
            return;
        }
    } else if (is_receiving) {
        enum pace_verdict v =
            pace_look(&c->http1.receive_pace, c->http1.body.received, now, elapsed, l->body_ms,
                      l->body_rate_bytes, l->body_rate_ms, l->rate_grace_ms);
        if (v != PACE_KEPT && c->http1.exchange) {
            c->http1.body_wanted = c->http1.watching =
                false; // the timer is spent: the answer may need it anew
            exchange_body_failed(c->http1.exchange,
                                 outcome_of(v == PACE_SILENT ? PROXY_OUTCOME_BODY_TIMEOUT
                                                             : PROXY_OUTCOME_BODY_RATE));
            return;
        }
        if (v != PACE_KEPT) {
            client_linger(c);
            return;
        }
    }
    if (is_sending || is_receiving)
        loop_timer_set(c->worker->loop, &c->timer, now + pace_interval_ms(l));
    else
        c->http1.watching = false;
}

static void on_timer(struct client *c)
{
    if (c->http1.watching) {
        look_at_paces(c);
        if (c->phase == CLIENT_READY)
            client_http1_advance(c);
        return;
    }
    if (c->buffered > 0) {
        refuse_head(c, outcome_of(PROXY_OUTCOME_HEAD_TIMEOUT));
        return;
    }
    if (c->requests == 0)
        client_record_connection(c, outcome_of(PROXY_OUTCOME_HEAD_TIMEOUT));
    client_linger(c);
}

// --- events

// A reset is an end; a FIN alone is not: who has sent everything may still want the answer.
static void on_readable(struct client *c)
{
    if (transport_was_reset(&c->transport)) {
        if (!c->http1.exchange) {
            end_of_input(c, IO_ERROR);
            return;
        }
        exchange_client_gone(c->http1.exchange, outcome_of(PROXY_OUTCOME_CLIENT_GONE));
        client_close(c, true);
        return;
    }
    if (c->http1.settling)
        client_http1_settle(c);
    client_http1_advance(c);
}

static void on_drained(struct client *c)
{
    if (c->http1.exchange)
        exchange_drained(c->http1.exchange);
    else if (c->http1.settling)
        client_http1_settle(c);
}

static void close_for(struct client *c, struct outcome why)
{
    if (c->http1.exchange)
        exchange_client_gone(c->http1.exchange, why);
    else if (c->requests == 0 || c->buffered > c->http1.rest || c->http1.settling)
        client_record_connection(c, why);
}

static bool is_silent(const struct client *c)
{
    return !c->http1.exchange && !c->http1.settling && c->buffered == 0;
}

static bool may_renew(const struct client *c)
{
    return is_silent(c);
}

static void on_renewed(struct client *c)
{
    http_head_scan_init(&c->http1.scan, &c->snapshot->limits.head, false);
}

static void release(struct client *c)
{
    exchange_free(&c->http1.exchange);
    free(c->http1.extra);
}

const struct client_protocol client_http1 = {
    .start = start,
    .on_readable = on_readable,
    .on_drained = on_drained,
    .on_timer = on_timer,
    .close = close_for,
    .is_silent = is_silent,
    .may_renew = may_renew,
    .on_renewed = on_renewed,
    .release = release,
};

// SPDX-License-Identifier: Apache-2.0
// The connection. Octets are read as long as they come and fed to the session, whose events begin,
// feed and end exchanges; what they make us say is sent at the end of the turn, all in one write.
// While the socket does not take it, nothing more is produced: what waits is bounded by the limits
// of the session and of the streams.
#include "proxy/client_http2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "io/batch.h"
#include "proxy/client_http2_internal.h"
#include "proxy/generation.h"
#include "proxy/client_offences.h"

enum {
    TURN_BUDGET = 1024 * 1024, // octets read before others have their turn
    EARLY_END_MS = 2000,
};

static uint64_t now_ms(const struct client *c)
{
    return loop_now_ms(c->worker->loop);
}

size_t client_http2_stream_size(void)
{
    return sizeof(struct client_stream);
}

// --- streams

static void count_stream(struct client *c)
{
    struct client_http2 *h = c->http2;
    if (h->stream_count++ == 0) {
        proxy_worker_classify(c->worker, c, CLIENT_BUSY);
        loop_timer_cancel(c->worker->loop, &c->timer);
        h->watching = false;
    }
    c->requests++;
}

static struct http2_stream *on_begin(void *owner)
{
    struct client *c = owner;
    struct client_stream *s = pool_take(&c->worker->streams);
    if (!s)
        return NULL;
    memset(s, 0, sizeof(*s));
    s->exchange = exchange_new(c->generation, &client_http2_stream, s, &c->origin);
    if (!s->exchange) {
        pool_give(&c->worker->streams, s);
        return NULL;
    }
    c->origin.tls_ns = UINT64_MAX; // the handshake is told once
    s->client = c;
    s->end_code = HTTP2_INTERNAL_ERROR;
    arena_init(&s->tail, &c->worker->arena_blocks, c->snapshot->limits.exchange_memory);
    s->h2.arena = &s->exchange->arena;
    list_init(&s->link);
    list_append(&c->http2->streams, &s->link);
    count_stream(c);
    return &s->h2;
}

void client_http2_drop_exchange(struct client_stream *s)
{
    size_t waiting = s->in.len;
    exchange_free(&s->exchange);
    s->reply = NULL;
    s->h2.arena = &s->tail;
    octet_queue_clear(&s->in, &s->client->worker->octets);
    http2_server_consume(&s->h2, waiting);
}

static void free_stream(struct client_stream *s)
{
    struct client *c = s->client;
    struct proxy_worker *w = c->worker;
    exchange_free(&s->exchange);
    octet_queue_clear(&s->in, &w->octets);
    octet_queue_clear(&s->out, &w->octets);
    arena_clear(&s->tail);
    list_remove(&s->link);
    pool_give(&w->streams, s);
    c->http2->stream_count--;
}

// A head that was cut off is recorded with what it asked for.
static void client_gone(struct client_stream *s, struct outcome why)
{
    if (!s->exchange)
        return;
    if (!s->h2.head_done) {
        s->exchange->request = (struct http_request){
            .version = HTTP_VERSION_2, .method = s->h2.head.method, .target = s->h2.head.path};
        s->exchange->has_request = true;
    }
    exchange_client_gone(s->exchange, why);
}

static void on_close(struct http2_stream *h2, uint32_t code)
{
    struct client_stream *s = client_stream_of(h2);
    (void)code;
    client_gone(s, s->broken_off.word ? s->broken_off : outcome_of(PROXY_OUTCOME_STREAM_RESET));
    free_stream(s);
}

// RFC 9113, 8.1.1: these make a request malformed, which is a stream error. Others get an answer
// that says what was wrong, as in HTTP/1.1.
static bool is_malformed(enum http_reason reason)
{
    switch (reason) {
    case HTTP_REASON_NUL:
    case HTTP_REASON_CONTROL:
    case HTTP_REASON_FIELD_NAME:
    case HTTP_REASON_FIELD_NAME_CASE:
    case HTTP_REASON_FIELD_VALUE:
    case HTTP_REASON_PSEUDO_FIELD:
    case HTTP_REASON_SCHEME:
    case HTTP_REASON_CONNECTION_SPECIFIC:
    case HTTP_REASON_LENGTH_MISMATCH:
    case HTTP_REASON_CONTENT_LENGTH:
    case HTTP_REASON_CONTENT_LENGTH_REPEATED:
    case HTTP_REASON_TARGET:
    case HTTP_REASON_TARGET_OCTET:
    case HTTP_REASON_TARGET_HOST_MISMATCH:
    case HTTP_REASON_TRAILER:
        return true;
    default:
        return false;
    }
}

static void refuse(struct client_stream *s, enum http_reason reason)
{
    struct outcome outcome = outcome_of_http(reason);
    if (is_malformed(reason)) {
        outcome.status = 0; // no answer: the stream is broken off
        s->end_code = HTTP2_PROTOCOL_ERROR;
    }
    exchange_refuse(s->exchange, outcome);
}

static void expect_length(struct client_stream *s)
{
    const struct http_request *r = &s->exchange->request;
    s->h2.has_length = http_fields_find(&r->fields, HTTP_FIELD_CONTENT_LENGTH) != NULL;
    s->h2.length = r->framing.length; // 0 where the framing is CHUNKED
}

static void on_request(struct http2_stream *h2)
{
    struct client_stream *s = client_stream_of(h2);
    struct client *c = s->client;
    const struct http_request_options options = {.is_tls = c->origin.is_tls,
                                                 .default_host = c->listener->default_host,
                                                 .extended_connect =
                                                     c->generation->http2_limits.extended_connect};
    enum http_reason reason =
        http_request_of_pseudo(&h2->head, &options, h2->ended, &s->exchange->request);
    s->exchange->has_request = true;
    s->body_done = h2->ended && !s->exchange->request.is_extended_connect;
    if (reason != HTTP_REASON_NONE) {
        refuse(s, reason);
        return;
    }
    expect_length(s);
    if (!h2->ended) {
        exchange_begin(s->exchange);
        return;
    }
    s->may_begin = c->http2->beginners = true;
}

// A request that is taken back in the same breath must not cost a backend anything (CVE-2023-44487,
// "rapid reset"), so requests begin when all that came with them was read. Those with a body wait
// for it anyway before they go to a backend.
static void begin_requests(struct client *c)
{
    struct client_http2 *h = c->http2;
    struct list *link = h->streams.next;
    h->beginners = false;
    h->busy = true;
    while (link != &h->streams) {
        struct client_stream *s = CONTAINER_OF(link, struct client_stream, link);
        link = link->next; // no stream is freed while output waits
        if (!s->may_begin)
            continue;
        s->may_begin = false;
        if (s->exchange)
            exchange_begin(s->exchange);
    }
    h->busy = false;
}

// Some clients lose an answer when a reset comes upon its heels while they send. They are given the
// time that a closing HTTP/1.1 connection would give them.
static void on_early_end(struct http2_stream *h2)
{
    struct client_stream *s = client_stream_of(h2);
    s->reset_ms = now_ms(s->client) + EARLY_END_MS;
    client_http2_watch(s->client);
}

static void on_malformed(struct http2_stream *h2, enum http_reason reason)
{
    struct client_stream *s = client_stream_of(h2);
    if (!s->exchange)
        return;
    struct outcome outcome = outcome_of_http(reason);
    outcome.status = 0;
    s->end_code = HTTP2_PROTOCOL_ERROR;
    s->may_begin = false;
    exchange_fail(s->exchange, outcome);
}

static const struct http2_server_events events = {
    .on_begin = on_begin,
    .on_request = on_request,
    .on_body = client_http2_on_body,
    .on_end = client_http2_on_end,
    .on_malformed = on_malformed,
    .on_early_end = on_early_end,
    .on_close = on_close,
    .pull = client_http2_pull,
};

// --- the connection between requests

static void rest(struct client *c)
{
    struct client_http2 *h = c->http2;
    const struct policy_limits *l = &c->snapshot->limits;
    bool in_head = http2_server_is_in_head(h->server);
    if (in_head && !h->is_in_head)
        h->in_head_ms = now_ms(c);
    bool changed = in_head != h->is_in_head;
    h->is_in_head = in_head;
    if (h->stream_count) {
        if (in_head)
            client_http2_watch(c);
        return;
    }
    if (c->timer.armed && !changed && !h->watching)
        return;
    h->watching = false;
    proxy_worker_classify(c->worker, c, c->requests && !in_head ? CLIENT_IDLE : CLIENT_STARTING);
    loop_timer_set(c->worker->loop, &c->timer,
                   now_ms(c) + (c->requests && !in_head ? l->idle_ms : l->head_ms));
}

// The gateway stops or has another listener now, or the connection has served as many requests as
// it may: no new streams. The first word lets those come in that are on their way (RFC 9113, 6.8).
static void take_leave(struct client *c)
{
    struct client_http2 *h = c->http2;
    bool must_go = c->worker->draining || c->is_outdated ||
                   c->requests >= c->snapshot->limits.requests_per_connection;
    if (!must_go || h->leaving)
        return;
    if (!h->warned) {
        h->warned = true;
        http2_server_warn_of_end(h->server);
        loop_defer(c->worker->loop, &c->task); // the word proper comes a turn later
        return;
    }
    h->leaving = true;
    http2_server_end(h->server, HTTP2_NO_ERROR);
}

// True when the client is to blame.
static bool record_fault(struct client *c)
{
    struct http2_fault fault = http2_server_fault(c->http2->server);
    char text[160];
    if (!fault.word)
        return false;
    if (fault.count && c->is_counted) // not against a proxy that brings many clients
        client_offences_add(c->worker->shared->client_offences, &c->origin.source,
                            &c->snapshot->limits.http2.offences, clock_mono_ns());
    if (fault.count)
        snprintf(text, sizeof(text), "%s (%llu)", fault.text, (unsigned long long)fault.count);
    else
        snprintf(text, sizeof(text), "%s", fault.text ? fault.text : fault.word);
    client_record_connection(
        c, (struct outcome){.word = fault.word, .text = text, .verdict = AUDIT_VERDICT_REFUSED});
    return true;
}

static void give_up_streams(struct client *c, struct outcome why)
{
    struct client_http2 *h = c->http2;
    while (!list_is_empty(&h->streams)) {
        struct client_stream *s = CONTAINER_OF(h->streams.next, struct client_stream, link);
        client_gone(s, why);
        http2_server_forget(&s->h2);
        free_stream(s);
    }
}

// Nothing more will be said or heard: streams that still run have nobody to answer to.
static void end_connection(struct client *c, struct outcome why)
{
    bool is_at_fault = record_fault(c);
    give_up_streams(c, why);
    client_http2_output(c);
    if (!is_at_fault) {
        client_linger(c);
        return;
    }
    transport_shutdown(&c->transport);
    client_hold(c);
}

// --- in and out

static struct slice produce(void *server)
{
    return http2_server_produce(server);
}

void client_http2_output(struct client *c)
{
    struct client_http2 *h = c->http2;
    if (h->busy || c->phase != CLIENT_READY)
        return;
    h->busy = true;
    transport_write_batch(&c->transport, &c->worker->http2_out, produce, h->server);
    h->busy = false;
}

void client_http2_output_soon(struct client *c)
{
    if (!c->http2->busy)
        loop_defer(c->worker->loop, &c->task);
}

// True when the loop should go on.
static bool feed_once(struct client *c)
{
    struct client_http2 *h = c->http2;
    size_t len = 0;
    enum io_status status = transport_read(&c->transport, c->worker->bulk, IO_BULK, &len);
    if (status == IO_AGAIN)
        return false;
    if (status == IO_EOF) {
        h->eof = true;
        return false;
    }
    if (status == IO_ERROR) {
        give_up_streams(c, outcome_of(PROXY_OUTCOME_CLIENT_GONE));
        if (c->requests == 0)
            client_record_connection(c, (struct outcome){.word = c->transport.error_word
                                                                     ? c->transport.error_word
                                                                     : "no-request",
                                                         .text = c->transport.error,
                                                         .verdict = AUDIT_VERDICT_ABORTED});
        client_close(c, true);
        return false;
    }
    h->busy = true;
    enum http2_feed fed = http2_server_feed(h->server, slice_of(c->worker->bulk, len), now_ms(c));
    h->busy = false;
    if (h->beginners && fed != HTTP2_FEED_ABUSE)
        begin_requests(c);
    if (fed == HTTP2_FEED_ABUSE) {
        end_connection(c, outcome_of(PROXY_OUTCOME_CLIENT_GONE));
        return false;
    }
    return fed == HTTP2_FEED_OK;
}

// A client that will send no more may still want the answers to what it asked completely.
static void end_of_input(struct client *c)
{
    struct client_http2 *h = c->http2;
    struct list *link = h->streams.next;
    while (link != &h->streams) {
        struct client_stream *s = CONTAINER_OF(link, struct client_stream, link);
        link = link->next;
        if (s->h2.ended)
            continue;
        client_gone(s, outcome_of(PROXY_OUTCOME_BODY_INCOMPLETE));
        http2_server_forget(&s->h2);
        free_stream(s);
    }
    if (h->stream_count)
        return;
    if (c->requests == 0)
        client_record_connection(
            c, (struct outcome){.word = "no-request", .verdict = AUDIT_VERDICT_ABORTED});
    client_linger(c);
}

static void on_readable(struct client *c)
{
    struct client_http2 *h = c->http2;
    uint64_t until = c->transport.received + TURN_BUDGET;
    // A log that falls behind slows us down: nothing new begins while records wait for room.
    while (c->phase == CLIENT_READY && !h->eof && !proxy_worker_owes_records(c->worker) &&
           c->transport.may_read && feed_once(c)) {
        if (c->transport.received > until) {
            loop_defer(c->worker->loop, &c->task);
            break;
        }
    }
    if (c->phase != CLIENT_READY)
        return;
    take_leave(c);
    client_http2_output(c);
    if (http2_server_fault(h->server).word) { // seen while sending: resets that the client provoked
        http2_server_end(h->server, HTTP2_ENHANCE_YOUR_CALM);
        end_connection(c, outcome_of(PROXY_OUTCOME_CLIENT_GONE));
    } else if (h->eof) {
        end_of_input(c);
    } else if (http2_server_is_over(h->server) && transport_pending(&c->transport) == 0) {
        end_connection(c, outcome_of(PROXY_OUTCOME_CLIENT_GONE));
    }
    if (c->phase != CLIENT_READY)
        return;
    rest(c);
    client_http2_watch(c);
}

static void start(struct client *c)
{
    c->http2 = calloc(1, sizeof(*c->http2));
    if (c->http2) {
        list_init(&c->http2->streams);
        c->http2->server =
            http2_server_new(&c->generation->http2_limits, &events, c->worker->http2_memory, c);
    }
    if (!c->http2 || !c->http2->server) {
        client_record_connection(c, outcome_of(PROXY_OUTCOME_NO_MEMORY));
        client_close(c, true);
        return;
    }
    rest(c);
    c->protocol->on_readable(c);
}

static void on_timer(struct client *c)
{
    struct client_http2 *h = c->http2;
    if (h->watching) {
        client_http2_look(c);
        return;
    }
    if (c->requests == 0 || h->is_in_head)
        client_record_connection(c, outcome_of(PROXY_OUTCOME_HEAD_TIMEOUT));
    http2_server_end(h->server, HTTP2_NO_ERROR);
    client_http2_output(c);
    client_linger(c);
}

static void close_for(struct client *c, struct outcome why)
{
    struct client_http2 *h = c->http2;
    if (!h || !h->server)
        return;
    if (h->stream_count == 0 && (c->requests == 0 || h->is_in_head))
        client_record_connection(c, why);
    give_up_streams(c, why);
    http2_server_end(h->server, HTTP2_NO_ERROR);
    client_http2_output(c);
}

// Streams hold what they began under.
static bool may_renew(const struct client *c)
{
    return c->http2 && c->http2->server;
}

static void on_renewed(struct client *c)
{
    http2_server_use(c->http2->server, &c->generation->http2_limits);
}

static bool is_silent(const struct client *c)
{
    const struct client_http2 *h = c->http2;
    return h && h->stream_count == 0 && !h->is_in_head && transport_pending(&c->transport) == 0;
}

static void release(struct client *c)
{
    struct client_http2 *h = c->http2;
    if (!h)
        return;
    while (!list_is_empty(&h->streams))
        free_stream(CONTAINER_OF(h->streams.next, struct client_stream, link));
    http2_server_free(&h->server);
    free(h);
    c->http2 = NULL;
}

const struct client_protocol client_http2 = {
    .start = start,
    .on_readable = on_readable,
    .on_drained = on_readable, // goes on with what waits
    .on_timer = on_timer,
    .close = close_for,
    .is_silent = is_silent,
    .may_renew = may_renew,
    .on_renewed = on_renewed,
    .release = release,
};

// SPDX-License-Identifier: Apache-2.0
// Who is waited for, and since when. Looked at from time to time while there is anybody: a head
// that does not end, bodies that do not come, responses that are not taken (a window kept shut
// included).
#include "proxy/client_http2_internal.h"
#include "proxy/pace.h"

static uint64_t now_ms(const struct client *c)
{
    return loop_now_ms(c->worker->loop);
}

static bool may_be_silent(const struct exchange *ex)
{
    return ex->request.is_extended_connect || (ex->route && ex->route->grpc);
}

static bool is_receiving(const struct client_stream *s)
{
    // A client of gRPC or of a tunnel may listen: the clock of the exchange runs.
    return s->exchange && s->body_wanted && !s->body_done && !may_be_silent(s->exchange);
}

static bool is_sending(const struct client_stream *s)
{
    return s->out.len > 0;
}

static bool is_anybody_waited_for(const struct client *c)
{
    const struct client_http2 *h = c->http2;
    if (h->is_in_head || transport_pending(&c->transport))
        return true;
    for (const struct list *link = h->streams.next; link != &h->streams; link = link->next) {
        const struct client_stream *s = CONTAINER_OF(link, struct client_stream, link);
        if (is_receiving(s) || is_sending(s) || s->reset_ms)
            return true;
    }
    return false;
}

void client_http2_watch(struct client *c)
{
    struct client_http2 *h = c->http2;
    if (h->watching || c->phase != CLIENT_READY || h->stream_count == 0 ||
        !is_anybody_waited_for(c))
        return;
    h->watching = true;
    h->watched_ms = now_ms(c);
    loop_timer_set(c->worker->loop, &c->timer, now_ms(c) + pace_interval_ms(&c->snapshot->limits));
}

// The first look at a direction that was at rest only notes where it stands.
static enum pace_verdict look(struct client_pace *p, bool active, uint64_t octets, uint64_t now,
                              uint64_t elapsed, uint64_t silence_ms, uint64_t rate_bytes,
                              uint64_t rate_ms, uint64_t grace_ms)
{
    if (!active || p->moved_ms == 0) {
        p->octets_before = octets;
        p->moved_ms = active ? now : 0;
        return PACE_KEPT;
    }
    return pace_look(p, octets, now, elapsed, silence_ms, rate_bytes, rate_ms, grace_ms);
}

static void give_up_sending(struct client_stream *s, enum pace_verdict v)
{
    struct outcome why =
        outcome_of(v == PACE_SILENT ? PROXY_OUTCOME_SEND_TIMEOUT : PROXY_OUTCOME_SEND_RATE);
    if (s->exchange) {
        exchange_client_gone(s->exchange, why);
        client_http2_drop_exchange(s);
    }
    octet_queue_clear(&s->out, &s->client->worker->octets);
    s->h2.deaf = true;
    http2_server_reset(&s->h2, HTTP2_CANCEL);
}

static void look_at_stream(struct client_stream *s, uint64_t now, uint64_t elapsed)
{
    if (s->reset_ms && now >= s->reset_ms) {
        s->reset_ms = 0;
        http2_server_reset(&s->h2, HTTP2_NO_ERROR);
    }
    const struct policy_limits *l =
        s->exchange ? s->exchange->limits : &s->client->snapshot->limits;
    enum pace_verdict sent = look(&s->send_pace, is_sending(s), s->sent, now, elapsed, l->send_ms,
                                  l->send_rate_bytes, l->send_rate_ms, l->rate_grace_ms);
    if (sent != PACE_KEPT) {
        give_up_sending(s, sent);
        return;
    }
    enum pace_verdict received =
        look(&s->receive_pace, is_receiving(s), s->h2.received, now, elapsed, l->body_ms,
             l->body_rate_bytes, l->body_rate_ms, l->rate_grace_ms);
    if (received == PACE_KEPT)
        return;
    s->body_wanted = false;
    exchange_body_failed(
        s->exchange,
        outcome_of(received == PACE_SILENT ? PROXY_OUTCOME_BODY_TIMEOUT : PROXY_OUTCOME_BODY_RATE));
}

void client_http2_look(struct client *c)
{
    struct client_http2 *h = c->http2;
    uint64_t now = now_ms(c), elapsed = now - h->watched_ms;
    h->watching = false;
    if (h->is_in_head && now - h->in_head_ms >= c->snapshot->limits.head_ms) {
        client_close_for(c, outcome_of(PROXY_OUTCOME_HEAD_TIMEOUT));
        return;
    }
    struct list *link = h->streams.next;
    while (link != &h->streams) {
        struct client_stream *s = CONTAINER_OF(link, struct client_stream, link);
        link = link->next; // no look frees a stream: nghttp2 gives them up while sending
        look_at_stream(s, now, elapsed);
    }
    client_http2_output_soon(c);
    client_http2_watch(c);
}

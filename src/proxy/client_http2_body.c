// SPDX-License-Identifier: Apache-2.0
// Request bodies. What the exchange does not take at once waits here, bounded by the stream's
// window, which opens only as it is taken.
#include "proxy/client_http2_internal.h"

// A body that has its announced length may still be belied by one more DATA frame: its last octet
// is kept back until the end of the stream, so that no backend takes it for complete.
static size_t deliverable(const struct client_stream *s)
{
    bool may_be_belied = !s->h2.ended && s->h2.has_length && s->h2.received == s->h2.length;
    return may_be_belied && s->in.len ? s->in.len - 1 : s->in.len;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

// True when the loop should go on. The exchange may be gone behind exchange_body.
static bool deliver_piece(struct client_stream *s)
{
    struct slice first = octet_queue_first(&s->in);
    size_t len = least(least(first.len, deliverable(s)), exchange_body_room(s->exchange));
    bool last = s->h2.ended && len == s->in.len;
    if (len == 0 && !last)
        return false;
    s->body_done = last;
    if (last && s->h2.has_trailers)
        exchange_trailers(s->exchange, &s->h2.head.fields);
    exchange_body(s->exchange, slice_first(first, len), last);
    if (!s->exchange) // what waited for it has gone with it
        return false;
    octet_queue_drop(&s->in, &s->client->worker->octets, len);
    http2_server_consume(&s->h2, len);
    return !last;
}

void client_http2_deliver(struct client_stream *s)
{
    if (s->delivering)
        return;
    s->delivering = true;
    while (s->exchange && s->body_wanted && !s->body_done && deliver_piece(s))
        ;
    s->delivering = false;
    if (s->exchange && s->body_wanted && !s->body_done)
        client_http2_watch(s->client);
    client_http2_output_soon(s->client);
}

void client_http2_on_body(struct http2_stream *h2, struct slice data)
{
    struct client_stream *s = client_stream_of(h2);
    if (!s->exchange) {
        http2_server_consume(h2, data.len);
        return;
    }
    bool is_tunnel = s->exchange->request.is_extended_connect;
    if (!is_tunnel && h2->received > s->exchange->limits->request_body) {
        exchange_body_failed(s->exchange, outcome_of(PROXY_OUTCOME_BODY_LIMIT));
        return;
    }
    if (!octet_queue_put(&s->in, &s->client->worker->octets, data)) {
        exchange_body_failed(s->exchange, outcome_of(PROXY_OUTCOME_NO_BUFFER));
        return;
    }
    client_http2_deliver(s);
}

void client_http2_on_end(struct http2_stream *h2)
{
    client_http2_deliver(client_stream_of(h2));
}

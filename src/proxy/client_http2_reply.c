// SPDX-License-Identifier: Apache-2.0
// Responses. The head waits for the first octets of its body, so that a small response goes out in
// one piece; body octets wait until flow control and the socket let them go.
#include <string.h>

#include "proxy/client_http2_internal.h"

// An exchange is told to wait when more than this lies here, and to go on when it has gone.
enum { WAITING_MAX = 64 * 1024 };

static void send_continue(void *stream)
{
    struct client_stream *s = stream;
    http2_server_continue(&s->h2);
    client_http2_output_soon(s->client);
}

static bool send_head(void *stream, struct http_outgoing *m)
{
    struct client_stream *s = stream;
    if (http_response_head_most(m) > s->client->worker->head_out.cap)
        return false;
    s->bodyless = m->framing.kind == HTTP_BODY_NONE;
    s->reply = m;
    return true;
}

static void break_off(struct client_stream *s)
{
    s->h2.deaf = true;
    http2_server_reset(&s->h2, s->end_code);
    client_http2_output_soon(s->client);
}

// The same while an exchange runs: it learns that, and why, when the stream is over.
static void give_up(struct client_stream *s, enum proxy_outcome why)
{
    s->broken_off = outcome_of(why);
    break_off(s);
}

// What is submitted must be all there is of the response when `last`.
static void give_head(struct client_stream *s, bool last)
{
    struct http_outgoing *m = s->reply;
    s->reply = NULL;
    s->head_out = true;
    if (!http2_server_respond(&s->h2, m, last))
        give_up(s, PROXY_OUTCOME_REPLY_UNWRITABLE);
}

static void send_body(void *stream, struct slice data, bool last)
{
    struct client_stream *s = stream;
    if (s->bodyless)
        data.len = 0;
    if (!octet_queue_put(&s->out, &s->client->worker->octets, data)) {
        give_up(s, PROXY_OUTCOME_NO_BUFFER);
        return;
    }
    s->out_last = last;
    s->must_wait = s->out.len > WAITING_MAX;
    if (s->reply)
        give_head(s, last && data.len == 0 && !s->h2.trailers);
    else
        http2_server_resume(&s->h2);
    client_http2_output_soon(s->client);
}

// They outlive the exchange, as the octets do that wait before them.
static void set_trailers(void *stream, const struct http_fields *f)
{
    struct client_stream *s = stream;
    if (!s->bodyless && !http2_server_set_trailers(&s->h2, &s->tail, f))
        give_up(s, PROXY_OUTCOME_REPLY_UNWRITABLE);
}

static void flush(void *stream)
{
    struct client_stream *s = stream;
    if (s->reply)
        give_head(s, false);
    client_http2_output_soon(s->client);
}

static bool head_is_out(const void *stream)
{
    return ((const struct client_stream *)stream)->head_out;
}

static size_t pending(const void *stream)
{
    const struct client_stream *s = stream;
    return s->must_wait ? s->out.len : 0;
}

size_t client_http2_pull(struct http2_stream *h2, char *out, size_t cap, bool *last)
{
    struct client_stream *s = client_stream_of(h2);
    struct slice first = octet_queue_first(&s->out);
    size_t len = first.len < cap ? first.len : cap;
    if (len)
        memcpy(out, first.ptr, len);
    octet_queue_drop(&s->out, &s->client->worker->octets, len);
    s->sent += len;
    *last = s->out_last && s->out.len == 0;
    if (s->must_wait && s->out.len <= WAITING_MAX / 2) {
        s->must_wait = false;
        if (s->exchange)
            exchange_drained(s->exchange);
    }
    return len;
}

static void want_body(void *stream)
{
    struct client_stream *s = stream;
    s->body_wanted = true;
    client_enter(s->client);
    client_http2_deliver(s);
    client_leave(s->client);
}

static void stop_body(void *stream)
{
    ((struct client_stream *)stream)->body_wanted = false;
}

static void finished(void *stream)
{
    struct client_stream *s = stream;
    client_http2_drop_exchange(s);
    client_http2_output_soon(s->client);
}

static void abort_stream(void *stream)
{
    struct client_stream *s = stream;
    if (s->exchange->reset_code)
        s->end_code = (enum http2_code)s->exchange->reset_code;
    client_http2_drop_exchange(s);
    octet_queue_clear(&s->out, &s->client->worker->octets);
    break_off(s);
}

const struct exchange_stream client_http2_stream = {
    .send_continue = send_continue,
    .send_head = send_head,
    .send_body = send_body,
    .set_trailers = set_trailers,
    .flush = flush,
    .head_is_out = head_is_out,
    .pending = pending,
    .want_body = want_body,
    .stop_body = stop_body,
    .finished = finished,
    .abort = abort_stream,
};

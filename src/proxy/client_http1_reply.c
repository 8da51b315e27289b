// SPDX-License-Identifier: Apache-2.0
// What an exchange asks of an HTTP/1.1 connection. The head of a response waits for the first
// octets of its body, so that a small response is one write. Whether the connection can serve
// another request is decided with the head, which has to say so.
#include "http/framing.h"
#include "http/message.h"
#include "http/chunked.h"
#include "proxy/client_http1_internal.h"

static const struct slice crlf = SLICE_INIT("\r\n");
static const struct slice last_chunk = SLICE_INIT("0\r\n\r\n");

static void send_continue(void *stream)
{
    static const struct slice text = SLICE_INIT("HTTP/1.1 100 Continue\r\n\r\n");
    struct client *c = stream;
    transport_write(&c->transport, &text, 1);
}

// After this reply: does the rest of the request body stand in the way of the next request?
static bool can_read_on(const struct client *c)
{
    const struct exchange *ex = c->http1.exchange;
    if (c->http1.body.done)
        return true;
    if (ex->request.expects_continue &&
        !ex->continue_sent) // the client may send the body or not: nobody knows what comes next
        return false;
    return c->http1.body.kind != HTTP_BODY_LENGTH ||
           c->http1.body.left <= c->snapshot->limits.discard_bytes;
}

// RFC 9110, 7.8: the connection belongs to the tunnel, both ways, and ends with it.
static void begin_tunnel(struct client *c, struct http_outgoing *m)
{
    const struct http_framing endless = {.kind = HTTP_BODY_CLOSE};
    http_body_reader_init(&c->http1.body, &endless, UINT64_MAX);
    m->close = m->keep_alive_10 = false;
    m->framing = (struct http_framing){.kind = HTTP_BODY_NONE};
    c->http1.reply_chunked = c->http1.reply_bodyless = false;
    c->http1.close_after = c->http1.tunnel = true;
    c->http1.reply = m;
}

static bool send_head(void *stream, struct http_outgoing *m)
{
    struct client *c = stream;
    if (http_response_head_most(m) > c->worker->head_out.cap)
        return false;
    const struct http_request *r = &c->http1.exchange->request;
    bool is_10 = r->version == HTTP_VERSION_10;
    if (m->tunnel) {
        begin_tunnel(c, m);
        return true;
    }
    bool is_open = m->framing.kind == HTTP_BODY_CHUNKED || m->framing.kind == HTTP_BODY_CLOSE;
    if (is_open)
        m->framing.kind = is_10 ? HTTP_BODY_CLOSE : HTTP_BODY_CHUNKED;
    c->http1.close_after =
        m->close || !r->keep_alive || c->worker->draining || c->is_outdated || (is_open && is_10) ||
        c->requests >= c->snapshot->limits.requests_per_connection || !can_read_on(c);
    m->close = c->http1.close_after;
    m->keep_alive_10 = is_10 && !c->http1.close_after;
    c->http1.reply_chunked = m->framing.kind == HTTP_BODY_CHUNKED;
    c->http1.reply_bodyless = m->framing.kind == HTTP_BODY_NONE;
    c->http1.reply = m;
    return true;
}

// Head, if it waits, and body octets in one write.
static void send_parts(struct client *c, struct slice data, bool last)
{
    char size[HTTP_CHUNK_HEAD_MAX];
    struct slice parts[5];
    size_t count = 0;
    struct buf *head = &c->worker->head_out;
    if (c->http1.reply) {
        buf_reset(head);
        http_write_response_head(head, c->http1.reply);
        c->http1.reply = NULL;
        c->http1.head_out = true;
        if (head->failed) { // it would split: nothing is said, and the caller lives on
            c->http1.close_after = true;
            transport_fail_write(&c->transport, "response-not-writable", NULL);
            return;
        }
        parts[count++] = buf_view(head);
    }
    if (data.len && !c->http1.reply_bodyless) {
        if (c->http1.reply_chunked)
            parts[count++] = slice_of(size, http_chunk_head(size, data.len));
        parts[count++] = data;
        if (c->http1.reply_chunked)
            parts[count++] = crlf;
    }
    if (last && c->http1.reply_chunked)
        parts[count++] = last_chunk;
    if (count == 0)
        return;
    transport_write(&c->transport, parts, count);
    if (transport_pending(&c->transport))
        client_http1_watch(c);
}

static void send_body(void *stream, struct slice data, bool last)
{
    send_parts(stream, data, last);
}

static void flush(void *stream)
{
    struct client *c = stream;
    if (c->http1.reply)
        send_parts(c, (struct slice){0}, false);
}

static bool head_is_out(const void *stream)
{
    return ((const struct client *)stream)->http1.head_out;
}

static size_t pending(const void *stream)
{
    return transport_pending(&((const struct client *)stream)->transport);
}

static void want_body(void *stream)
{
    struct client *c = stream;
    c->http1.body.limit = c->http1.tunnel ? UINT64_MAX : c->http1.exchange->limits->request_body;
    c->http1.body.chunked.size_limit = c->http1.body.limit;
    c->http1.body_wanted = true;
    if (c->http1.advancing)
        return;
    client_enter(c);
    client_http1_advance(c);
    client_leave(c);
}

static void stop_body(void *stream)
{
    ((struct client *)stream)->http1.body_wanted = false;
}

static void finished(void *stream)
{
    struct client *c = stream;
    exchange_free(&c->http1.exchange);
    c->http1.body_wanted = false;
    c->http1.discarded = 0;
    c->http1.discarding = !c->http1.close_after && !c->http1.body.done;
    client_http1_settle(c);
}

static void abort_stream(void *stream)
{
    struct client *c = stream;
    exchange_free(&c->http1.exchange);
    client_close(c, true);
}

const struct exchange_stream client_http1_stream = {
    .send_continue = send_continue,
    .send_head = send_head,
    .send_body = send_body,
    .flush = flush,
    .head_is_out = head_is_out,
    .pending = pending,
    .want_body = want_body,
    .stop_body = stop_body,
    .finished = finished,
    .abort = abort_stream,
};

// SPDX-License-Identifier: Apache-2.0
// One exchange over HTTP/1.1. Responses are read as strictly as requests: they are sent on to
// somebody. Octets behind a response reach nobody and end the connection. Large bodies pass through
// the worker's bulk buffer; the head stays in a buffer of its own, because the facts of the
// response point into it until the exchange ends.
#include "backend/http1.h"

#include "backend/group.h"
#include "base/log.h"
#include "http/decode.h"
#include "http/serialize.h"

enum {
    WINDOW_MIN = 16 * 1024,
    TURN_BUDGET = 1024 * 1024, // octets read before others have their turn
};

static const struct slice crlf = SLICE_INIT("\r\n");
static const struct slice last_chunk = SLICE_INIT("0\r\n\r\n");

// Frames body octets and sends them behind `head` (which may be empty), all in one write.
static void write_parts(struct backend_connection *c, struct slice head, struct slice data,
                        bool last)
{
    char size[HTTP_CHUNK_HEAD_MAX];
    struct slice parts[5] = {head};
    size_t count = head.len ? 1 : 0;
    bool is_chunked = c->request_framing.kind == HTTP_BODY_CHUNKED;
    if (data.len) {
        if (is_chunked)
            parts[count++] = slice_of(size, http_chunk_head(size, data.len));
        parts[count++] = data;
        if (is_chunked)
            parts[count++] = crlf;
    }
    if (last && is_chunked)
        parts[count++] = last_chunk;
    if (last)
        c->call.request_sent = true;
    if (count > 0) {
        c->call.wrote = true;
        transport_write(&c->transport, parts, count);
    }
    if (last && c->tunnel)
        transport_shutdown(&c->transport);
}

bool backend_http1_send_head(struct backend_call *call, const struct http_outgoing *m,
                             struct slice body, bool last)
{
    struct backend_connection *c = backend_connection_of(call);
    struct buf out;
    buf_init(&out, c->call.member->context->head_out, BACKEND_HEAD_OUT);
    http_write_request_head(&out, m);
    c->request_was_head = slice_eq(m->method, SLICE("HEAD"));
    c->request_framing = m->framing;
    c->upgrade_asked = m->upgrade;
    if (out.failed)
        return false;
    write_parts(c, buf_view(&out), body, last);
    return true;
}

void backend_http1_send_body(struct backend_call *call, struct slice data, bool last)
{
    write_parts(backend_connection_of(call), (struct slice){0}, data, last);
}

static void fail_for(struct backend_connection *c, enum http_reason reason)
{
    backend_call_fail(&c->call, http_reason_word(reason), http_reason_text(reason));
}

// The connection ended, orderly or not.
static void on_end(struct backend_connection *c, enum io_status status)
{
    bool orderly = status == IO_EOF;
    if (c->call.head_done && !c->call.response_done && http_body_end(&c->body, orderly)) {
        c->call.response_done = true;
        c->keep_alive = false;
        c->call.events->on_body(c->call.owner, (struct slice){0}, true);
        return;
    }
    if (orderly || !c->transport.error)
        backend_call_fail(&c->call, c->call.got ? "response-truncated" : "closed-early",
                          c->call.got ? "the backend closed inside its response"
                                      : "the backend closed without an answer");
    else
        backend_call_fail(&c->call, c->transport.error_word, c->transport.error);
}

// Gives on what is in octets[0..len); what is behind the body is surplus.
static void take_body(struct backend_connection *c, char *octets, size_t len)
{
    struct http_decoded decoded;
    enum http_body_step step = http_body_decode(&c->body, octets, len, &decoded);
    if (step == HTTP_BODY_BAD) {
        fail_for(c, c->body.reason);
        return;
    }
    if (step == HTTP_BODY_DONE) {
        c->call.response_done = true;
        c->surplus = decoded.consumed < len;
    }
    if (decoded.data_len || c->call.response_done)
        c->call.events->on_body(c->call.owner, slice_of(octets, decoded.data_len),
                                c->call.response_done);
}

// An interim response ends with its head; the next head may follow in the same octets.
static void take_interim(struct backend_connection *c, const struct http_response *r)
{
    if (r->status == 101) {
        fail_for(c, HTTP_REASON_SWITCHING_PROTOCOLS);
        return;
    }
    if (++c->call.interim_count > c->call.interim_max) {
        fail_for(c, HTTP_REASON_TOO_MANY_INTERIM);
        return;
    }
    c->call.events->on_interim(c->call.owner, r);
    if (c->call.released || c->call.failed)
        return;
    memmove(c->buffer, c->buffer + c->scan.head_len, c->buffered - c->scan.head_len);
    c->buffered -= c->scan.head_len;
    http_head_scan_init(&c->scan, &c->call.member->config->response_head, true);
}

static void take_final(struct backend_connection *c, struct http_response *r)
{
    c->call.head_done = true;
    c->keep_alive = r->keep_alive && r->framing.kind != HTTP_BODY_CLOSE;
    http_body_reader_init(&c->body, &r->framing, UINT64_MAX);
    c->call.events->on_head(c->call.owner, r);
    if (c->call.released || c->call.failed)
        return;
    take_body(c, c->buffer + c->scan.head_len, c->buffered - c->scan.head_len);
}

// RFC 9110, 15.2.2: the connection belongs to the new protocol from here on. Whether the handshake
// is valid is for the user to say, before anything of it goes on.
static void take_switch(struct backend_connection *c, struct http_response *r)
{
    r->framing = (struct http_framing){.kind = HTTP_BODY_CLOSE};
    c->tunnel = true;
    take_final(c, r);
}

// Scans what has been received; true while there may be another head in it.
static bool take_head(struct backend_connection *c)
{
    struct http_response r = {0};
    enum http_parse parse = http_head_scan(&c->scan, c->buffer, c->buffered);
    if (parse == HTTP_MORE)
        return false;
    enum http_reason reason =
        parse == HTTP_BAD
            ? c->scan.reason
            : http_response_parse(&c->scan, c->buffer, c->request_was_head, c->call.arena, &r);
    if (reason != HTTP_REASON_NONE) {
        fail_for(c, reason);
        return false;
    }
    if (r.status == 101 && c->upgrade_asked)
        take_switch(c, &r);
    else if (r.status < 200)
        take_interim(c, &r);
    else
        take_final(c, &r);
    return !c->call.head_done && !c->call.released && !c->call.failed && c->buffered > 0;
}

static enum io_status read_head(struct backend_connection *c)
{
    size_t len = 0;
    size_t room = c->call.member->context->buffers.block_size - c->buffered;
    // The scan refuses at its limits, which are below the size of the buffer: there is always room.
    enum io_status status = transport_read(&c->transport, c->buffer + c->buffered, room, &len);
    if (status != IO_OK)
        return status;
    c->buffered += len;
    c->call.got = true;
    while (take_head(c))
        ;
    return IO_OK;
}

static enum io_status read_body(struct backend_connection *c, size_t *read)
{
    char *bulk = c->call.member->context->bulk;
    enum io_status status = transport_read(&c->transport, bulk, c->window, read);
    if (status != IO_OK)
        return status;
    take_body(c, bulk, *read);
    if (c->call.released || c->call.failed)
        return IO_OK;
    // A receiver that takes everything earns larger portions, one that stalls holds little.
    if (c->call.paused)
        c->window = WINDOW_MIN;
    else if (c->window<IO_BULK && * read> c->window / 2)
        c->window *= 2;
    return IO_OK;
}

static bool goes_on(const struct backend_connection *c)
{
    return !c->call.released && !c->call.failed && !c->call.paused && !c->call.response_done;
}

void backend_http1_on_readable(struct backend_connection *c)
{
    size_t budget = TURN_BUDGET;
    while (goes_on(c)) {
        size_t len = 0;
        enum io_status status = c->call.head_done ? read_body(c, &len) : read_head(c);
        if (status == IO_EOF || status == IO_ERROR) {
            on_end(c, status);
            return;
        }
        if (status == IO_AGAIN || !c->transport.may_read)
            break;
        budget = len < budget ? budget - len : 0;
        if (budget == 0 && goes_on(c)) {
            loop_defer(c->call.member->context->io->loop, &c->resume);
            break;
        }
    }
    if (!c->call.released && !c->call.failed && c->call.events)
        c->call.events->on_idle(c->call.owner);
}

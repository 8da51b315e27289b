// SPDX-License-Identifier: Apache-2.0
// What the files of the HTTP/2 client share: client_http2.c is the connection, client_http2_body.c
// brings request bodies, client_http2_reply.c takes responses, client_http2_watch.c is the clock.
#ifndef YETT_PROXY_CLIENT_HTTP2_INTERNAL_H
#define YETT_PROXY_CLIENT_HTTP2_INTERNAL_H

#include "base/arena.h"
#include "base/list.h"
#include "http2/server.h"
#include "proxy/client.h"
#include "proxy/exchange.h"
#include "base/octet_queue.h"

struct client_http2 {
    struct http2_server *server;
    struct list streams;
    uint32_t stream_count;
    bool busy;      // inside feed or produce: output waits until it is left
    bool beginners; // streams that may begin
    bool warned;    // the client was told that the end comes
    bool leaving;   // GOAWAY was said for good
    bool eof;       // the client sends no more
    bool watching;  // the timer looks at paces and deadlines
    bool is_in_head;
    uint64_t in_head_ms; // since when
    uint64_t watched_ms; // last look
};

// Lives from the first octet of a request until nghttp2 has forgotten the stream; the exchange may
// be over long before that.
struct client_stream {
    struct http2_stream h2;
    struct list link;
    struct client *client;
    struct exchange *exchange;   // NULL: over
    struct arena tail;           // for heads that still come when the exchange is over
    struct http_outgoing *reply; // head that was not given out yet
    struct octet_queue in;       // request body that the exchange has not taken
    struct octet_queue out;      // response body that the client has not taken
    struct client_pace receive_pace, send_pace;
    uint64_t sent;             // octets of the response body pulled so far
    enum http2_code end_code;  // of the reset that breaks the stream off
    struct outcome broken_off; // why the gateway did that while the exchange ran
    bool may_begin;            // whole, and looked at when all that came with it was read
    bool body_wanted;
    bool delivering; // the loop that gives the body to the exchange runs
    bool body_done;  // the exchange has all of it
    bool head_out;   // the head of the reply was given out
    bool bodyless;
    uint64_t reset_ms; // when a client that goes on sending behind its answer is stopped; 0: not
    bool out_last;     // the end of the response is in `out`
    bool must_wait;    // too much lies in `out`: the exchange waits for exchange_drained
};

static inline struct client_stream *client_stream_of(struct http2_stream *s)
{
    return CONTAINER_OF(s, struct client_stream, h2);
}

extern const struct exchange_stream client_http2_stream;

// Sends what there is to send, unless it must wait; later when called from within.
void client_http2_output(struct client *c);
// Something to send has come up: sends it at the end of this turn, together with what else comes.
void client_http2_output_soon(struct client *c);
// Gives the exchange what has come of the request body, as far as it is wanted.
void client_http2_deliver(struct client_stream *s);
void client_http2_on_body(struct http2_stream *h2, struct slice data);
void client_http2_on_end(struct http2_stream *h2);
size_t client_http2_pull(struct http2_stream *h2, char *out, size_t cap, bool *last);
// The exchange is over and freed; what still comes for the stream means nothing.
void client_http2_drop_exchange(struct client_stream *s);
// Begins to look at paces, when somebody is waited for.
void client_http2_watch(struct client *c);
void client_http2_look(struct client *c);

#endif

// SPDX-License-Identifier: Apache-2.0
// The server's side of one HTTP/2 connection: octets in, events out; responses in, octets out. No
// socket, no clock, no policy. nghttp2 does frames, HPACK and stream states; what makes a request
// malformed is decided by http/ (pseudo.h), with exact reasons.
//
// A stream is a struct that its owner embeds; the session keeps a pointer from on_begin until
// on_close and allocates nothing of its own. Events come from within http2_server_feed (on_close
// and on_early_end also from http2_server_produce). In them everything below may be called but
// feed, produce and free.
#ifndef YETT_HTTP2_SERVER_H
#define YETT_HTTP2_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"
#include "http/head.h"
#include "http/message.h"
#include "http/pseudo.h"
#include "http2/budget.h"
#include "http2/code.h"

struct arena;
struct http2_memory;
struct http2_section;
struct http2_server;

struct http2_server_limits {
    const struct http_head_limits *head; // of a request's fields
    uint32_t max_concurrent_streams;
    uint32_t stream_window;     // octets of a body sent before we took any of them
    uint32_t connection_window; // the same over all streams
    uint32_t header_bomb;       // decoded octets of one head at which the connection ends
    uint32_t continuations;     // CONTINUATION frames of one head
    bool extended_connect;      // says that WebSocket may be asked for (RFC 8441, 3)
    struct http2_allowance work[HTTP2_WORK_COUNT];
};

struct http2_stream {
    int32_t id;
    struct arena *arena; // from on_begin on: fields are copied there
    struct http_pseudo_head head;
    bool has_length;
    uint64_t length;   // of the body, as announced
    uint64_t received; // octets of the body
    bool head_done;    // on_request was called
    bool has_trailers; // with the end of the body
    bool ended;        // END_STREAM came, the whole request is there
    bool deaf;      // what still comes for it means nothing: it was malformed, or has been answered
    bool responded; // the final head was given
    bool finished;  // our END_STREAM is on its way
    const struct http2_section *trailers; // of the response; NULL without
    struct http2_server *server;
};

struct http2_server_events {
    // A head begins. Answers the stream, its `arena` set, or NULL: refused without having been
    // looked at, the client may try again.
    struct http2_stream *(*on_begin)(void *owner);
    // The head is complete: s->head has the fields. No body follows when s->ended.
    void (*on_request)(struct http2_stream *s);
    void (*on_body)(struct http2_stream *s, struct slice data);
    // The body is complete; s->head has the trailers, if s->has_trailers.
    void (*on_end)(struct http2_stream *s);
    // Body or trailers break the rules. The stream is reset behind this.
    void (*on_malformed)(struct http2_stream *s, enum http_reason reason);
    // The whole answer has been sent, and the request is not there yet. What comes of it is thrown
    // away, until the owner resets the stream with NO_ERROR (RFC 9113, 8.1).
    void (*on_early_end)(struct http2_stream *s);
    // The stream is over, for whatever reason; `code` is 0 when both sides were complete. Last
    // event of a stream, and the first one only after on_begin.
    void (*on_close)(struct http2_stream *s, uint32_t code);
    // Octets of the response body that may go now, at most `cap`; *last with the last of them.
    // 0 and not last: none now, http2_server_resume when there are.
    size_t (*pull)(struct http2_stream *s, char *out, size_t cap, bool *last);
};

// `limits` outlives it. NULL without memory. `memory` is where nghttp2 takes its own from; may be
// NULL.
MUST_USE struct http2_server *http2_server_new(const struct http2_server_limits *limits,
                                               const struct http2_server_events *events,
                                               struct http2_memory *memory, void *owner);
// Other limits for what comes from now on; what was promised to the client (windows, streams)
// stays.
void http2_server_use(struct http2_server *s, const struct http2_server_limits *limits);
// Open streams get on_close.
void http2_server_free(struct http2_server **s);

enum http2_feed {
    HTTP2_FEED_OK,
    HTTP2_FEED_ABUSE, // a limit was passed: http2_server_fault says which
    HTTP2_FEED_OVER,  // nothing more is read: the protocol was broken (GOAWAY is among what is
                      // produced next, then http2_server_fault says why), or all has been said
};
// Takes received octets, all of them unless the answer is not OK; then no more can be fed.
MUST_USE enum http2_feed http2_server_feed(struct http2_server *s, struct slice octets,
                                           uint64_t now_ms);
struct http2_fault http2_server_fault(const struct http2_server *s);
// The next octets to send, good until the next call; empty when there are none.
MUST_USE struct slice http2_server_produce(struct http2_server *s);
// Neither reads nor sends any more: the connection can be closed.
bool http2_server_is_over(const struct http2_server *s);
// A head has begun to come and is not complete.
bool http2_server_is_in_head(const struct http2_server *s);

// Says that no new streams are welcome; those that cross the word are still served.
void http2_server_warn_of_end(struct http2_server *s);
// Says GOAWAY: streams that run may finish (code NO_ERROR), or everything ends.
void http2_server_end(struct http2_server *s, enum http2_code code);

// Interim response 100.
void http2_server_continue(struct http2_stream *s);
// The head of the response. `last`: no body follows. Memory for it comes from s->arena. False when
// it cannot be written: a field that no response may have, or no memory; nothing was sent.
MUST_USE bool http2_server_respond(struct http2_stream *s, const struct http_outgoing *m,
                                   bool last);
// Trailers for the end of the response, kept in `arena`; before `pull` says last. False without
// memory, or for what is no field.
MUST_USE bool http2_server_set_trailers(struct http2_stream *s, struct arena *arena,
                                        const struct http_fields *fields);
// There is something to pull again.
void http2_server_resume(struct http2_stream *s);
// The owner has taken `octets` of the body: the client may send as many more.
void http2_server_consume(struct http2_stream *s, size_t octets);
// The owner frees the stream now: no more events of it. It counts as open until it is reset or the
// connection ends.
void http2_server_forget(struct http2_stream *s);
void http2_server_reset(struct http2_stream *s, enum http2_code code);

#endif

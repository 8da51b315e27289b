// SPDX-License-Identifier: Apache-2.0
// The client's side of one HTTP/2 connection: requests in, octets out; octets in, events out. No
// socket, no clock, no policy. nghttp2 does frames, HPACK and stream states; what makes a response
// malformed is decided by http/ (pseudo.h), with exact reasons.
//
// A stream is a struct that its owner embeds; the session keeps a pointer from http2_client_request
// until on_close or http2_client_forget. Events come from within http2_client_feed (on_close also
// from http2_client_produce). In them everything below may be called but
// feed, produce and free.
#ifndef YETT_HTTP2_CLIENT_H
#define YETT_HTTP2_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"
#include "http/head.h"
#include "http/message.h"
#include "http/pseudo.h"
#include "http2/code.h"

struct arena;
struct http2_client;
struct http2_memory;
struct http2_section;

struct http2_client_limits {
    const struct http_head_limits *head; // of a response's fields
    uint32_t max_concurrent_streams;     // the server may allow fewer
    uint32_t stream_window;              // octets of a body sent before we took any of them
    uint32_t connection_window;          // the same over all streams
};

struct http2_client_stream {
    int32_t id;
    struct arena *arena; // set by the owner before the request: fields are copied there
    struct http_pseudo_head head;
    struct http_response response;        // what the last head said
    uint64_t length;                      // of the body, as announced
    uint64_t received;                    // octets of the body
    const struct http2_section *trailers; // of the request; NULL without
    bool has_length;
    bool request_was_head;
    bool head_done;    // on_response was called
    bool has_trailers; // with the end of the body
    bool ended;        // END_STREAM came, the whole response is there
    bool deaf;         // it was malformed: what still comes for it means nothing
    bool finished;     // our END_STREAM is on its way
    struct http2_client *client;
};

struct http2_client_events {
    // s->response is an interim one (RFC 9110, 15.2).
    void (*on_interim)(struct http2_client_stream *s);
    // s->response has the head. No body follows when s->ended.
    void (*on_response)(struct http2_client_stream *s);
    void (*on_body)(struct http2_client_stream *s, struct slice data);
    // The body is complete; s->head.fields are the trailers, if s->has_trailers.
    void (*on_end)(struct http2_client_stream *s);
    // Head, body or trailers break the rules. The stream is reset behind this.
    void (*on_malformed)(struct http2_client_stream *s, enum http_reason reason);
    // The stream is over, for whatever reason. REFUSED_STREAM: the server has not looked at it.
    void (*on_close)(struct http2_client_stream *s, uint32_t code);
    // Octets of the request body that may go now, at most `cap`; *last with the last of them.
    // 0 and not last: none now, http2_client_resume when there are.
    size_t (*pull)(struct http2_client_stream *s, char *out, size_t cap, bool *last);
};

// `limits` and `events` outlive it. NULL without memory. `memory` is where nghttp2 takes its own
// from; may be NULL.
MUST_USE struct http2_client *http2_client_new(const struct http2_client_limits *limits,
                                               const struct http2_client_events *events,
                                               struct http2_memory *memory, void *owner);
void http2_client_free(struct http2_client **c);
void *http2_client_owner(const struct http2_client *c);

// Takes received octets. False: the connection is of no use any more, http2_client_fault says why
// (no word: the server has said goodbye, and all streams are over).
MUST_USE bool http2_client_feed(struct http2_client *c, struct slice octets);
struct http2_fault http2_client_fault(const struct http2_client *c);
// The next octets to send, good until the next call; empty when there are none.
MUST_USE struct slice http2_client_produce(struct http2_client *c);
// Says GOAWAY; for a connection that is not needed any more.
void http2_client_end(struct http2_client *c);
// May another request begin now? False for good once the server has said GOAWAY.
bool http2_client_has_room(const struct http2_client *c);
bool http2_client_is_leaving(const struct http2_client *c);

// Begins the stream. `scheme` is that of the connection; `last`: no body follows. False when the
// facts can't be written (a field that no request may have, no memory): nothing was sent.
MUST_USE bool http2_client_request(struct http2_client *c, struct http2_client_stream *s,
                                   const struct http_outgoing *m, struct slice scheme, bool last);
// Trailers for the end of the request body, kept in s->arena; before `pull` says last. False
// without memory, or for what is no field.
MUST_USE bool http2_client_set_trailers(struct http2_client_stream *s,
                                        const struct http_fields *fields);
// There is something to pull again.
void http2_client_resume(struct http2_client_stream *s);
// The owner has taken `octets` of the body: the server may send as many more.
void http2_client_consume(struct http2_client_stream *s, size_t octets);
// The owner frees the stream now: it is reset with `code` unless it is over, and has no more
// events.
void http2_client_forget(struct http2_client_stream *s, enum http2_code code);

#endif

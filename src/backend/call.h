// SPDX-License-Identifier: Apache-2.0
// One request to a backend server and the response to it. Which protocol carries it stands behind
// one record: over HTTP/1.1 a call has a connection of its own (connection.h). Its user gives facts
// and body octets and is told facts and body octets.
//
// Order of events for the user: on_connected once (at once, from backend_call_start, where a
// connection was there), then any number of on_interim, one on_head, on_body until `last`.
// on_failure may come at any point and is the end. After `last` or a failure the user calls
// backend_call_release. Every callback may release the call.
#ifndef YETT_BACKEND_CALL_H
#define YETT_BACKEND_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/slice.h"
#include "http/framing.h"
#include "http/head.h"
#include "http/message.h"

struct backend_call;
struct backend_member;

enum backend_stage {
    BACKEND_CONNECTING, // connection or TLS handshake
    BACKEND_WAITING,    // for the response head
    BACKEND_READING,    // its body
};

struct backend_failure {
    enum backend_stage stage;
    const char
        *word; // "connect-refused", "certificate-expired", "bad-chunk-size", "closed-early", ...
    const char *text; // a sentence, or NULL; it lives no longer than the callback
    bool unsent;      // not one octet of the request was written
    bool unanswered;  // not one octet of a response came
    bool is_ours;     // the gateway lacked descriptors or memory: says nothing about the server
    bool was_reset;   // the stream, by the server, with `code` (RFC 9113, 7)
    uint32_t code;
};

struct backend_events {
    void (*on_connected)(void *owner);
    void (*on_interim)(void *owner, const struct http_response *r); // 100..199 but 101
    void (*on_head)(void *owner, struct http_response *r);   // fields may be marked by the owner
    void (*on_trailers)(void *owner, struct http_fields *f); // before the last of the body
    void (*on_body)(void *owner, struct slice data, bool last);
    void (*on_idle)(
        void *owner); // nothing more to read for now: a good moment to send on what was held back
    void (*on_drained)(void *owner); // pending request octets have gone
    void (*on_failure)(void *owner, const struct backend_failure *f);
};

struct backend_call_ops {
    void (*start)(struct backend_call *c);
    bool (*send_head)(struct backend_call *c, const struct http_outgoing *m, struct slice body,
                      bool last);
    void (*send_body)(struct backend_call *c, struct slice data, bool last);
    bool (*set_trailers)(struct backend_call *c, const struct http_fields *f); // NULL: has none
    size_t (*pending)(const struct backend_call *c);
    uint64_t (*delivered)(const struct backend_call *c);
    void (*resume)(struct backend_call *c);
    bool (*is_stale)(struct backend_call *c);
    void (*release)(struct backend_call *c); // frees it, now or when its callbacks are left
};

struct backend_call {
    const struct backend_call_ops *ops;
    struct backend_member *member;
    const struct backend_events *events; // NULL while unused
    void *owner;
    struct arena *arena;  // of the exchange: facts of the response
    struct slice preface; // octets before everything else, TLS included; then cleared
    unsigned interim_count, interim_max;
    bool connected;
    bool reused;       // the connection has served before
    bool request_sent; // completely
    bool wrote;        // anything at all
    bool got;          // any octet of a response
    bool head_done;
    bool response_done;
    bool paused;
    bool failed;
    bool released;
    // Of a failure, as in struct backend_failure.
    bool is_ours;
    bool was_reset;
    uint32_t code;
};

// A call over an unused connection to the member (none if `fresh`) or over a new one. NULL with a
// failure (no descriptor, no memory).
MUST_USE struct backend_call *backend_call_new(struct backend_member *m, bool fresh,
                                               struct backend_failure *why);
// Octets that shall stand before everything else on a connection that was just opened, before TLS
// too (a PROXY header). They live until on_connected. Before backend_call_start.
void backend_call_set_preface(struct backend_call *c, struct slice octets);
// Begins: on_connected may come from within. At most `interim_max` interim responses are taken.
void backend_call_start(struct backend_call *c, const struct backend_events *events, void *owner,
                        struct arena *arena, unsigned interim_max);
// Sends the head with the beginning of the body; `last` when that is all of it. Once, after
// on_connected. False when the facts can't be written as a head (too large, or a field that would
// split it): nothing was sent.
MUST_USE bool backend_call_send_head(struct backend_call *c, const struct http_outgoing *m,
                                     struct slice body, bool last);
// Sends body octets; not while backend_call_pending is not 0.
void backend_call_send_body(struct backend_call *c, struct slice data, bool last);
// Trailers to go behind the body, before its last octets are given; where the protocol has none
// they are dropped. False when they can't be written.
MUST_USE bool backend_call_set_trailers(struct backend_call *c, const struct http_fields *f);
size_t backend_call_pending(const struct backend_call *c);
// Octets the backend has taken, in all: it moves while the backend reads.
uint64_t backend_call_delivered(const struct backend_call *c);
// Stops and continues the response: backpressure.
void backend_call_pause(struct backend_call *c);
void backend_call_resume(struct backend_call *c);
// A connection that has been closed while it was unused is of no use, nor is one with octets nobody
// asked for: look before a request is sent on it (one system call at most). A stale one is not kept
// again when the call is released.
MUST_USE bool backend_call_is_stale(struct backend_call *c);
// Gives the call up; *c is cleared. Unless request and response were complete the backend sees that
// it was broken off.
void backend_call_release(struct backend_call **c);

// For protocols. A failure of the gateway itself: it lacks memory for a connection.
struct backend_failure backend_no_memory(void);
// Tells the user that the call has failed, once.
void backend_call_fail(struct backend_call *c, const char *word, const char *text);

#endif

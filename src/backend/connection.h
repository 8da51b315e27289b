// SPDX-License-Identifier: Apache-2.0
// One connection to a backend server, and the one exchange that uses it at a time. The protocol
// spoken on it stands behind one record (HTTP/1.1 in http1.c); its user gives facts and body octets
// and is told facts and body octets.
//
// Order of events for the user: on_connected once (a pooled connection: at once, from
// backend_connection_start), then any number of on_interim, one on_head, on_body until `last`.
// on_failure may come at any point and is the end. After `last` or a failure the user calls
// backend_connection_release, which keeps the connection for reuse if both sides of the exchange
// were complete, else closes it. Every callback may release the connection.
#ifndef YETT_BACKEND_CONNECTION_H
#define YETT_BACKEND_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/list.h"
#include "base/slice.h"
#include "http/framing.h"
#include "http/head.h"
#include "http/message.h"
#include "io/loop.h"
#include "io/transport.h"

struct backend_connection;
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
    const char *text; // a sentence, or NULL
    bool unsent;      // not one octet of the request was written
    bool unanswered;  // not one octet of a response came
    bool is_ours;     // the gateway lacked descriptors or memory: says nothing about the server
};

struct backend_events {
    void (*on_connected)(void *owner);
    void (*on_interim)(void *owner, const struct http_response *r); // 100..199 but 101
    void (*on_head)(void *owner, struct http_response *r); // fields may be marked by the owner
    void (*on_body)(void *owner, struct slice data, bool last);
    void (*on_idle)(
        void *owner); // nothing more to read for now: a good moment to send on what was held back
    void (*on_drained)(void *owner); // pending request octets have gone
    void (*on_failure)(void *owner, const struct backend_failure *f);
};

struct backend_protocol {
    const char *name;
    bool (*send_head)(struct backend_connection *c, const struct http_outgoing *m,
                      struct slice body, bool last);
    void (*send_body)(struct backend_connection *c, struct slice data, bool last);
    void (*on_readable)(struct backend_connection *c);
};

struct backend_connection {
    struct list link; // among the idle ones of its server
    struct backend_member *member;
    const struct backend_protocol *protocol;
    const struct backend_events *events; // NULL while unused
    void *owner;
    struct arena *arena;     // of the exchange: facts of the response
    struct loop_timer idle;  // how long it may stay unused
    struct loop_task resume; // goes on reading in the next turn
    struct slice preface;    // octets before everything else, TLS included; then cleared
    char *buffer;            // response head; from the worker's pool, NULL while unused
    size_t buffered;
    struct http_head_scan scan;
    struct http_head_limits head_limits;
    struct http_body_reader body;
    struct http_framing request_framing;
    uint32_t window; // octets read in one go: grows while the other side takes them
    unsigned interim_count, interim_max;
    unsigned busy; // depth of callbacks running: it is not freed under them
    bool connected;
    bool request_was_head;
    bool request_sent; // completely
    bool wrote;        // anything at all
    bool got;          // any octet of a response
    bool head_done;
    bool response_done;
    bool keep_alive;
    bool surplus;       // octets behind the response: never to be used again
    bool upgrade_asked; // 101 may be the answer
    bool tunnel;        // it was
    bool paused;
    bool reused; // came from the pool
    bool failed;
    bool released;
    bool is_idle;               // waits in the pool
    struct transport transport; // at the end: TLS needs more room behind it
};

// Takes an unused connection of the member (none if `fresh`) or opens a new one. NULL with a
// failure (no descriptor, no memory).
MUST_USE struct backend_connection *backend_connection_get(struct backend_member *m, bool fresh,
                                                           struct backend_failure *why);
// Octets that shall stand before everything else on a connection that was just opened, before TLS
// too (a PROXY header). They live until on_connected. Before backend_connection_start.
void backend_connection_set_preface(struct backend_connection *c, struct slice octets);
// Begins an exchange on it: on_connected comes from within for a pooled one.
void backend_connection_start(struct backend_connection *c, const struct backend_events *events,
                              void *owner, struct arena *arena, unsigned interim_max);
// Sends the head with the beginning of the body; `last` when that is all of it. Once, after
// on_connected. False when the facts can't be written as a head (too large, or a field that would
// split it): nothing was sent.
MUST_USE bool backend_connection_send_head(struct backend_connection *c,
                                           const struct http_outgoing *m, struct slice body,
                                           bool last);
// Sends body octets; not while backend_connection_pending is not 0.
void backend_connection_send_body(struct backend_connection *c, struct slice data, bool last);
size_t backend_connection_pending(const struct backend_connection *c);
// Octets the backend has acknowledged, in all.
uint64_t backend_connection_delivered(const struct backend_connection *c);
// Stops and continues reading of the response: backpressure.
void backend_connection_pause(struct backend_connection *c);
void backend_connection_resume(struct backend_connection *c);
// An unused connection that has been closed or has octets is of no use: look before a request is
// sent on it (one system call). A stale one is not kept again when it is released.
MUST_USE bool backend_connection_is_stale(struct backend_connection *c);
// Gives the connection up; *c is cleared. Kept for reuse only if request and response were
// complete.
void backend_connection_release(struct backend_connection **c);

// For protocols.
void backend_connection_fail(struct backend_connection *c, const char *word, const char *text);
void backend_connection_close_idle(struct backend_connection *c);

#endif

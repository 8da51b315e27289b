// SPDX-License-Identifier: Apache-2.0
// A client's connection, from accept to close: PROXY header, TLS handshake, then the protocol,
// which stands behind one record (client_http1.c, client_http2.c). Ends in a lingering close, so
// that the client can read the last answer. A callback may close the connection at any depth: that
// frees nothing. `busy` counts the calls that run, and the outermost one, or a task, frees.
#ifndef YETT_PROXY_CLIENT_H
#define YETT_PROXY_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/list.h"
#include "base/slice.h"
#include "filter/filter.h"
#include "http/framing.h"
#include "http/head.h"
#include "io/loop.h"
#include "io/transport.h"
#include "proxy/exchange.h"
#include "proxy/outcome.h"
#include "proxy/worker.h"

struct client;
struct client_admission;
struct client_http2;

// The protocol a client speaks.
struct client_protocol {
    void (*start)(struct client *c);       // the connection is ready
    void (*on_readable)(struct client *c); // octets, an end or an error
    void (*on_drained)(struct client *c);  // pending octets have gone
    void (*on_timer)(struct client *c);
    void (*close)(struct client *c, struct outcome why); // ends what runs and records it
    bool (*is_silent)(const struct client *c);           // see client_is_silent
    bool (*may_renew)(const struct client *c);           // nothing of it points into the policy
    void (*on_renewed)(struct client *c);                // the policy is another one
    void (*release)(struct client *c);                   // frees what it holds: the connection goes
};

enum client_phase {
    CLIENT_PROXY_HEADER,
    CLIENT_HANDSHAKE,
    CLIENT_READY,
    CLIENT_LINGERING,
    CLIENT_HELD,   // broke the protocol or went too far: nothing more is read, the end comes later
    CLIENT_CLOSED, // freed when the outermost call leaves, or in the next turn
};

// Octets and time of one direction, to hold a slow client to the minimum rate. Time counts only
// while the client is waited for.
struct client_pace {
    uint64_t octets_before; // at the last look
    uint64_t moved_ms;      // when octets moved last
    uint64_t waited_ms;     // altogether, in this body
    uint64_t octets;        // altogether, in this body
};

// HTTP/1.1 on a connection: one exchange after the other.
struct client_http1 {
    size_t rest; // where unparsed octets of the client's buffer begin, once the head was parsed
    char
        *extra; // octets behind a body that came through the bulk buffer; read before the transport
    size_t extra_len, extra_at;
    struct http_head_scan scan;
    struct http_body_reader body;
    struct exchange *exchange;
    struct http_outgoing *reply; // head that was not written yet
    uint32_t window;             // octets of a body read in one go
    uint64_t discarded;
    struct client_pace receive_pace, send_pace;
    uint64_t watched_ms; // last look at the paces
    bool reply_chunked, reply_bodyless;
    bool head_out;    // the head of this reply is on the wire
    bool close_after; // this reply is the last
    bool body_wanted;
    bool tunnel;     // what comes is no body but the tunnel's
    bool discarding; // reads off the rest of a body that nobody wanted
    bool settling;   // between an exchange and the next, see client_http1_settle()
    bool advancing;  // the read loop runs
    bool watching;   // the timer looks at the paces
};

struct client {
    struct list link;
    struct proxy_worker *worker;
    struct proxy_generation *generation; // its exchanges begin under it
    const struct snapshot *snapshot;     // of the generation; holds the listener
    const struct policy_listener *listener;
    const struct client_protocol *protocol;
    struct exchange_origin origin;
    struct client_admission
        *admission; // what address filters hold for this connection; NULL without
    struct loop_timer timer;
    struct loop_task task; // goes on in the next turn
    enum client_phase phase;
    unsigned busy;
    bool reset;       // how it is closed
    bool is_counted;  // in the count per address
    bool is_held;     // in the worker's count of such
    bool is_outdated; // the newest policy has another listener in place of this one
    uint64_t accepted_ns, accepted_wall_ns;

    char *buffer;      // PROXY header or request head being read; from generation->heads
    size_t buffered;   // octets in it
    uint32_t requests; // begun on this connection
    struct client_http1 http1;
    struct client_http2 *http2; // NULL while another protocol is spoken
    struct transport transport; // at the end: TLS needs more room behind it
};

// Takes over an accepted descriptor.
void client_accept(struct proxy_worker *w, const struct policy_listener *listener, int fd,
                   const struct addr *peer);
// Closes a descriptor nobody has room for.
void client_refuse_socket(int fd);
// Ends the connection now, whatever it does: what runs is recorded with that outcome.
void client_close_for(struct client *c, struct outcome why);
// Has brought no octet of a request, and has none under way.
bool client_is_silent(const struct client *c);
// Goes over to the worker's newest policy, if that has the same listener and the client is at a
// point where it can; if it has not, the connection ends with what is under way.
void client_renew(struct client *c);
// Goes on in the next turn with what it may have put off.
void client_wake(struct client *c);
struct list *client_link(struct client *c);
struct client *client_of_link(struct list *link);

// For protocols.
void client_enter(struct client *c);
void client_leave(struct client *c); // may free c
// The connection is over; it is freed later. `reset` where an incomplete message
// must not look complete.
void client_close(struct client *c, bool reset);
// Says the end, reads off what still comes for a moment, then closes.
void client_linger(struct client *c);
// Closes after a while in which nothing is read: who sends without pause is
// stopped by its own kernel and comes back late.
void client_hold(struct client *c);
// Records an end without a request; only the first of a connection counts.
void client_record_connection(struct client *c, struct outcome why);

#endif

// SPDX-License-Identifier: Apache-2.0
// One request and its response: the conductor. It walks over named steps (see the table in
// exchange.c), waits where a step has to wait, and ends in exactly one audit record. It steers and
// parses nothing; which protocol brought the request it does not know: the client's side stands
// behind struct exchange_stream.
#ifndef YETT_PROXY_EXCHANGE_H
#define YETT_PROXY_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/record.h"
#include "backend/call.h"
#include "backend/group.h"
#include "base/arena.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/list.h"
#include "filter/chain.h"
#include "http/head.h"
#include "http/message.h"
#include "io/loop.h"
#include "policy/snapshot.h"
#include "proxy/client_address.h"
#include "proxy/outcome.h"
#include "proxy/worker.h"
#include "base/tls_facts.h"

struct exchange;
struct judge_job;

enum { PROXY_TUNNEL_KEY_LEN = 24 };

// The side that asked, one record per protocol. `stream` is the exchange's `stream`.
struct exchange_stream {
    void (*send_continue)(void *stream);
    // Keeps the head until body octets, an end or a flush come, so that a small response is one
    // write. `m` stays valid as long as the exchange. False, and nothing kept: it is larger than
    // any head may be.
    bool (*send_head)(void *stream, struct http_outgoing *m);
    void (*send_body)(void *stream, struct slice data, bool last);
    // Fields to go behind the body, before its last octets are given; copied. NULL: the protocol
    // has none for this client.
    void (*set_trailers)(void *stream, const struct http_fields *f);
    void (*flush)(void *stream);
    bool (*head_is_out)(const void *stream); // else the head given may still be replaced by another
    size_t (*pending)(const void *stream);   // octets the client has not taken; exchange_drained
                                             // comes when they have gone
    void (*want_body)(
        void *stream); // deliver request body octets (exchange_body) until told to stop
    void (*stop_body)(void *stream);
    void (*finished)(
        void *stream); // the response was handed over completely; the exchange may be freed
    void (*abort)(void *stream); // break off, visibly incomplete; the exchange may be freed
};

// What is known of the connection; the exchange keeps a copy.
struct exchange_origin {
    const struct policy_listener *listener;
    struct addr peer;   // who is connected
    struct addr source; // the same, or whom the PROXY header named
    bool by_proxy_header;
    bool is_tls;
    struct tls_facts tls;
    uint64_t tls_ns; // duration of the handshake, for the first exchange of a connection; else
                     // UINT64_MAX
};

// Where the request body goes as it comes.
enum exchange_body_state {
    EXCHANGE_BODY_UNREAD,  // nobody wants it yet
    EXCHANGE_BODY_HOLDING, // into `held`, for a filter or until the backend is there
    EXCHANGE_BODY_FORWARDING,
    EXCHANGE_BODY_COMPLETE,
};

struct exchange {
    struct proxy_worker *worker;
    struct proxy_generation *generation;
    struct snapshot *snapshot; // of the generation
    const struct exchange_stream *ops;
    void *stream;
    struct exchange_origin origin;
    struct arena arena;
    struct list link; // in worker->unrecorded while it waits for room in the ring
    char id[PROXY_ID_LEN];
    uint64_t started_ns, started_wall_ns;
    struct http_request request;
    bool has_request; // a request line could be read
    struct client_address client;
    char client_text[ADDR_TEXT_MAX];
    const struct policy_route *route;
    const struct policy_limits *limits; // the route's, or the policy's
    unsigned step;                      // index into the table of steps

    struct filter_notes notes;
    struct filter_run filter_run;
    struct filter_verdict verdict; // of the filter that ended the chain
    struct audit_ban ban;          // that it earned, or was refused for
    bool was_allowed;              // an ALLOW: later phases are skipped
    struct judge_job *job;         // runs in the offload pool
    uint64_t filters_ns;           // spent in checks on the loop

    enum exchange_body_state body_state;
    char *held; // request body octets kept back
    size_t held_len, held_cap;
    size_t inspect_limit;   // octets the filters asked for; 0: none
    bool held_is_all;       // the body ended inside `held`
    bool body_stopped;      // the client's side was told to stop for backpressure
    bool wants_first_piece; // holding ends with the first octets
    bool continue_sent;
    uint64_t body_received;

    struct backend_group *group;
    struct backend_member *member;
    struct backend_call *call;
    uint64_t tried;            // bits of the members that failed
    bool wants_tunnel;         // asked for WebSocket, where the route allows it
    bool is_tunnel;            // the backend has agreed: octets flow both ways until a side ends
    uint64_t tunnel_opened_ns; // 0: a filter may still refuse it
    uint64_t tunnel_until_ms;  // on the loop's clock
    const char *tunnel_end;    // which side ended first, for the record
    char tunnel_key[PROXY_TUNNEL_KEY_LEN]; // that we have sent the backend
    bool fresh;                            // the next try must not use a pooled connection
    struct audit_attempt attempts[AUDIT_ATTEMPTS_MAX];
    unsigned attempt_count;
    uint64_t attempt_started_ns, connect_ns, first_byte_ns;
    bool insecure;
    uint64_t total_deadline_ms; // for all tries together; 0: none
    bool body_forwarded;        // octets beyond `held` were sent: no second try is possible
    struct loop_timer timer;    // the deadline of whatever the backend owes now
    enum proxy_outcome timer_outcome;
    uint64_t delivered; // to the backend, when the clock of a stalled request was set

    struct http_response response; // facts of the backend's response
    bool response_came;            // its head has
    size_t response_limit;         // octets of its body that filters want to see first; 0: none
    char *response_held;           // kept back for them
    size_t response_held_len, response_held_cap;
    bool response_held_is_all;
    struct http_outgoing reply; // what goes to the client
    struct http_added_field *reply_fields;
    bool head_sent; // the head of the reply was given to the stream
    const struct http_fields *request_trailers, *response_trailers; // NULL: none to go on
    uint64_t response_bytes;
    char *last; // end of the response, held back until the record is in the ring; NULL: not held
    size_t last_len;
    bool last_is_heap;
    struct outcome outcome;
    uint32_t reset_code; // with which the backend broke the stream off, for the client; 0: another
    bool was_noted;      // filters have made their last notes
    bool recorded;
    bool ended; // nothing more to do but to be freed
};

// A new exchange that began now, under that generation. NULL without memory (the pool's ceiling
// counts).
MUST_USE struct exchange *exchange_new(struct proxy_generation *g,
                                       const struct exchange_stream *ops, void *stream,
                                       const struct exchange_origin *origin);
// After finished or abort was called, or before it began.
void exchange_free(struct exchange **ex);

// The request stands in ex->request: walk.
void exchange_begin(struct exchange *ex);
// The request cannot be served: answers `reason`'s status. ex->request holds what could be read of
// it.
void exchange_refuse(struct exchange *ex, struct outcome outcome);
// How many body octets the exchange can take now: the stream reads no more at once.
size_t exchange_body_room(const struct exchange *ex);
// Trailers of the request, before the last octets of its body; they live as long as the exchange.
// Go on where the route is one for gRPC, elsewhere nobody wants them.
void exchange_trailers(struct exchange *ex, struct http_fields *f);
// Request body octets, as asked for by want_body. Behind the last of a tunnel the backend may go
// on.
void exchange_body(struct exchange *ex, struct slice data, bool last);
// The body is broken, too slow or too large: an answer if none has begun, else the end.
void exchange_body_failed(struct exchange *ex, struct outcome outcome);
// The client took all that was pending.
void exchange_drained(struct exchange *ex);
// The client is gone or must go: no further call to the stream will come but the exchange's end is
// recorded. Free it then.
void exchange_client_gone(struct exchange *ex, struct outcome outcome);
// The ring has room again: gives out what was held back. False when the ring is full once more.
bool exchange_ring_has_room(struct exchange *ex);

// Inside the room: used by attempt.c, relay.c, reply.c, judge.c.
// Is the client itself connected, with nobody who speaks for it?
bool exchange_is_direct(const struct exchange *ex);
bool exchange_has_body(const struct exchange *ex);
// The response is complete but for its end, which waits for the ring: nobody else is waited for.
static inline bool exchange_is_held(const struct exchange *ex)
{
    return ex->last != NULL;
}
void exchange_walk(struct exchange *ex); // goes on with the next step
void exchange_fail(struct exchange *ex,
                   struct outcome outcome); // ends with a page of the gateway, or breaks off
void exchange_deny(struct exchange *ex);    // ends as ex->verdict says
void exchange_send_reply(struct exchange *ex,
                         struct slice body); // the whole of ex->reply with this body
void exchange_end_response(struct exchange *ex,
                           struct slice data); // the last octets of the response

#endif

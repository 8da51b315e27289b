// SPDX-License-Identifier: Apache-2.0
// What one worker thread owns: its loop, connections, backend pools, memory. Nothing in it is
// touched by another thread; what workers share (snapshot, audit rings' other end, connection
// counts, offload pool) is named in struct proxy_shared.
#ifndef YETT_PROXY_WORKER_H
#define YETT_PROXY_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/pool.h"
#include "io/io_context.h"
#include "io/loop.h"
#include "policy/snapshot.h"

struct audit;
struct audit_record;
struct audit_ring;
struct bans;
struct client;
struct client_count;
struct client_offences;
struct filter_worker;
struct http2_memory;
struct ledger;
struct offload;
struct proxy_generation;
struct refusals;

enum {
    PROXY_ID_LEN = 32,
    PROXY_KEEP_BLOCKS = 64,      // unused blocks a pool keeps
    PROXY_HTTP2_OUT = 64 * 1024, // frames sent in one write
};

// Shared by the workers of a process. Made before the first and freed after the last of them.
struct proxy_shared {
    struct audit *audit;
    struct offload *offload;
    _Atomic uint32_t connections;      // open client connections
    _Atomic uint32_t connections_max;  // the policy's limit, lowered to what descriptors allow
    struct client_count *client_count; // per address
    struct client_offences *client_offences;
    struct bans *bans;
};

// Figures for people; written by the worker alone, read by anybody.
struct proxy_counters {
    _Atomic uint64_t accepted, refused_full, shed, requests, denied, failed, banned;
};

// How much a connection deserves to live when the table is full; each class is a list, the oldest
// first.
enum client_class { CLIENT_IDLE, CLIENT_STARTING, CLIENT_BUSY, CLIENT_CLASSES };

struct proxy_worker {
    struct proxy_shared *shared;
    struct loop *loop;
    struct io_context io;
    struct proxy_generation *generation; // what connections and exchanges begin under
    struct list generations;             // all that are still used, that one among them
    struct loop_task sweep;              // frees those that are not
    struct audit_ring *ring;
    struct filter_worker *filter_worker;
    struct pool exchanges;
    struct pool arena_blocks; // of exchanges
    struct pool streams;      // of HTTP/2
    struct pool octets;       // blocks of bodies that wait for their stream (base/octet_queue.h)
    struct http2_memory *http2_memory;
    char *bulk;         // request bodies on their way through: IO_BULK
    char *backend_bulk; // as backend_context has them
    char *backend_head_out;
    char *backend_http2_in; // NULL as long as no backend speaks HTTP/2
    char *backend_http2_out;
    struct buf head_out;  // response heads being written
    struct buf record;    // the audit line being written
    struct buf http2_out; // frames on their way to one connection
    struct list clients[CLIENT_CLASSES];
    uint32_t connections;      // in all classes
    uint32_t connections_peak; // since memory was given back last
    uint32_t held;             // of those that went too far, kept waiting for the end
    struct loop_timer trim;
    struct loop_timer show; // how servers are (proxy/show_servers.h)
    struct list unrecorded; // exchanges that hold back their end until the ring has room
    struct list backlog;    // lines of ended exchanges that found the ring full
    size_t backlog_octets;
    struct refusals *refusals;        // records of connections that come in vain again and again
    struct loop_message ring_message; // the ring has room again
    _Atomic bool ring_message_posted;
    struct hash_key id_keys[2];
    uint64_t id_count;
    char date[CLOCK_HTTP_LEN]; // of `date_s`
    uint64_t date_s;
    bool draining;
    void (*on_drained)(void *owner); // after proxy_worker_drain, when the last connection has gone
    void *owner;
    struct proxy_counters counters;
    struct ledger *ledger; // read by anybody
};

// A worker for `snapshot` (a reference is taken); `index` chooses the audit ring. False without
// memory.
MUST_USE bool proxy_worker_init(struct proxy_worker *w, struct proxy_shared *shared,
                                struct loop *loop, struct snapshot *snapshot, unsigned index);
// Breaks off what is still open. Before it, proxy_worker_forgo_records.
void proxy_worker_clear(struct proxy_worker *w);
// From here on everything begins under `snapshot` (a reference is taken). Connections of listeners
// that it has unchanged go over to it before their next request; others end with their exchange.
// False without memory: nothing has changed.
MUST_USE bool proxy_worker_adopt(struct proxy_worker *w, struct snapshot *snapshot);
// Are records of ended exchanges waiting for room in the ring?
bool proxy_worker_owes_records(const struct proxy_worker *w);
// No room will come in time: counts them as lost, which the audit log tells.
void proxy_worker_forgo_records(struct proxy_worker *w);
// Would a newcomer be refused: is there no place, and nobody here who could give one up?
MUST_USE bool proxy_worker_is_full(const struct proxy_worker *w);
// Another worker is full: closes the connection that deserves least, unless there is a place again.
// False when there is still none.
MUST_USE bool proxy_worker_give_place(struct proxy_worker *w);
// Takes over an accepted descriptor.
void proxy_worker_accept(struct proxy_worker *w, const struct policy_listener *listener, int fd,
                         const struct addr *peer);
// Descriptors ran out: closes the connections that deserve least, so that those kept in the backlog
// come in.
void proxy_worker_relieve(struct proxy_worker *w);
// Idle connections are closed, running exchanges finish and say Connection: close; `on_drained` is
// called when none is left.
void proxy_worker_drain(struct proxy_worker *w, void (*on_drained)(void *), void *owner);
// The drain limit has come: breaks off what still runs.
void proxy_worker_break_off(struct proxy_worker *w);

// Inside the room.
// Makes room for response heads of that size from a backend; false without memory.
MUST_USE bool proxy_worker_fit(struct proxy_worker *w, size_t response_head);
// Whether a request that begins now is to be turned away, as its record might find no room.
MUST_USE bool proxy_worker_sheds(const struct proxy_worker *w);
// A fresh id for an exchange or connection event: PROXY_ID_LEN hex digits.
void proxy_worker_id(struct proxy_worker *w, char *out);
// The current Date.
struct slice proxy_worker_date(struct proxy_worker *w);
// Moves a connection to the end of a class; counts and frees are the client's.
void proxy_worker_classify(struct proxy_worker *w, struct client *c, enum client_class class);
void proxy_worker_forget(struct proxy_worker *w, struct client *c);
// A place in the table is free again.
void proxy_worker_uncount(struct proxy_worker *w);
// Puts the record into the ring; false when it is full and the policy is to wait.
MUST_USE bool proxy_worker_record(struct proxy_worker *w, const struct audit_record *r);
// The same for what has ended already: kept in the backlog when the ring is full. A record that
// stands for many adds nothing to the counters: each of them was counted when it was refused.
void proxy_worker_record_ended(struct proxy_worker *w, const struct audit_record *r);
// Counts what is recorded later, in a sum.
void proxy_worker_count(struct proxy_worker *w, const struct audit_record *r);

#endif

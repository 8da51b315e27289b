// SPDX-License-Identifier: Apache-2.0
// One producer, one consumer, octets of whole lines between them, in memory mapped from a file:
// header, then `size` octets, mapped twice one behind the other, so that no line ever wraps.
// Positions count octets since the ring was made and never turn back. The header tells a later
// process what the sinks have: see drain.h for the order of the stores. Only the death of the
// process is survived by this, not that of the machine: nothing is synced.
#ifndef YETT_AUDIT_RING_H
#define YETT_AUDIT_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "base/attr.h"
#include "base/slice.h"

struct bell;

#define RING_PREFIX ".yett-audit-"
#define RING_SUFFIX ".ring"
#define RING_MAGIC  0x676e695274746559u // "YettRing" in the file

enum {
    RING_VERSION = 1,
    RING_SINKS_MAX = 8,
    RING_BYTES_MAX = 1 << 30,
    RING_OWN_BYTES = 64 * 1024, // of the writer's own ring, for what it has to say itself
};

// What a write was about to do when it began: octets [from, to) of the ring to `offset` of that
// file.
struct ring_intent {
    uint64_t dev, ino, offset;
    uint64_t from, to;
};

// Progress of one sink.
struct ring_slot {
    _Atomic uint64_t sink; // who it is (sink.h); 0: free
    _Atomic uint64_t done; // a line begins here, and all before is in the sink
    _Atomic uint32_t
        armed; // 0: no write began since `done`; else intents[armed - 1] is the last that did
    uint32_t reserved;
    struct ring_intent intents[2];
};

struct ring_header {
    _Atomic uint64_t magic; // stored last
    uint32_t version;
    uint32_t header_bytes;
    uint64_t size;
    _Alignas(64) _Atomic uint64_t tail; // the producer's: end of the last line
    _Atomic uint64_t dropped;           // lines there was no room for
    _Alignas(64) _Atomic uint64_t head; // the writer's: all sinks have what is before
    _Atomic uint64_t told;              // of `dropped`, how many the log was told of
    _Alignas(64) struct ring_slot slots[RING_SINKS_MAX];
};

struct audit_ring {
    struct ring_header *header; // NULL: records go nowhere
    char *data;
    size_t size, header_bytes;
    int fd; // holds the lock
    char *path;
    struct bell *bell;
    enum audit_when_full when_full;
    bool is_adopted;         // of a dead process: goes when it is empty
    struct audit_ring *next; // in the writer's list

    _Alignas(64) uint64_t tail; // the producer's own copies and counts
    uint64_t head_seen;
    uint64_t nudged_at;
    _Atomic uint64_t records, bytes;

    _Alignas(64) _Atomic bool is_waiting; // a put was refused; on_space is owed
    void (*on_space)(void *ctx);
    void *on_space_ctx;

    struct ring_progress {
        struct ring_slot *slot;
        uint64_t cursor; // octets given to the sink so far; not at `done` when a line is torn
    } progress[RING_SINKS_MAX]; // of each sink, the writer's own
};

// Octets at position `at`; contiguous as far as the ring goes.
static inline char *ring_at(const struct audit_ring *r, uint64_t at)
{
    return r->data + (at & (r->size - 1));
}

// ring.c: the producer's side, and what both need
// The line goes in if there is room.
MUST_USE bool ring_push(struct audit_ring *r, struct slice line);
// Position behind the line that `at` lies in; `at` is before the tail.
uint64_t ring_line_end(const struct audit_ring *r, uint64_t at, uint64_t tail);
// Beginning of the line that `at` lies in; `from` is the beginning of an earlier line.
uint64_t ring_line_begin(const struct audit_ring *r, uint64_t from, uint64_t at);
// Gives back to the producer what all sinks have, and tells it if it waits.
void ring_release(struct audit_ring *r, size_t sink_count);

// ring_file.c
// A new ring file in `spool`, all of its space allocated, locked and mapped. False with a sentence.
MUST_USE bool ring_create(struct audit_ring *r, const char *spool, unsigned index, size_t size,
                          char *why, size_t why_cap);
// Maps the file of r->fd by r->size and r->header_bytes.
MUST_USE bool ring_map(struct audit_ring *r);
size_t ring_header_bytes(void);
// Whether `path` still names the file of `fd`.
bool ring_is_named(int fd, const char *path);
// Unmaps and unlocks; with `remove` the file goes too.
void ring_close(struct audit_ring *r, bool remove);

#endif

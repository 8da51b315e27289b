// SPDX-License-Identifier: Apache-2.0
// What start and stop (audit.c), the writer's thread (writer.c) and recovery (recover.c) share.
#ifndef YETT_AUDIT_AUDIT_INTERNAL_H
#define YETT_AUDIT_AUDIT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/bell.h"
#include "audit/ring.h"
#include "audit/sink.h"

struct audit {
    struct sink sinks[RING_SINKS_MAX];
    size_t sink_count;
    struct audit_ring *rings; // of the workers
    unsigned ring_count;
    struct audit_ring *own; // the writer is its producer as well
    struct audit_ring
        *drained; // list of all that the writer drains: adopted ones first, as they are older
    struct bell bell;
    pthread_t thread;
    uint64_t next_tell_ns; // of losses
    uint64_t deadline_ns;  // of stopping
    _Atomic bool is_stopping;
    _Atomic bool wants_reopen;
    _Atomic uint64_t write_errors;
};

// `count` rings in zeroed memory, or NULL.
MUST_USE struct audit_ring *ring_alloc(size_t count);

// recover.c: takes the ring files in `spool` that no process holds into the list of those to drain.
void recover_rings(struct audit *a, const char *spool);
// Gives each sink its slot in the ring's header: new for a new ring, the one it had for an old one.
void ring_attach(struct audit_ring *r, const struct sink *sinks, size_t sink_count);

// writer.c: whether all sinks have all of the ring, and the log was told of what it lost.
bool writer_is_through(const struct audit *a, const struct audit_ring *r);
// The thread, with a struct audit.
void *writer_run(void *audit);

#endif

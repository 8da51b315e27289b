// SPDX-License-Identifier: Apache-2.0
// One worker thread: a loop, the proxy on it, and a listening socket of its own for every listener.
#ifndef YETT_SERVER_WORKER_H
#define YETT_SERVER_WORKER_H

#include <semaphore.h>
#include <stdbool.h>

#include "base/attr.h"

struct proxy_shared;
struct proxy_worker;
struct snapshot;
struct worker;

// Opens nothing: `sockets[i]` is the listening socket for listener i of the snapshot, taken over.
// NULL without memory or thread; then the sockets are closed.
MUST_USE struct worker *worker_start(struct proxy_shared *shared, struct snapshot *snapshot,
                                     unsigned index, int *sockets);
// Workers share the places for connections, and each can only close its own: one without a place
// asks `next`, which asks its own next; the row ends where it began. Callable from any thread.
void worker_link(struct worker *w, struct worker *next);
// What a worker goes over to.
struct worker_change {
    struct snapshot *snapshot;
    const int *former; // for each of its listeners: which of the snapshot before stands on the same
                       // socket; -1: none
    int *sockets;      // for each of the others: a socket that listens, taken over
    sem_t ended;       // initialised to 0
    bool done;
};
// From another thread: waits until the worker has gone over to it. False when it could not, for
// want of memory or descriptors: then it goes on as before.
MUST_USE bool worker_change(struct worker *w, struct worker_change *c);
// From another thread: stops accepting, lets exchanges finish.
void worker_drain(struct worker *w);
// From another thread: breaks off what still runs.
void worker_break_off(struct worker *w);
// Has the thread ended by itself (drained)?
bool worker_has_ended(const struct worker *w);
// For reading its counters.
const struct proxy_worker *worker_proxy(const struct worker *w);
// An end in steps, since others still speak to a worker's loop when its thread has gone: jobs in
// the offload pool, and the audit writer, which in turn needs what the worker has to say to the
// last.
// 1. Waits for the thread, which must drain or be broken off.
void worker_join(struct worker *w);
// 2. When no job runs any more: takes what was said to the loop. False while records still wait for
// room in the ring; call again.
bool worker_settle(struct worker *w);
// 3. Counts as lost what has found no room.
void worker_forgo_records(struct worker *w);
// 4. When the audit writer has ended, too.
void worker_free(struct worker **w);

#endif

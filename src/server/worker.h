// SPDX-License-Identifier: Apache-2.0
// One worker thread: a loop, the proxy on it, and a listening socket of its own for every listener.
#ifndef YETT_SERVER_WORKER_H
#define YETT_SERVER_WORKER_H

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
// From another thread: stops accepting, lets exchanges finish.
void worker_drain(struct worker *w);
// From another thread: breaks off what still runs.
void worker_break_off(struct worker *w);
// Has the thread ended by itself (drained)?
bool worker_has_ended(const struct worker *w);
// For reading its counters.
const struct proxy_worker *worker_proxy(const struct worker *w);
// Waits for the thread, which must drain or be broken off, and frees everything.
void worker_join(struct worker **w);

#endif

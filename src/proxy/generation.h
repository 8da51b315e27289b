// SPDX-License-Identifier: Apache-2.0
// What one worker made of one snapshot: groups of backends with their connections, and memory whose
// size the policy decides. A reload makes a new one; the old one lives on with the exchanges and
// connections that began under it, each of which holds a reference. References are counted by the
// worker's thread alone. The snapshot goes with the generation.
#ifndef YETT_PROXY_GENERATION_H
#define YETT_PROXY_GENERATION_H

#include "backend/group.h"
#include "base/attr.h"
#include "base/list.h"
#include "base/pool.h"
#include "http2/server.h"

struct proxy_worker;
struct snapshot;

struct proxy_generation {
    struct list link; // in worker->generations
    unsigned references;
    struct proxy_worker *worker;
    struct snapshot *snapshot;
    struct pool heads; // request heads: one for each connection that is reading one or has an
                       // exchange
    struct backend_context backend_context;
    struct backend_group *groups;
    struct http2_server_limits http2_limits;
};

// For `snapshot` (a reference is taken); one reference is the caller's. NULL without memory.
MUST_USE struct proxy_generation *generation_new(struct proxy_worker *w, struct snapshot *snapshot);
struct proxy_generation *generation_ref(struct proxy_generation *g);
// Clears *g. Who gives up the last reference may be called by a backend's connection: it is freed
// in the next turn of the loop.
void generation_unref(struct proxy_generation **g);
// Frees what waits for it; all of them when the worker ends.
void generation_sweep(struct proxy_worker *w);

#endif

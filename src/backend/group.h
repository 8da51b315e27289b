// SPDX-License-Identifier: Apache-2.0
// The changing side of backends, one for each worker: open connections, TLS sessions, counts of
// outstanding requests, and what was learned about sick servers. Nothing here is shared, so nothing
// is locked.
#ifndef YETT_BACKEND_GROUP_H
#define YETT_BACKEND_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/config.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/list.h"
#include "base/pool.h"
#include "io/io_context.h"
#include "io/loop.h"
#include "tls/client_context.h"

struct backend_health;
struct http2_memory;

// What connections of one worker share.
struct backend_context {
    struct io_context *io;
    char *bulk;          // plaintext on its way through, full only inside a call: IO_BULK octets
    char *head_out;      // heads being written: BACKEND_HEAD_OUT octets
    struct pool buffers; // response heads; block_size is the largest head any backend may send
    // For backends with HTTP/2; nothing is in them where there are none.
    char *http2_in;          // frames, full only while they are fed: IO_BULK octets
    struct buf http2_out;    // frames on their way to one connection
    struct pool http2_calls; // blocks of backend_http2_call_size
    struct pool *octets;     // blocks of bodies that wait (base/octet_queue.h)
    struct http2_memory *http2_memory;
};

enum { BACKEND_HEAD_OUT = 128 * 1024 };

struct backend_member {
    const struct backend_server *server;
    const struct backend_config *config;
    struct backend_context *context;
    struct list idle; // unused connections, the newest first
    unsigned idle_count;
    struct list sessions; // HTTP/2: connections that take further calls, the oldest first
    unsigned outstanding; // exchanges under way
    unsigned open;        // connections, used or not
    unsigned next_address;
    int64_t credit; // smooth weighted round robin
    struct tls_session session;
    unsigned failures;             // in a row
    uint64_t shunned_until_ms;     // after failures; passed over while others are well
    bool is_sick;                  // by health check
    struct backend_health *health; // NULL without
};

struct backend_group {
    const struct backend_config *config;
    struct backend_member *members;
    unsigned count;
    unsigned retry_credit; // what further tries are paid from
};

// One group per backend of the snapshot, in the same order. NULL without memory.
MUST_USE struct backend_group *backend_groups_new(struct backend_context *context,
                                                  const struct backend_config *configs,
                                                  size_t count);
// Before the new groups serve in place of the old: servers of the same backend with the same url
// are taken for as well or ill as they were.
void backend_groups_inherit(struct backend_group *groups, size_t count,
                            const struct backend_group *old, size_t old_count);
// Closes all connections; none may be in use.
void backend_groups_free(struct backend_group **groups, size_t count);

// The member to try next; `tried` has a bit for each member that failed this exchange already.
// Backup servers only when none of the others is well, sick and shunned members only when no other
// is left. NULL when all were tried.
MUST_USE struct backend_member *backend_group_pick(struct backend_group *g, uint64_t tried);
unsigned backend_group_index(const struct backend_group *g, const struct backend_member *m);
// Further tries must not become a storm when all servers are ill: each first try earns a fifth of
// one, and there are never more than a hundred in store. False when there is nothing left.
void backend_group_earn_retry(struct backend_group *g);
MUST_USE bool backend_group_spend_retry(struct backend_group *g);
// What became of a try: a connection or protocol failure counts against the member, an answer for
// it.
void backend_member_failed(struct backend_member *m);
void backend_member_answered(struct backend_member *m);

#endif

// SPDX-License-Identifier: Apache-2.0
// The supervisor's own state, shared by the files of the room: server.c (life), sockets.c,
// reload.c.
#ifndef YETT_SERVER_SERVER_INTERNAL_H
#define YETT_SERVER_SERVER_INTERNAL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "admin/admin.h"
#include "base/attr.h"
#include "policy/snapshot.h"
#include "proxy/worker.h"
#include "server/worker.h"

// Snapshots that were replaced: exchanges and connections may still use them. The supervisor keeps
// the last reference, so that no worker spends its time on freeing them.
struct server_retired {
    struct snapshot **items;
    size_t count, cap;
};

struct server {
    struct snapshot *snapshot;
    struct snapshot *audit_snapshot; // whose sinks the audit writer uses, to the end
    struct server_retired retired;
    struct proxy_shared shared;
    struct ban_keeper *ban_keeper; // NULL: bans end with the process
    struct worker **workers;
    struct admin *admin; // NULL without
    struct admin_view view;
    unsigned worker_count; // that run
    sigset_t signals;
    uint64_t files_seen;    // policy_look_at_files at the last look
    uint64_t files_refused; // when they were no good
};

// A socket of the listener for each worker into `out`; one line to the log when the system refuses.
// Those that were opened stay the caller's to close.
MUST_USE bool server_open_listener(const struct policy_listener *l, int *out, size_t stride,
                                   unsigned workers);
void server_close_sockets(int *sockets, size_t count);
// The policy's limit, lowered to what descriptors allow.
uint32_t server_connections(const struct snapshot *s);
void server_warn_of_insecure_backends(const struct snapshot *s);
MUST_USE bool server_start_admin(struct server *s);

// Reads the policy anew and goes over to it, or says why not and changes nothing.
void server_reload(struct server *s);
// The same of the policy that is in force, when files it names have changed and are quiet again.
void server_look_at_files(struct server *s);
// Frees replaced snapshots that nobody uses any more. True when some are left.
bool server_sweep(struct server *s);

#endif

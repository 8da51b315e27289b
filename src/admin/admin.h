// SPDX-License-Identifier: Apache-2.0
// The admin listener: for people and monitors on this machine, on a thread of its own, so that it
// answers when the workers have no time. One request per connection:
//   /         a page that shows /status to people (admin/page.html)
//   /healthz  200 as long as the process lives
//   /readyz   200 while new connections are taken, 503 once the gateway drains
//   /metrics  counters in the text format of Prometheus
//   /bans     who is banned; bans and lifts by hand (admin/bans.h)
//   /status   all of it as JSON (admin/status.h)
//   /reload   POST: as SIGHUP does, and answers what became of it
#ifndef YETT_ADMIN_ADMIN_H
#define YETT_ADMIN_ADMIN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "admin/reload_order.h"
#include "base/attr.h"

struct admin;
struct proxy_shared;
struct proxy_worker;
struct policy_admin;
struct snapshot;

// What is shown. Belongs to the server and outlives the admin listener; but for the snapshot only
// atomics are read.
struct admin_view {
    const struct proxy_worker **workers;
    unsigned worker_count;
    const struct proxy_shared *shared;
    pthread_mutex_t lock;
    struct snapshot *snapshot; // in force, under the lock; one reference
    struct reload_orders orders;
    _Atomic bool is_draining;
    uint64_t started_wall_s;
    _Atomic uint64_t reloads, reloads_failed; // of the policy, since the start
    _Atomic uint64_t loaded_wall_s;           // when the policy in force was loaded
};

// Shows that snapshot from now on, of which a reference is taken; NULL: none.
void admin_view_show(struct admin_view *view, struct snapshot *snapshot);
// A reference to what is shown, for the caller to give back; NULL when nothing is.
struct snapshot *admin_view_take(struct admin_view *view);

enum { ADMIN_PLACE_TEXT_MAX = 160 };

// Listens and serves; NULL with errno when the system refuses.
MUST_USE struct admin *admin_start(const struct policy_admin *policy, struct admin_view *view);
// Where it is reached, into out[ADMIN_PLACE_TEXT_MAX].
void admin_place(const struct admin *a, char *out);
// Goes on under `policy` if that has it at the same place; else false.
MUST_USE bool admin_adopt(struct admin *a, const struct policy_admin *policy);
// Answers what waits for a reload, ends the thread and closes what is open.
void admin_stop(struct admin **a);

#endif

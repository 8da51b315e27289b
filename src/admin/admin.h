// SPDX-License-Identifier: Apache-2.0
// The admin listener: for people and monitors on this machine, on a thread of its own, so that it
// answers when the workers have no time. GET only, one request per connection:
//   /healthz  200 as long as the process lives
//   /readyz   200 while new connections are taken, 503 once the gateway drains
//   /metrics  counters in the text format of Prometheus
#ifndef YETT_ADMIN_ADMIN_H
#define YETT_ADMIN_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"

struct admin;
struct audit;
struct proxy_shared;
struct proxy_worker;

// What is shown. Belongs to the server and outlives the admin listener; only atomics are read.
struct admin_view {
    const struct proxy_worker **workers;
    unsigned worker_count;
    const struct proxy_shared *shared;
    _Atomic bool is_draining;
    _Atomic uint64_t reloads, reloads_failed; // of the policy, since the start
    _Atomic uint64_t loaded_wall_s;           // when the policy in force was loaded
};

// Listens and serves; NULL with errno when the system refuses. `bind` gets the port that was chosen
// when it was 0.
MUST_USE struct admin *admin_start(struct addr *bind, const struct admin_view *view);
// Ends the thread and closes what is open.
void admin_stop(struct admin **a);

#endif

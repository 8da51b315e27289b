// SPDX-License-Identifier: Apache-2.0
// The figures of all workers as one: their ledgers (proxy/ledger.h) and counters.
#ifndef YETT_ADMIN_LEDGERS_H
#define YETT_ADMIN_LEDGERS_H

#include <stddef.h>
#include <stdint.h>

#include "proxy/ledger.h"

struct admin_view;

// The sum of the counter that lies at `offset` in each ledger.
uint64_t ledgers_sum(const struct admin_view *view, size_t offset);
// The same of struct proxy_counters.
uint64_t ledgers_sum_counters(const struct admin_view *view, size_t offset);
// Tells of each name of that kind once, with the sums of its counts (of an end of ejection: the
// latest). What is counted together for want of room is told of when there is any.
typedef void ledgers_tell_fn(void *ctx, const struct ledger_entry *e,
                             const uint64_t sums[LEDGER_COUNTS]);
void ledgers_each(const struct admin_view *view, enum ledger_kind kind, ledgers_tell_fn *tell,
                  void *ctx);

#endif

// SPDX-License-Identifier: Apache-2.0
// Reloads ordered by hand: the admin thread asks with SIGHUP, as a person would, and looks for the
// outcome now and then; the supervisor never waits for it, nor it for the supervisor, which may
// have to join it. Orders are numbered: a reload answers all that were given before it began.
#ifndef YETT_ADMIN_RELOAD_ORDER_H
#define YETT_ADMIN_RELOAD_ORDER_H

#include <stdbool.h>
#include <stdint.h>

struct admin_view;
struct buf;
struct problems;

// Of the orders; under the lock of the view.
struct reload_orders {
    uint64_t given, done;
    bool went_well;  // the last one
    char *report;    // its JSON
    char *complaint; // JSON of the last that failed; NULL: none did
    uint64_t failed_wall_s;
};

// For the admin thread: gives an order and returns its number, from 1 on.
uint64_t reload_order(struct admin_view *view);
// True when order `number` is done: the status, and its report in `out`.
bool reload_order_outcome(struct admin_view *view, uint64_t number, unsigned *status,
                          struct buf *out);
// For the supervisor, around a reload: how many orders it answers (0 when none was meant); and what
// became of it.
uint64_t reload_orders_begin(struct admin_view *view);
void reload_orders_end(struct admin_view *view, uint64_t answered, bool went_well,
                       const struct problems *problems);
void reload_orders_clear(struct reload_orders *o);

#endif

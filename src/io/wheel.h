// SPDX-License-Identifier: Apache-2.0
// A hierarchical timer wheel: the timers of a loop, without the clock. Level l has 64 slots of 64^l
// milliseconds each; a timer lies on the level of the highest base-64 digit in which its time
// differs from `now`. So the levels are ordered: everything on a lower level comes before
// everything on a higher one, and the next moment at which something is to be done is the lowest
// set bit of the first bitmap that is not empty. Timers of a coarse slot move down when it begins.
#ifndef YETT_IO_WHEEL_H
#define YETT_IO_WHEEL_H

#include <stdint.h>

#include "base/list.h"
#include "io/loop.h"

enum {
    WHEEL_LEVELS = 7, // 2^42 ms, 139 years since the clock began; later times are cut to that
    WHEEL_SLOTS = 64,
};

struct wheel {
    uint64_t now;
    uint64_t used[WHEEL_LEVELS]; // bit s: slot s of the level holds a timer
    struct list slots[WHEEL_LEVELS * WHEEL_SLOTS];
    struct list due; // reached, to be fired
};

void wheel_init(struct wheel *w, uint64_t now);
void wheel_set(struct wheel *w, struct loop_timer *t, uint64_t at_ms);
void wheel_cancel(struct wheel *w, struct loop_timer *t);
// When something is to be done next (a timer is due or a slot moves down); UINT64_MAX when nothing
// is armed.
uint64_t wheel_next(const struct wheel *w);
// Moves to `now` (never back) and fires what is due. A timer armed by a callback for a time already
// past waits for the next call.
void wheel_advance(struct wheel *w, uint64_t now);

#endif

// SPDX-License-Identifier: Apache-2.0
// How producers wake the writer without a system call per record: the writer looks around by itself
// every few milliseconds while there is traffic, and only when it sleeps without end does the next
// producer have to wake it.
#ifndef YETT_AUDIT_BELL_H
#define YETT_AUDIT_BELL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct bell {
    _Atomic uint32_t count; // of rings so far
    _Atomic bool asleep;    // the sleeper waits for the bell alone
};

enum { BELL_NO_LIMIT = -1 };

// Rings so far; taken before looking for work, so that a ring in between is not missed.
uint32_t bell_count(const struct bell *b);
// Sleeps until the bell rings (since `seen` was taken) or the time is over.
void bell_wait(struct bell *b, uint32_t seen, int timeout_ms);
void bell_ring(struct bell *b);
// To be called after work was published by a sequentially consistent store: rings if the sleeper
// had said before its last look (bell_lie_down) that it would sleep.
void bell_ring_if_asleep(struct bell *b);
// Says that the sleeper is about to sleep without end; it looks for work once more after this.
// bell_get_up takes it back.
void bell_lie_down(struct bell *b);
void bell_get_up(struct bell *b);

#endif

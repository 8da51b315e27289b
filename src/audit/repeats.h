// SPDX-License-Identifier: Apache-2.0
// Connections that are refused in the same way again and again, told in sums: the first of an
// address at once, the others together after a while, with their number. Fixed memory, for one
// thread. When a newcomer finds no room, the address whose sum would be due next is told early and
// makes room: nothing that was counted is ever lost.
#ifndef YETT_AUDIT_REPEATS_H
#define YETT_AUDIT_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/record.h"
#include "base/addr.h"
#include "base/attr.h"
#include "base/slice.h"

struct repeats;

enum { REPEATS_NAME_MAX = 64 }; // octets of a listener's name that are compared and kept

// What one is like. Two are alike when client (IPv6: its /64), reason and listener are.
struct repeat {
    struct addr client, peer;
    const char *reason;        // a constant
    const char *reason_text;   // constants, not compared
    const char *client_source; //
    struct audit_ban ban;      // neither
    struct slice listener;
    uint64_t wall_ns;
};

struct repeats_sum {
    struct repeat first; // of those that are told here
    uint64_t count;      // of them, at least 1
    uint64_t last_wall_ns;
};

// Sums of at most `max` (1..2^20) at once, each told `interval_ms` after the one before through
// `tell(ctx, ...)`. NULL without memory.
MUST_USE struct repeats *repeats_new(size_t max, uint64_t interval_ms,
                                     void (*tell)(void *ctx, const struct repeats_sum *sum),
                                     void *ctx);
// What was not told is not told: call repeats_settle_all before.
void repeats_free(struct repeats **r);
// Counts one at `now_ms` (monotonic). True: it is the first, which is not counted but the caller's
// to tell.
MUST_USE bool repeats_count(struct repeats *r, const struct repeat *one, uint64_t now_ms);
// Tells what is due. The time when something will be due next, or UINT64_MAX.
uint64_t repeats_settle(struct repeats *r, uint64_t now_ms);
// Tells all there is, and forgets everybody.
void repeats_settle_all(struct repeats *r);

#endif

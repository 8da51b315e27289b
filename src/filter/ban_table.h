// SPDX-License-Identifier: Apache-2.0
// Who is banned, until when and why: a bounded table shared by all workers. To ask whether an
// address is banned takes no lock and allocates nothing, and is one comparison while nobody is.
// Changes are rare and take a lock. A ban that has ended is remembered for a while, so that the
// next one of the same client lasts longer. When the table is full the ban that ends first (those
// that have ended before all others) makes room, and is counted as evicted.
//
// Times are milliseconds since 1970 on a clock of the caller's that never goes back.
#ifndef YETT_FILTER_BAN_TABLE_H
#define YETT_FILTER_BAN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/slice.h"

struct ban_table;

enum {
    BAN_TABLE_MIN = 16,
    BAN_TABLE_MAX = 1 << 18,
    BAN_BY_MAX = 64,
    BAN_REASON_MAX = 128,
};
// The longest ban, and the longest time one is remembered.
#define BAN_MS_MAX (UINT64_C(366) * 24 * 3600 * 1000)

struct ban {
    struct addr_prefix who;
    uint64_t since_ms, until_ms;
    uint32_t times;          // how often this client was banned, this time included
    uint64_t refused;        // what it was refused since
    char by[BAN_BY_MAX + 1]; // the filter, or "admin"
    char reason[BAN_REASON_MAX + 1];
};

struct ban_order {
    struct addr_prefix who;
    uint64_t for_ms; // of the first ban, 1..BAN_MS_MAX; each further one lasts twice as long,
    uint64_t max_ms; // but not longer than this
    bool is_exact;   // for_ms counts, whatever came before; replaces a ban that is in force
    struct slice by, reason; // cut where they are too long
};

struct ban_counts {
    uint64_t in_force;
    uint64_t added, evicted; // since the table was made
};

// At most `max` bans (BAN_TABLE_MIN..BAN_TABLE_MAX), about 350 octets each, which the system gives
// as they are used. NULL without memory.
MUST_USE struct ban_table *ban_table_new(size_t max);
void ban_table_free(struct ban_table **t);
// How long bans that have ended are remembered, 0..BAN_MS_MAX; from now on. 0 at first.
void ban_table_remember(struct ban_table *t, uint64_t ms);

// Is nobody banned now? May say no without need for a while after a ban was lifted.
bool ban_table_is_idle(const struct ban_table *t, uint64_t now_ms);
// Is it banned now? Exactly this prefix: the caller cuts addresses to what clients are counted by.
// A hit is counted in `refused`. *until_ms is written when it is.
MUST_USE bool ban_table_has(struct ban_table *t, const struct addr_prefix *who, uint64_t now_ms,
                            uint64_t *until_ms);
// Bans. False when a ban is in force already, which stays as it is. *out is what stands in the
// table then; may be NULL.
bool ban_table_add(struct ban_table *t, const struct ban_order *o, uint64_t now_ms,
                   struct ban *out);
// Puts a ban in as it was, from a file; older than what the table remembers it is left out.
void ban_table_restore(struct ban_table *t, const struct ban *b, uint64_t now_ms);
// Lifts a ban and forgets that there was one; false when none is in force.
bool ban_table_remove(struct ban_table *t, const struct addr_prefix *who, uint64_t now_ms);
// The same for all that lie in one of the prefixes.
void ban_table_remove_within(struct ban_table *t, const struct addr_prefix *prefixes, size_t count);

// Copies bans, also those that have ended and are remembered: at most `max` from place *at on (0
// first), which goes on to the next; 0 copied: all were seen. The lock is held for one call, so
// changes in between may be missed.
size_t ban_table_copy(struct ban_table *t, size_t *at, struct ban *out, size_t max);
struct ban_counts ban_table_counts(struct ban_table *t, uint64_t now_ms);
// Grows with each change that a file should know of.
uint64_t ban_table_changes(const struct ban_table *t);

#endif

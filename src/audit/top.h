// SPDX-License-Identifier: Apache-2.0
// What occurs most often, of a stream of any length, in memory that does not grow: when the table
// is full its rarest entries go, and from then on a new entry may have occurred as often as these
// before (`missed`). Counts are exact until then.
#ifndef YETT_AUDIT_TOP_H
#define YETT_AUDIT_TOP_H

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/slice.h"

enum {
    TOP_ENTRIES_MAX = 4096,
    TOP_SLOTS = 2 * TOP_ENTRIES_MAX,
    TOP_KEY_MAX = 120, // longer keys are one when they begin alike
};

struct top_entry {
    uint64_t count;  // 0: an empty slot
    uint64_t missed; // may have occurred so often more
    size_t len;
    char key[TOP_KEY_MAX];
};

struct top {
    struct hash_key hash;
    size_t used;
    uint64_t floor; // how often what is not there may have occurred
    struct top_entry slots[TOP_SLOTS];
};

// `t` is zeroed memory.
void top_init(struct top *t);
void top_add(struct top *t, struct slice key, uint64_t count);
// How often `key` was counted.
uint64_t top_count(const struct top *t, struct slice key);
// The most frequent into out[max], most frequent first, equal ones by key; returns how many.
size_t top_most(const struct top *t, const struct top_entry **out, size_t max);

#endif

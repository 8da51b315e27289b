// SPDX-License-Identifier: Apache-2.0
// How many of something run at once for each key: a place is taken, and given back by its token.
#ifndef YETT_FILTER_PLACES_H
#define YETT_FILTER_PLACES_H

#include <stdint.h>

#include "base/attr.h"

struct key_table;

enum { PLACES_MAX = 1 << 24 };

enum places_result { PLACES_TAKEN, PLACES_NONE_LEFT, PLACES_FULL };

// Takes one of `limit` (1..PLACES_MAX) places of `key`. TAKEN: *token is for places_give, *left
// says how many remain. FULL: there is no room in the table to count this key.
MUST_USE enum places_result places_take(struct key_table *t, uint64_t key, uint64_t limit,
                                        uint64_t *token, uint64_t *left);
void places_give(struct key_table *t, uint64_t token);

#endif

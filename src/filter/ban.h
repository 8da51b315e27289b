// SPDX-License-Identifier: Apache-2.0
// What makes a filter ban a client: so many of its refusals in a time, perhaps only those for which
// a rule with a certain tag has hit. The filter itself knows nothing of it: "ban" stands beside
// "type" and "on_error", and the chain says with a refusal whether it counts.
#ifndef YETT_FILTER_BAN_H
#define YETT_FILTER_BAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"
#include "filter/failure_table.h"

struct addr_prefix;
struct filter;
struct filter_notes;
struct filter_verdict;
struct hash_key;
struct json;
struct key_table;
struct problems;

enum { FILTER_BAN_TAGS_MAX = 64 };

struct filter_ban {
    struct failure_limit after; // refusals and the time that begins with the first of them
    uint64_t for_ms, max_ms;    // of the first ban, and of the longest: each doubles the last one
    bool is_dry_run;            // only the record tells
    size_t tag_count;           // 0: whatever was hit
    struct slice tags[FILTER_BAN_TAGS_MAX]; // on the heap
};

// The member "ban" of a filter's `object`, of that type and config; NULL when there is none, or
// with problems.
MUST_USE struct filter_ban *filter_ban_compile(const struct json *object, const struct filter *type,
                                               const void *config, struct problems *problems);
void filter_ban_free(struct filter_ban **b);
// Is the refusal one of those that count? Not those for want of knowledge, nor those for which
// nobody is to blame.
bool filter_ban_is_due(const struct filter_ban *b, const struct filter_verdict *v,
                       const struct filter_notes *notes);
// Counts a refusal of `who` by the filter of that name. True: it is the one that earns a ban, and
// counting begins anew. Who finds no room in the table is not counted.
bool filter_ban_count(const struct filter_ban *b, struct key_table *counts,
                      const struct hash_key *hash, struct slice filter,
                      const struct addr_prefix *who, uint64_t now_ms);

#endif

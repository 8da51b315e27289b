// SPDX-License-Identifier: Apache-2.0
// Which of very many prefixes, each standing for "deny" or "allow", is the longest that holds an
// address. Built once, then immutable. Prefixes may nest and repeat; where the same prefix stands
// for both, deny wins.
#ifndef YETT_FILTER_PREFIX_TABLE_H
#define YETT_FILTER_PREFIX_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"

enum prefix_action { PREFIX_NONE, PREFIX_DENY, PREFIX_ALLOW };

struct prefix_entry {
    struct addr_prefix prefix;
    uint8_t action; // enum prefix_action, not NONE
};

// What is collected before a table is made of it; zero-initialise.
struct prefix_list {
    struct prefix_entry *items;
    size_t count, room;
};

enum { PREFIX_LIST_MAX = 1 << 24 };

// False without memory or past PREFIX_LIST_MAX; the list stays as it was.
MUST_USE bool prefix_list_add(struct prefix_list *l, const struct addr_prefix *prefix,
                              enum prefix_action action);
// Adds the prefixes that make up first..last, both included and first not above last.
MUST_USE bool prefix_list_add_range(struct prefix_list *l, const struct addr *first,
                                    const struct addr *last, enum prefix_action action);
void prefix_list_clear(struct prefix_list *l);

struct prefix_table;

// Makes a table of the list, which it sorts and empties of repetitions (count is then the number of
// distinct prefixes). NULL without memory.
MUST_USE struct prefix_table *prefix_table_new(struct prefix_list *l);
void prefix_table_free(struct prefix_table **t);
// The action of the longest prefix with `a`, and that prefix; NONE when there is none (and for unix
// peers).
enum prefix_action prefix_table_find(const struct prefix_table *t, const struct addr *a,
                                     struct addr_prefix *found);
// Bytes it takes.
size_t prefix_table_bytes(const struct prefix_table *t);

#endif

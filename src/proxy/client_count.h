// SPDX-License-Identifier: Apache-2.0
// Open connections per client address (IPv6: /64), over all workers, in fixed memory and without a
// lock: a counting sketch. Four rows of counters under four keyed hashes; the smallest of an
// address's four is its count. It can only be too high, and that only when other busy addresses
// meet it in all four rows: the error refuses, it never admits.
#ifndef YETT_PROXY_CLIENT_COUNT_H
#define YETT_PROXY_CLIENT_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"

struct client_count;

// NULL without memory.
MUST_USE struct client_count *client_count_new(void);
void client_count_free(struct client_count **c);
// Adds a connection unless the address has `limit` already (0: no limit). Each true is paired with
// one client_count_remove.
MUST_USE bool client_count_add(struct client_count *c, const struct addr *a, uint32_t limit);
void client_count_remove(struct client_count *c, const struct addr *a);

#endif

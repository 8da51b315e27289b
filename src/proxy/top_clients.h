// SPDX-License-Identifier: Apache-2.0
// The clients that ask most, in fixed memory: a newcomer takes the place of the one with the fewest
// requests and goes on from its count (Metwally and others, "space-saving"), so a count may be too
// high, by what it began with, but nobody who asks often is missed. Counted by one thread, read by
// anybody.
#ifndef YETT_PROXY_TOP_CLIENTS_H
#define YETT_PROXY_TOP_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

enum { TOP_CLIENTS = 32 };

struct top_client {
    _Atomic uint64_t high, low; // halves of the address
    _Atomic uint64_t count;     // 0: nobody
    _Atomic uint32_t changes;   // odd while the address changes
};

struct top_clients {
    struct top_client items[TOP_CLIENTS];
};

void top_clients_count(struct top_clients *t, const struct addr *client);
// The client in place `i`; false when nobody is there, or another moves in.
bool top_clients_read(const struct top_clients *t, unsigned i, struct addr *client,
                      uint64_t *count);

#endif

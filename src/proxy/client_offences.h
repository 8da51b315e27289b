// SPDX-License-Identifier: Apache-2.0
// Connections of a client address (IPv6: /64) that ended because they went too far, over all
// workers: whoever reconnects to go too far again is not let in for a while. Fixed memory, no lock
// for addresses that are known; an address there is no room for is not counted.
#ifndef YETT_PROXY_CLIENT_OFFENCES_H
#define YETT_PROXY_CLIENT_OFFENCES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "policy/snapshot.h"

struct client_offences;

// NULL without memory.
MUST_USE struct client_offences *client_offences_new(void);
void client_offences_free(struct client_offences **o);
// Another one, at `now_ns` (monotonic). A rate of no count counts nothing.
void client_offences_add(struct client_offences *o, const struct addr *a,
                         const struct policy_count_rate *rate, uint64_t now_ns);
// Has the address gone too far too often?
bool client_offences_exclude(struct client_offences *o, const struct addr *a,
                             const struct policy_count_rate *rate, uint64_t now_ns);

#endif

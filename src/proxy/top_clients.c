// SPDX-License-Identifier: Apache-2.0
// A sequence count for each place: who reads a half of an address that changes sees, behind it,
// that the count has changed.
#include "proxy/top_clients.h"

#include <stdatomic.h>
#include <string.h>

static uint64_t load(const _Atomic uint64_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

static void move_in(struct top_client *c, uint64_t high, uint64_t low)
{
    uint32_t changes = atomic_load_explicit(&c->changes, memory_order_relaxed);
    atomic_store_explicit(&c->changes, changes + 1, memory_order_relaxed);
    atomic_store_explicit(&c->high, high, memory_order_release);
    atomic_store_explicit(&c->low, low, memory_order_release);
    atomic_store_explicit(&c->changes, changes + 2, memory_order_release);
}

void top_clients_count(struct top_clients *t, const struct addr *client)
{
    uint64_t high, low;
    struct top_client *fewest = &t->items[0], *found = NULL;
    memcpy(&high, client->bytes, sizeof(high));
    memcpy(&low, client->bytes + sizeof(high), sizeof(low));
    for (unsigned i = 0; i < TOP_CLIENTS && !found; i++) {
        struct top_client *c = &t->items[i];
        if (load(&c->count) && load(&c->high) == high && load(&c->low) == low)
            found = c;
        else if (load(&c->count) < load(&fewest->count))
            fewest = c;
    }
    if (!found) {
        found = fewest;
        move_in(found, high, low);
    }
    atomic_store_explicit(&found->count, load(&found->count) + 1, memory_order_relaxed);
}

bool top_clients_read(const struct top_clients *t, unsigned i, struct addr *client, uint64_t *count)
{
    const struct top_client *c = &t->items[i];
    uint32_t before = atomic_load_explicit(&c->changes, memory_order_acquire);
    uint64_t high = atomic_load_explicit(&c->high, memory_order_acquire);
    uint64_t low = atomic_load_explicit(&c->low, memory_order_acquire);
    *count = load(&c->count);
    *client = (struct addr){0};
    memcpy(client->bytes, &high, sizeof(high));
    memcpy(client->bytes + sizeof(high), &low, sizeof(low));
    return *count && !(before & 1) &&
           before == atomic_load_explicit(&c->changes, memory_order_relaxed);
}

// SPDX-License-Identifier: Apache-2.0
// Every connection counts in all four rows, refused ones for a moment too: two that come at once
// may both be refused the last place, but never both get it.
#include "proxy/client_count.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/hash.h"

enum { ROWS = 4, COLUMNS = 16384 };

struct client_count {
    struct hash_key key;
    _Atomic uint32_t counters[ROWS][COLUMNS];
};

struct cells {
    _Atomic uint32_t *row[ROWS];
};

// One 64-bit hash gives four independent columns of 14 bits.
static struct cells cells_of(struct client_count *c, const struct addr *a)
{
    struct cells cells;
    uint64_t hash = hash_bytes(&c->key, a->bytes, addr_is_v4(a) ? sizeof(a->bytes) : 8);
    for (unsigned i = 0; i < ROWS; i++)
        cells.row[i] = &c->counters[i][hash >> (16 * i) & (COLUMNS - 1)];
    return cells;
}

struct client_count *client_count_new(void)
{
    struct client_count *c = calloc(1, sizeof(*c));
    if (c)
        hash_key_random(&c->key);
    return c;
}

void client_count_free(struct client_count **c)
{
    free(*c);
    *c = NULL;
}

bool client_count_add(struct client_count *c, const struct addr *a, uint32_t limit)
{
    struct cells cells = cells_of(c, a);
    uint32_t least = UINT32_MAX;
    for (unsigned i = 0; i < ROWS; i++) {
        uint32_t before = atomic_fetch_add_explicit(cells.row[i], 1, memory_order_relaxed);
        least = before < least ? before : least;
    }
    if (limit == 0 || least < limit)
        return true;
    client_count_remove(c, a);
    return false;
}

void client_count_remove(struct client_count *c, const struct addr *a)
{
    struct cells cells = cells_of(c, a);
    for (unsigned i = 0; i < ROWS; i++)
        atomic_fetch_sub_explicit(cells.row[i], 1, memory_order_relaxed);
}

// SPDX-License-Identifier: Apache-2.0
// Free blocks form a list through their own first bytes. A burst may take up to the limit;
// afterwards all but `keep` of them go back to the system, so that one bad minute does not hold
// memory for a month.
#include "base/pool.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/guard.h"

struct pool_block {
    struct pool_block *next;
};

void pool_init(struct pool *p, size_t block_size, size_t limit, size_t keep)
{
    CHECK(block_size >= sizeof(struct pool_block));
    // Under AddressSanitizer nothing is kept: its own quarantine then finds uses after pool_give.
    *p = (struct pool){.block_size = block_size, .limit = limit, .keep = GUARD_ACTIVE ? 0 : keep};
}

void pool_limit(struct pool *p, size_t limit)
{
    p->limit = limit;
}

void pool_clear(struct pool *p)
{
    CHECK(p->taken == 0);
    while (p->free) {
        struct pool_block *block = p->free;
        p->free = block->next;
        free(block);
    }
    p->kept = 0;
}

void *pool_take(struct pool *p)
{
    if (p->taken >= p->limit)
        return NULL;
    struct pool_block *block = p->free;
    if (block) {
        p->free = block->next;
        p->kept--;
    } else {
        block = malloc(p->block_size);
        if (!block)
            return NULL;
    }
    p->taken++;
    return block;
}

void pool_give(struct pool *p, void *block)
{
    if (!block)
        return;
    CHECK(p->taken > 0);
    p->taken--;
    // Kept and taken ones together stay within the limit, because the kept ones were taken before.
    if (p->kept >= p->keep) {
        free(block);
        return;
    }
    struct pool_block *link = block;
    link->next = p->free;
    p->free = link;
    p->kept++;
}

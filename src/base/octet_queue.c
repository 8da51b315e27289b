// SPDX-License-Identifier: Apache-2.0
// A chain of blocks, filled at the end and emptied at the beginning.
#include "base/octet_queue.h"

#include <string.h>

#include "base/check.h"
#include "base/pool.h"

struct octet_block {
    struct octet_block *next;
    size_t len;
    char octets[];
};

enum { ROOM = OCTET_BLOCK - sizeof(struct octet_block) };

static bool add_block(struct octet_queue *q, struct pool *pool)
{
    struct octet_block *b = pool_take(pool);
    if (!b)
        return false;
    b->next = NULL;
    b->len = 0;
    if (q->last)
        q->last->next = b;
    else
        q->first = b;
    q->last = b;
    return true;
}

bool octet_queue_put(struct octet_queue *q, struct pool *pool, struct slice octets)
{
    while (octets.len) {
        if ((!q->last || q->last->len == ROOM) && !add_block(q, pool))
            return false;
        size_t room = ROOM - q->last->len;
        size_t len = octets.len < room ? octets.len : room;
        memcpy(q->last->octets + q->last->len, octets.ptr, len);
        q->last->len += len;
        q->len += len;
        octets = slice_from(octets, len);
    }
    return true;
}

struct slice octet_queue_first(const struct octet_queue *q)
{
    return q->first ? slice_of(q->first->octets + q->at, q->first->len - q->at) : (struct slice){0};
}

void octet_queue_drop(struct octet_queue *q, struct pool *pool, size_t len)
{
    if (len == 0)
        return;
    CHECK(q->first && len <= q->first->len - q->at);
    q->at += len;
    q->len -= len;
    if (q->at < q->first->len)
        return;
    struct octet_block *gone = q->first;
    q->first = gone->next;
    q->at = 0;
    if (!q->first)
        q->last = NULL;
    pool_give(pool, gone);
}

void octet_queue_clear(struct octet_queue *q, struct pool *pool)
{
    while (q->first)
        octet_queue_drop(q, pool, q->first->len - q->at);
}

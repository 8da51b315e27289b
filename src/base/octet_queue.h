// SPDX-License-Identifier: Apache-2.0
// Octets that wait for somebody, in blocks of a worker's pool. What bounds a queue is its user's
// flow control; what bounds all queues of a worker together is the pool.
#ifndef YETT_BASE_OCTET_QUEUE_H
#define YETT_BASE_OCTET_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

enum { OCTET_BLOCK = 16 * 1024 }; // size of the pool's blocks

struct pool;
struct octet_block;

struct octet_queue {
    struct octet_block *first, *last;
    size_t at;  // octets of `first` that are gone
    size_t len; // octets that wait
};

// Appends a copy. False without memory: what fitted was appended.
MUST_USE bool octet_queue_put(struct octet_queue *q, struct pool *pool, struct slice octets);
// The octets that come first, as many as lie together; good until the next call.
struct slice octet_queue_first(const struct octet_queue *q);
// `len` octets, at most those of octet_queue_first, are gone.
void octet_queue_drop(struct octet_queue *q, struct pool *pool, size_t len);
void octet_queue_clear(struct octet_queue *q, struct pool *pool);

#endif

// SPDX-License-Identifier: Apache-2.0
// Blocks of one size, kept for reuse: what makes steady traffic free of malloc. A pool belongs to
// one thread. It never holds or hands out more than `limit` blocks at once; taking one more fails,
// and the caller sheds work. Under AddressSanitizer blocks are not kept, so that use after give is
// found.
#ifndef YETT_BASE_POOL_H
#define YETT_BASE_POOL_H

#include <stddef.h>

#include "base/attr.h"

struct pool_block;

struct pool {
    struct pool_block *free; // blocks that wait for reuse
    size_t block_size;
    size_t limit; // blocks handed out at once
    size_t taken; // blocks handed out now
    size_t kept;  // blocks in `free`
    size_t keep;  // more than this many free blocks go back to the system
};

void pool_init(struct pool *p, size_t block_size, size_t limit, size_t keep);
// From now on at most so many; if more are out already, they come back when they may.
void pool_limit(struct pool *p, size_t limit);
// Frees the kept blocks; every taken one must have been given back.
void pool_clear(struct pool *p);
// A block of block_size bytes with undefined content, or NULL at the limit or without memory.
MUST_USE void *pool_take(struct pool *p);
// Gives a block back; NULL is allowed.
void pool_give(struct pool *p, void *block);

#endif

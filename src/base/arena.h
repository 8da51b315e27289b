// SPDX-License-Identifier: Apache-2.0
// Memory of one owner (an exchange, a snapshot) that dies all at once. Objects are carved from
// blocks; there is no single free. Bounded: past `limit` bytes an allocation returns NULL and the
// caller refuses the work. Two sources of blocks: a pool (exchanges, no malloc in steady state) or
// the heap (snapshots, tools). An allocation larger than a pool block comes from the heap, counted
// against the same limit.
#ifndef YETT_BASE_ARENA_H
#define YETT_BASE_ARENA_H

#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

struct pool;
struct arena_block;

struct arena {
    struct pool *pool; // NULL: blocks from the heap
    struct arena_block *blocks;
    struct arena_block *large;
    char *at, *end; // free part of the newest block
    size_t used;    // bytes taken from the sources so far
    size_t limit;
};

// An empty arena; takes no memory before the first allocation. Block size is the pool's, or 16 KiB
// from the heap.
void arena_init(struct arena *a, struct pool *pool, size_t limit);
// Releases everything; the arena is empty and usable again.
void arena_clear(struct arena *a);
// `size` bytes aligned for any object, undefined content; NULL past the limit or without memory.
// Size 0 gives a unique pointer.
MUST_USE void *arena_alloc(struct arena *a, size_t size);
// The same for an array, all bytes zero; NULL also when count * size overflows.
MUST_USE void *arena_zalloc(struct arena *a, size_t count, size_t size);
// A copy of `s` in the arena. On failure ptr is NULL and len 0.
MUST_USE struct slice arena_copy(struct arena *a, struct slice s);
// A NUL-terminated copy, or NULL.
MUST_USE char *arena_str(struct arena *a, struct slice s);
// One text from several, NUL-terminated behind its length. On failure ptr is NULL and len 0.
MUST_USE struct slice arena_join(struct arena *a, const struct slice *parts, size_t count);
// printf into the arena, NUL-terminated; NULL on failure.
MUST_USE char *arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);

#endif

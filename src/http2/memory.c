// SPDX-License-Identifier: Apache-2.0
// Sizes are rounded up to powers of two; each piece has its class written before it, because
// nghttp2 does not say how large what it frees was. What is larger than the largest class, or more
// than is kept, goes to the system's allocator. Under AddressSanitizer pieces are not kept
// (base/pool.c), so that use after free is found.
#include "http2/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "http2/memory_internal.h"

enum {
    SMALLEST = 64,
    CLASSES = 9, // up to 16 KiB
    KEEP = 1024, // pieces of a class
    UNPOOLED = CLASSES,
};

// Aligned as malloc aligns.
union header {
    struct {
        uint32_t class;
        size_t size; // that was asked for
    } is;
    max_align_t align;
};

struct http2_memory {
    nghttp2_mem mem;
    struct pool pools[CLASSES];
};

static unsigned class_of(size_t size)
{
    unsigned class = 0;
    for (size_t room = SMALLEST; room < size && class < UNPOOLED; room *= 2)
        class ++;
    return class;
}

static void *take(size_t size, void *user)
{
    struct http2_memory *m = user;
    if (size > SIZE_MAX - sizeof(union header))
        return NULL;
    unsigned class = class_of(size + sizeof(union header));
    union header *h = class == UNPOOLED ? malloc(size + sizeof(*h)) : pool_take(&m->pools[class]);
    if (!h)
        return NULL;
    h->is.class = class;
    h->is.size = size;
    return h + 1;
}

static void give(void *piece, void *user)
{
    struct http2_memory *m = user;
    if (!piece)
        return;
    union header *h = (union header *)piece - 1;
    if (h->is.class == UNPOOLED)
        free(h);
    else
        pool_give(&m->pools[h->is.class], h);
}

static void *take_zeroed(size_t count, size_t size, void *user)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    void *piece = take(count * size, user);
    if (piece)
        memset(piece, 0, count * size);
    return piece;
}

static void *take_again(void *piece, size_t size, void *user)
{
    if (!piece)
        return take(size, user);
    size_t before = ((union header *)piece - 1)->is.size;
    void *moved = take(size, user);
    if (!moved)
        return NULL;
    memcpy(moved, piece, before < size ? before : size);
    give(piece, user);
    return moved;
}

nghttp2_mem *http2_memory_of(struct http2_memory *m)
{
    return m ? &m->mem : NULL;
}

struct http2_memory *http2_memory_new(void)
{
    struct http2_memory *m = calloc(1, sizeof(*m));
    if (!m)
        return NULL;
    m->mem = (nghttp2_mem){.mem_user_data = m,
                           .malloc = take,
                           .free = give,
                           .calloc = take_zeroed,
                           .realloc = take_again};
    size_t size = SMALLEST;
    for (unsigned i = 0; i < CLASSES; i++, size *= 2)
        pool_init(&m->pools[i], size, SIZE_MAX, KEEP);
    return m;
}

void http2_memory_free(struct http2_memory **memory)
{
    struct http2_memory *m = *memory;
    *memory = NULL;
    if (!m)
        return;
    for (unsigned i = 0; i < CLASSES; i++)
        pool_clear(&m->pools[i]);
    free(m);
}

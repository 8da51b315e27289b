// SPDX-License-Identifier: Apache-2.0
// Each block begins with a link; objects follow one another behind it, aligned for any type. The
// rest of a block that is too small for the next object is left unused: simpler than a search, and
// bounded by one object per block. Under AddressSanitizer everything not handed out is hidden, with
// a gap behind each object.
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/guard.h"
#include "base/num.h"
#include "base/pool.h"

enum {
    ARENA_HEAP_BLOCK = 16 * 1024,
    ARENA_ALIGN = _Alignof(max_align_t),
};

struct arena_block {
    _Alignas(max_align_t) struct arena_block *next;
};

void arena_init(struct arena *a, struct pool *pool, size_t limit)
{
    *a = (struct arena){.pool = pool, .limit = limit};
}

void arena_clear(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *block = a->blocks;
        a->blocks = block->next;
        if (a->pool)
            pool_give(a->pool, block);
        else
            free(block);
    }
    while (a->large) {
        struct arena_block *block = a->large;
        a->large = block->next;
        free(block);
    }
    arena_init(a, a->pool, a->limit);
}

static size_t left(const struct arena *a)
{
    return a->limit - a->used;
}

// Size of the next ordinary block, its link included. From the heap the last one shrinks to what
// the limit leaves.
static size_t block_size(const struct arena *a)
{
    if (a->pool)
        return a->pool->block_size;
    return left(a) < ARENA_HEAP_BLOCK ? left(a) : ARENA_HEAP_BLOCK;
}

// An object with a block of its own. The gap AddressSanitizer needs is malloc's business here.
static void *take_large(struct arena *a, size_t size)
{
    size_t whole;
    if (!num_add(size, sizeof(struct arena_block), &whole) || whole > left(a))
        return NULL;
    struct arena_block *block = malloc(whole);
    if (!block)
        return NULL;
    block->next = a->large;
    a->large = block;
    a->used += whole;
    return block + 1;
}

static bool add_block(struct arena *a, size_t size)
{
    if (size > left(a))
        return false;
    struct arena_block *block = a->pool ? pool_take(a->pool) : malloc(size);
    if (!block)
        return false;
    block->next = a->blocks;
    a->blocks = block;
    a->used += size;
    a->at = (char *)(block + 1);
    a->end = (char *)block + size;
    guard_hide(a->at, (size_t)(a->end - a->at));
    return true;
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t padded; // what the object takes in a block
    if (!num_add(size ? size : 1, GUARD_GAP + ARENA_ALIGN - 1, &padded))
        return NULL;
    padded -= padded % ARENA_ALIGN;
    if (padded > (size_t)(a->end - a->at)) {
        size_t fresh = block_size(a);
        if (fresh < sizeof(struct arena_block) || padded > fresh - sizeof(struct arena_block))
            return take_large(a, size);
        if (!add_block(a, fresh))
            return NULL;
    }
    char *object = a->at;
    a->at += padded;
    guard_show(object, size);
    return object;
}

void *arena_zalloc(struct arena *a, size_t count, size_t size)
{
    size_t total;
    if (!num_mul(count, size, &total))
        return NULL;
    void *object = arena_alloc(a, total);
    if (object)
        memset(object, 0, total);
    return object;
}

struct slice arena_copy(struct arena *a, struct slice s)
{
    char *copy = arena_alloc(a, s.len);
    if (!copy)
        return (struct slice){0};
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    return slice_of(copy, s.len);
}

char *arena_str(struct arena *a, struct slice s)
{
    size_t size;
    if (!num_add(s.len, 1, &size))
        return NULL;
    char *copy = arena_alloc(a, size);
    if (!copy)
        return NULL;
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return copy;
}

struct slice arena_join(struct arena *a, const struct slice *parts, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        if (!num_add(len, parts[i].len, &len))
            return (struct slice){0};
    char *text = len < SIZE_MAX ? arena_alloc(a, len + 1) : NULL;
    if (!text)
        return (struct slice){0};
    char *end = text;
    for (size_t i = 0; i < count; i++)
        if (parts[i].len) {
            memcpy(end, parts[i].ptr, parts[i].len);
            end += parts[i].len;
        }
    *end = '\0';
    return slice_of(text, len);
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = len < 0 ? NULL : arena_alloc(a, (size_t)len + 1);
    if (text)
        (void)vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

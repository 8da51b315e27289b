// SPDX-License-Identifier: Apache-2.0
// A byte buffer with a ceiling it was born with. Appending past the ceiling (or without memory)
// appends nothing and sets `failed`, which stays: a writer may append a whole message and look once
// at the end. Two kinds: over the caller's storage (buf_init, never allocates), or growing on the
// heap (buf_new).
#ifndef YETT_BASE_BUF_H
#define YETT_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "base/slice.h"

struct buf {
    char *data;
    size_t len; // bytes used
    size_t cap; // bytes available now
    size_t max; // bytes available ever
    bool owned; // data is on the heap
    bool failed;
};

// An empty buffer over `storage`.
void buf_init(struct buf *b, void *storage, size_t size);
// An empty buffer that grows on the heap up to `max` bytes; allocates nothing yet.
void buf_new(struct buf *b, size_t max);
// Frees what buf_new grew; for both kinds the buffer is empty after it and must be initialised
// again.
void buf_free(struct buf *b);
// Empties it and forgets a failure; keeps the storage.
void buf_reset(struct buf *b);

// Room for `len` more bytes at the returned place, to be claimed with buf_commit; NULL (and failed)
// at the ceiling.
MUST_USE char *buf_reserve(struct buf *b, size_t len);
void buf_commit(struct buf *b, size_t len);
void buf_append_slowly(struct buf *b, const void *bytes, size_t len);

// Inline, so that texts of known length become single stores: heads and records are written in many
// small pieces.
static inline void buf_append(struct buf *b, const void *bytes, size_t len)
{
    if (len == 0 || b->failed || !b->data || len > b->cap - b->len) {
        buf_append_slowly(b, bytes, len);
        return;
    }
    memcpy(b->data + b->len, bytes, len);
    b->len += len;
}

static inline void buf_slice(struct buf *b, struct slice s)
{
    buf_append(b, s.ptr, s.len);
}

static inline void buf_str(struct buf *b, const char *text)
{
    buf_append(b, text, strlen(text));
}

static inline void buf_char(struct buf *b, char c)
{
    buf_append(b, &c, 1);
}

void buf_decimal(struct buf *b, uint64_t value);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);

static inline struct slice buf_view(const struct buf *b)
{
    return slice_of(b->data, b->len);
}

#endif

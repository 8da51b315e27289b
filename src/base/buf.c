// SPDX-License-Identifier: Apache-2.0
// Two kinds of storage behind one writer. After a failure nothing more is appended, so the content
// is always an unbroken beginning of what was written, never a text with a hole.
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/num.h"

enum { BUF_FIRST = 256 }; // first allocation of a growing buffer

void buf_init(struct buf *b, void *storage, size_t size)
{
    *b = (struct buf){.data = storage, .cap = size, .max = size};
}

void buf_new(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max, .owned = true};
}

void buf_free(struct buf *b)
{
    if (b->owned)
        free(b->data);
    *b = (struct buf){0};
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->failed = false;
}

// Makes room for `need` bytes in all; the size doubles, so that a long text costs a constant per
// byte.
static bool grow(struct buf *b, size_t need)
{
    if (!b->owned || need > b->max)
        return false;
    size_t cap = b->cap > b->max / 2 ? b->max : b->cap * 2;
    if (cap < BUF_FIRST)
        cap = b->max < BUF_FIRST ? b->max : BUF_FIRST;
    if (cap < need)
        cap = need;
    char *data = realloc(b->data, cap);
    if (!data)
        return false;
    b->data = data;
    b->cap = cap;
    return true;
}

char *buf_reserve(struct buf *b, size_t len)
{
    size_t need;
    if (b->failed)
        return NULL;
    if (!num_add(b->len, len, &need) || ((need > b->cap || !b->data) && !grow(b, need))) {
        b->failed = true;
        return NULL;
    }
    return b->data + b->len;
}

void buf_commit(struct buf *b, size_t len)
{
    CHECK(len <= b->cap - b->len);
    b->len += len;
}

void buf_append_slowly(struct buf *b, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    char *at = buf_reserve(b, len);
    if (!at)
        return;
    memcpy(at, bytes, len);
    b->len += len;
}

void buf_decimal(struct buf *b, uint64_t value)
{
    char digits[20];
    size_t len = num_write_decimal(digits, value);
    buf_append(b, digits, len);
}

// vsnprintf wants a byte for its NUL that the ceiling may not have; hence the detour over a text of
// its own.
void buf_printf(struct buf *b, const char *format, ...)
{
    char brief[512];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(brief, sizeof(brief), format, args);
    char *text = brief;
    if (len >= (int)sizeof(brief) && vasprintf(&text, format, again) != len)
        len = -1;
    if (len < 0)
        b->failed = true;
    else
        buf_append(b, text, (size_t)len);
    if (len >= 0 && text != brief)
        free(text);
    va_end(again);
    va_end(args);
}

// SPDX-License-Identifier: Apache-2.0
// One bucket is two numbers; adding to it needs no timer, since what leaked out is found by the
// clock.
#include "http2/budget.h"

enum { WORK_AT_ONCE_MAX = 1 << 30 };

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

// After a whole period everything has leaked out, however much it was: elapsed time beyond it
// counts no more, which also keeps the product small.
static void leak(struct http2_bucket *b, const struct http2_allowance *a, uint64_t now_ms)
{
    uint64_t elapsed = now_ms > b->seen_ms ? least(now_ms - b->seen_ms, a->per_ms) : 0;
    b->level -= least(b->level, elapsed * a->count);
    b->seen_ms = now_ms;
}

bool http2_bucket_add(struct http2_bucket *b, const struct http2_allowance *a, uint64_t now_ms,
                      uint64_t work)
{
    if (a->count == 0)
        return true;
    leak(b, a, now_ms);
    b->level += least(work, WORK_AT_ONCE_MAX) * a->per_ms;
    return b->level <= a->count * a->per_ms;
}

void http2_bucket_earn(struct http2_bucket *b, const struct http2_allowance *a, uint64_t work)
{
    b->level -= least(b->level, least(work, WORK_AT_ONCE_MAX) * a->per_ms);
}

static const struct {
    const char *word, *text;
} works[] = {
#define X(name, word_, text_) [HTTP2_WORK_##name] = {(word_), (text_)},
    HTTP2_WORKS(X)
#undef X
};

const char *http2_work_word(enum http2_work work)
{
    return works[work].word;
}

const char *http2_work_text(enum http2_work work)
{
    return works[work].text;
}

// SPDX-License-Identifier: Apache-2.0
// What a peer may make us do before it has gone too far: leaky buckets, one for each kind of work
// that costs its sender next to nothing. Pure arithmetic over a clock that is handed in.
#ifndef YETT_HTTP2_BUDGET_H
#define YETT_HTTP2_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

// X(NAME, "word of the record", "sentence")
#define HTTP2_WORKS(X)                                                                             \
    X(RESETS, "http2-resets", "more streams were reset than the limit allows")                     \
    X(CONTROL, "http2-control-frames", "more control frames than the limit allows")                \
    X(EMPTY, "http2-empty-frames", "more frames without content than the limit allows")            \
    X(UPDATES, "http2-window-updates", "more window updates than what was sent explains")          \
    X(HEADERS, "http2-header-octets", "more octets of decoded fields than the limit allows")

enum http2_work {
#define X(name, word, text) HTTP2_WORK_##name,
    HTTP2_WORKS(X)
#undef X
        HTTP2_WORK_COUNT
};

// `count` within `per_ms`, all at once or spread; their product is at most 2^62. A count of 0
// allows any amount.
struct http2_allowance {
    uint64_t count, per_ms;
};

struct http2_bucket {
    uint64_t level; // work times per_ms, so that leaking needs no fraction
    uint64_t seen_ms;
};

// Adds work done at `now_ms`. False: it is more than allowed.
MUST_USE bool http2_bucket_add(struct http2_bucket *b, const struct http2_allowance *a,
                               uint64_t now_ms, uint64_t work);
// Takes work out again that something else has earned.
void http2_bucket_earn(struct http2_bucket *b, const struct http2_allowance *a, uint64_t work);

const char *http2_work_word(enum http2_work work);
const char *http2_work_text(enum http2_work work);

#endif

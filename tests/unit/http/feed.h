// SPDX-License-Identifier: Apache-2.0
// Feeds a head or a body in every way the network can cut it, each time with the last octet against
// an unreadable page, and insists that the verdict stays the same.
#ifndef YETT_TESTS_UNIT_HTTP_FEED_H
#define YETT_TESTS_UNIT_HTTP_FEED_H

#include "support/edge.h"
#include "support/unit.h"

#include "http/head.h"

static const struct http_head_limits feed_limits = {
    .start_line = 8192, .field_line = 8192, .field_bytes = 32768, .field_count = 100};

#define ASSERT_REASON(got, wanted)                                                                 \
    assert_string_equal(http_reason_word(got), http_reason_word(wanted))

// One call of the scan that sees the first `len` octets and may read no further.
static inline enum http_parse feed_prefix(struct http_head_scan *s, struct slice head, size_t len)
{
    struct edge e = edge_copy(slice_first(head, len));
    enum http_parse result = http_head_scan(s, e.text.ptr, e.text.len);
    edge_free(&e);
    return result;
}

static inline void feed_same(const struct http_head_scan *got, const struct http_head_scan *wanted)
{
    ASSERT_REASON(got->reason, wanted->reason);
    assert_int_equal(got->head_len, wanted->head_len);
    assert_int_equal(got->start, wanted->start);
    assert_int_equal(got->fields_start, wanted->fields_start);
    assert_int_equal(got->field_count, wanted->field_count);
}

// Scans `head` whole, then octet by octet, then in two pieces cut at every place.
static inline struct http_head_scan
feed_scan(struct slice head, const struct http_head_limits *limits, bool is_response)
{
    struct http_head_scan whole, pieces;
    http_head_scan_init(&whole, limits, is_response);
    enum http_parse verdict = feed_prefix(&whole, head, head.len);
    http_head_scan_init(&pieces, limits, is_response);
    enum http_parse last = HTTP_MORE;
    for (size_t len = 1; len <= head.len && last == HTTP_MORE; len++)
        last = feed_prefix(&pieces, head, len);
    assert_int_equal(last, verdict);
    feed_same(&pieces, &whole);
    for (size_t cut = 0; cut < head.len; cut++) {
        http_head_scan_init(&pieces, limits, is_response);
        last = http_head_scan(&pieces, head.ptr, cut);
        if (last == HTTP_MORE)
            last = http_head_scan(&pieces, head.ptr, head.len);
        assert_int_equal(last, verdict);
        feed_same(&pieces, &whole);
    }
    return whole;
}

#endif

// SPDX-License-Identifier: Apache-2.0
// Feeds heads to the scan whole and octet by octet; the two must agree. Limits are small, so that
// they are met.
#ifndef YETT_FUZZ_HTTP_FEED_H
#define YETT_FUZZ_HTTP_FEED_H

#include "base/arena.h"
#include "base/check.h"
#include "http/head.h"

static const struct http_head_limits fuzz_limits = {
    .start_line = 256, .field_line = 200, .field_bytes = 800, .field_count = 12};

static inline enum http_parse fuzz_scan(struct http_head_scan *whole, struct slice in,
                                        const struct http_head_limits *limits, bool is_response)
{
    struct http_head_scan split;
    enum http_parse in_pieces = HTTP_MORE;
    http_head_scan_init(whole, limits, is_response);
    http_head_scan_init(&split, limits, is_response);
    enum http_parse at_once = http_head_scan(whole, in.ptr, in.len);
    for (size_t len = 1; len <= in.len && in_pieces == HTTP_MORE; len++)
        in_pieces = http_head_scan(&split, in.ptr, len);
    CHECK(in_pieces == at_once && split.reason == whole->reason &&
          split.head_len == whole->head_len);
    CHECK(split.field_count == whole->field_count && split.fields_start == whole->fields_start);
    CHECK((at_once == HTTP_BAD) == (whole->reason != HTTP_REASON_NONE));
    CHECK((at_once == HTTP_DONE) == (whole->head_len > 0));
    return at_once;
}

static inline void fuzz_check_fields(const struct http_fields *f)
{
    for (size_t i = 0; i < f->count; i++) {
        CHECK(http_field_name_is_valid(f->items[i].name));
        CHECK(http_field_value_is_valid(f->items[i].value));
        CHECK(http_field_lookup(f->items[i].name) == f->items[i].id);
    }
}

#endif

// SPDX-License-Identifier: Apache-2.0
// Writes a request from its facts as HTTP/1.1 and reads it again: the facts must be the same.
#ifndef YETT_FUZZ_REPARSE_H
#define YETT_FUZZ_REPARSE_H

#include "http_feed.h"

#include "base/buf.h"
#include "http/serialize.h"

static const struct http_request_options reparse_options = {.default_host =
                                                                SLICE_INIT("default.example")};

static inline void write_request(struct http_request *r, struct buf *out)
{
    http_fields_drop_hop_by_hop(&r->fields);
    http_fields_drop_ids(&r->fields, HTTP_FIELD_BIT(HOST));
    http_write_request_line(out, r->method, r->path_wire, r->has_query, r->query);
    http_write_field(out, SLICE("Host"), r->authority);
    http_write_fields(out, &r->fields);
    http_write_framing(out, &r->framing);
    http_write_end(out);
    CHECK(!out->failed);
}

// The fields that were not dropped, in order, between the Host and the framing that were written
// anew.
static inline void check_same_fields(const struct http_fields *before,
                                     const struct http_fields *after)
{
    size_t at = 1;
    for (size_t i = 0; i < before->count; i++) {
        if ((before->items[i].flags & HTTP_FIELD_DROP) != 0)
            continue;
        CHECK(at < after->count && slice_eq(before->items[i].name, after->items[at].name));
        CHECK(slice_eq(before->items[i].value, after->items[at].value));
        at++;
    }
    CHECK(at == after->count ||
          (at + 1 == after->count && (after->items[at].id == HTTP_FIELD_CONTENT_LENGTH ||
                                      after->items[at].id == HTTP_FIELD_TRANSFER_ENCODING)));
}

static inline void check_same(const struct http_request *before, const struct http_request *after)
{
    CHECK(slice_eq(before->method, after->method) && before->method_id == after->method_id);
    CHECK(slice_eq(before->path, after->path) && slice_eq(before->path_wire, after->path_wire));
    CHECK(slice_eq(before->query, after->query) && before->has_query == after->has_query);
    CHECK(slice_eq(before->authority, after->authority) &&
          before->is_asterisk == after->is_asterisk);
    CHECK(before->framing.kind == after->framing.kind &&
          before->framing.length == after->framing.length);
    CHECK(before->expects_continue == after->expects_continue);
    check_same_fields(&before->fields, &after->fields);
}

static inline void parse_again(struct http_request *before, struct slice written,
                               struct arena *arena)
{
    // Escapes and the fields the gateway adds make a head longer than it came.
    static const struct http_head_limits limits = {
        .start_line = 2048, .field_line = 512, .field_bytes = 4096, .field_count = 20};
    struct http_head_scan scan;
    struct http_request after;
    CHECK(fuzz_scan(&scan, written, &limits, false) == HTTP_DONE && scan.head_len == written.len);
    CHECK(http_request_parse(&scan, written.ptr, &reparse_options, arena, &after) ==
          HTTP_REASON_NONE);
    check_same(before, &after);
}

static inline void check_written_request(struct http_request *r, struct arena *arena)
{
    struct buf out;
    buf_new(&out, 8192);
    write_request(r, &out);
    parse_again(r, buf_view(&out), arena);
    buf_free(&out);
}

#endif

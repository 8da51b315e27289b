// SPDX-License-Identifier: Apache-2.0
// Octets from a client, as a request head: the verdict is the same for every split, and what is
// accepted keeps what head.h promises.
#include "http_feed.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_request(const struct http_request *r)
{
    CHECK(http_field_name_is_valid(r->method) && r->method.len <= 32);
    CHECK(r->is_asterisk ? slice_eq(r->path, SLICE("*")) : slice_begins(r->path, SLICE("/")));
    CHECK(slice_find(r->path, SLICE("//")) == r->path.len);
    CHECK(slice_find(r->path, SLICE("/../")) == r->path.len);
    CHECK(r->authority.len > 0 && r->host.len > 0 && slice_begins(r->authority, r->host));
    CHECK(r->framing.kind != HTTP_BODY_CLOSE && r->framing.length <= INT64_MAX);
    CHECK(r->framing.kind != HTTP_BODY_CHUNKED || r->version == HTTP_VERSION_11);
    fuzz_check_fields(&r->fields);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const struct slice in = slice_of(data, size);
    const struct http_request_options options = {.is_tls = size % 2 == 0,
                                                 .default_host = SLICE("default.example")};
    struct http_head_scan scan;
    struct http_request request;
    struct arena arena;
    if (fuzz_scan(&scan, in, &fuzz_limits, false) != HTTP_DONE) {
        http_request_glimpse(&scan, in.ptr, in.len, &request);
        return 0;
    }
    arena_init(&arena, NULL, 1 << 16);
    if (http_request_parse(&scan, in.ptr, &options, &arena, &request) == HTTP_REASON_NONE)
        check_request(&request);
    arena_clear(&arena);
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Octets from a backend, as a response head, to GET and to HEAD.
#include "http_feed.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_response(const struct http_response *r, bool to_head)
{
    CHECK(r->status >= 100 && r->status <= 599);
    bool no_body = to_head || r->status < 200 || r->status == 204 || r->status == 304;
    CHECK(no_body == (r->framing.kind == HTTP_BODY_NONE));
    CHECK(r->framing.kind != HTTP_BODY_CLOSE || !r->keep_alive);
    CHECK(r->framing.length <= INT64_MAX);
    fuzz_check_fields(&r->fields);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const struct slice in = slice_of(data, size);
    struct http_head_scan scan;
    if (fuzz_scan(&scan, in, &fuzz_limits, true) != HTTP_DONE)
        return 0;
    for (int to_head = 0; to_head < 2; to_head++) {
        struct http_response response;
        struct arena arena;
        arena_init(&arena, NULL, 1 << 16);
        if (http_response_parse(&scan, in.ptr, to_head, &arena, &response) == HTTP_REASON_NONE)
            check_response(&response, to_head);
        arena_clear(&arena);
    }
    return 0;
}

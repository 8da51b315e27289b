// SPDX-License-Identifier: Apache-2.0
// What the gateway is for: a request that is accepted, written anew from its facts, means the same
// to the next parser.
#include "reparse.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const struct slice in = slice_of(data, size);
    struct http_head_scan scan;
    struct http_request request;
    struct arena arena;
    if (fuzz_scan(&scan, in, &fuzz_limits, false) != HTTP_DONE)
        return 0;
    arena_init(&arena, NULL, 1 << 20);
    if (http_request_parse(&scan, in.ptr, &reparse_options, &arena, &request) == HTTP_REASON_NONE)
        check_written_request(&request, &arena);
    arena_clear(&arena);
    return 0;
}

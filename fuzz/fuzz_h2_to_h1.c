// SPDX-License-Identifier: Apache-2.0
// Whatever an HTTP/2 client puts into its fields: a request that is accepted reads the same when it
// has been written as HTTP/1.1. Input: name, NUL-free, up to 0x1e; value up to 0x1f; and so on. The
// first octet says whether the stream ends with the head.
#include "reparse.h"

#include "http/pseudo.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const struct http_request_options tls_options = {.is_tls = true};

static struct slice take(struct slice *in, char end)
{
    size_t len = slice_index(*in, end);
    struct slice piece = slice_first(*in, len);
    *in = slice_from(*in, len + 1);
    return piece;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct slice in = slice_from(slice_of(data, size), 1);
    struct http_pseudo_head head;
    struct http_request request;
    struct arena arena;
    if (size < 1)
        return 0;
    arena_init(&arena, NULL, 1 << 20);
    http_pseudo_init(&head, &fuzz_limits, &arena);
    while (in.len) {
        struct slice name = take(&in, 0x1e);
        http_pseudo_add(&head, name, take(&in, 0x1f));
    }
    if (http_request_of_pseudo(&head, &tls_options, data[0] & 1, &request) == HTTP_REASON_NONE) {
        fuzz_check_fields(&request.fields);
        check_written_request(&request, &arena);
    }
    arena_clear(&arena);
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// A chunked body read at once and octet by octet: the same data, the same end, the same reason. The
// first octet chooses the limit.
#include "base/buf.h"
#include "base/check.h"
#include "http/framing.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

struct outcome {
    struct buf body;
    enum http_body_step step;
    enum http_reason reason;
    size_t consumed;
};

static void read_in_pieces(struct slice in, size_t piece, uint64_t limit, struct outcome *out)
{
    struct http_body_reader reader;
    http_body_reader_init(&reader, &(struct http_framing){.kind = HTTP_BODY_CHUNKED}, limit);
    buf_new(&out->body, in.len + 1);
    out->consumed = 0;
    out->step = HTTP_BODY_MORE;
    for (size_t at = 0; at < in.len && out->step == HTTP_BODY_MORE; at += piece) {
        struct slice rest = slice_first(slice_from(in, at), piece);
        do {
            struct slice body;
            size_t consumed;
            out->step = http_body_read(&reader, rest, &consumed, &body);
            CHECK(consumed <= rest.len && (out->step == HTTP_BODY_DATA) == (body.len > 0));
            buf_slice(&out->body, body);
            out->consumed += consumed;
            rest = slice_from(rest, consumed);
        } while (out->step == HTTP_BODY_DATA);
    }
    out->reason = reader.reason;
    CHECK(!out->body.failed && out->body.len == reader.received && reader.received <= limit);
    CHECK(http_body_end(&reader, true) == (out->step == HTTP_BODY_DONE));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size == 0)
        return 0;
    struct outcome whole, split;
    const struct slice in = slice_of(data + 1, size - 1);
    uint64_t limit = data[0] < 128 ? data[0] : UINT64_MAX;
    read_in_pieces(in, size, limit, &whole);
    read_in_pieces(in, 1, limit, &split);
    CHECK(whole.step == split.step && whole.reason == split.reason);
    CHECK(whole.consumed == split.consumed);
    CHECK(slice_eq(buf_view(&whole.body), buf_view(&split.body)));
    buf_free(&whole.body);
    buf_free(&split.body);
    return 0;
}

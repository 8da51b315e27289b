// SPDX-License-Identifier: Apache-2.0
// Decoded octets are never more than received ones, so each piece moves towards the start, over
// framing that is done with.
#include "http/decode.h"

#include <string.h>

enum http_body_step http_body_decode(struct http_body_reader *r, char *octets, size_t len,
                                     struct http_decoded *out)
{
    *out = (struct http_decoded){0};
    for (;;) {
        struct slice data = {0};
        size_t used = 0;
        struct slice rest = slice_of(octets + out->consumed, len - out->consumed);
        enum http_body_step step = http_body_read(r, rest, &used, &data);
        out->consumed += used;
        if (step != HTTP_BODY_DATA)
            return step;
        if (data.ptr != octets + out->data_len)
            memmove(octets + out->data_len, data.ptr, data.len);
        out->data_len += data.len;
    }
}

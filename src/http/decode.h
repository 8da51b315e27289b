// SPDX-License-Identifier: Apache-2.0
// Takes a body out of a read buffer in place: whatever framing stood between the octets is squeezed
// out, so that what goes on is one contiguous piece, however many chunks it came in.
#ifndef YETT_HTTP_DECODE_H
#define YETT_HTTP_DECODE_H

#include <stddef.h>

#include "base/attr.h"
#include "http/framing.h"

struct http_decoded {
    size_t data_len; // body octets, now at the start of the buffer
    size_t consumed; // octets of the buffer that belonged to the body; behind them follows
                     // something else
};

// MORE: all of it is used up. DONE: the body is complete. BAD: reader->reason says why, and nothing
// may be forwarded. Never DATA.
MUST_USE enum http_body_step http_body_decode(struct http_body_reader *r, char *octets, size_t len,
                                              struct http_decoded *out);

#endif

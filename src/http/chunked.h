// SPDX-License-Identifier: Apache-2.0
// Chunked transfer coding (RFC 9112, 7.1), strict: only CRLF, extensions checked and thrown away,
// trailers checked and thrown away, everything limited. Split over reads at any octet without a
// difference. Blanks directly behind a size are refused, though the grammar has them before `;`.
#ifndef YETT_HTTP_CHUNKED_H
#define YETT_HTTP_CHUNKED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"
#include "http/reason.h"

enum {
    HTTP_CHUNK_EXTENSION_MAX = 256,        // octets of extensions on one chunk
    HTTP_CHUNK_EXTENSION_TOTAL_MAX = 4096, // in one message
    HTTP_TRAILER_BYTES_MAX = 4096,
    HTTP_TRAILER_COUNT_MAX = 32,
    HTTP_CHUNK_DIGITS_MAX = 32, // with leading zeros
};

enum http_chunked_step {
    HTTP_CHUNKED_MORE,
    HTTP_CHUNKED_DATA,
    HTTP_CHUNKED_DONE,
    HTTP_CHUNKED_BAD,
};

struct http_chunked {
    uint8_t state;
    uint8_t digits;      // of the current size, leading zeros included
    uint16_t extension;  // octets of extension on this chunk
    uint16_t extensions; // in this message
    uint16_t trailers_len;
    uint8_t trailers;
    uint8_t name_len;    // of the current trailer, counted up to one past trailer_name
    uint64_t left;       // of this chunk
    uint64_t size_limit; // a larger chunk is BODY_LIMIT; may be lowered between calls
    enum http_reason reason;
    char trailer_name[24]; // beginning of the name of the current trailer, to know forbidden ones
};

void http_chunked_init(struct http_chunked *c);
// As http_body_read; *data is a view of the input.
MUST_USE enum http_chunked_step http_chunked_read(struct http_chunked *c, struct slice in,
                                                  size_t *consumed, struct slice *data);

enum { HTTP_CHUNK_HEAD_MAX = 18, HTTP_CHUNK_LAST_LEN = 5 };
// Writes "SIZE\r\n" of a chunk of `size` (not 0) octets to out[HTTP_CHUNK_HEAD_MAX]; returns the
// length. The chunk's end is "\r\n", the last chunk "0\r\n\r\n".
size_t http_chunk_head(char *out, uint64_t size);

#endif

// SPDX-License-Identifier: Apache-2.0
// Where a body ends, decided in one place for both directions, one branch per sentence of RFC
// 9112, 6.3, stricter where the specification allows two readings; and the reader that takes
// exactly that body out of a byte stream.
#ifndef YETT_HTTP_FRAMING_H
#define YETT_HTTP_FRAMING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"
#include "http/chunked.h"
#include "http/field.h"
#include "http/reason.h"

enum http_framing_kind {
    HTTP_BODY_NONE,    // no body follows
    HTTP_BODY_LENGTH,  // exactly `length` octets (may be 0)
    HTTP_BODY_CHUNKED, //
    HTTP_BODY_CLOSE,   // up to the orderly end of the connection; responses only
};

struct http_framing {
    enum http_framing_kind kind;
    uint64_t length;
};

// `version_minor` is 0 or 1.
MUST_USE enum http_reason http_framing_of_request(const struct http_fields *f,
                                                  unsigned version_minor, struct http_framing *out);
// For HEAD, 1xx, 204 and 304 the kind is NONE; a Content-Length that says what GET would have sent
// is then still in `length`.
MUST_USE enum http_reason http_framing_of_response(const struct http_fields *f,
                                                   unsigned version_minor, unsigned status,
                                                   bool request_was_head, struct http_framing *out);

enum http_body_step {
    HTTP_BODY_MORE, // all input is used up, the body goes on
    HTTP_BODY_DATA, // *data holds body octets (a view of the input)
    HTTP_BODY_DONE, // the body is complete; input behind `consumed` is not part of it
    HTTP_BODY_BAD,  // reader->reason says why
};

struct http_body_reader {
    enum http_framing_kind kind;
    uint64_t left;     // of a body with a length
    uint64_t received; // body octets given out so far
    uint64_t limit;    // more is BODY_LIMIT
    struct http_chunked chunked;
    enum http_reason reason;
    bool done;
};

void http_body_reader_init(struct http_body_reader *r, const struct http_framing *framing,
                           uint64_t limit);
// Takes the next piece out of `in`: *consumed octets are used, *data is set for HTTP_BODY_DATA.
// Call again until it is not DATA. A body without octets is DONE at the first call, also with empty
// input.
MUST_USE enum http_body_step http_body_read(struct http_body_reader *r, struct slice in,
                                            size_t *consumed, struct slice *data);
// The connection ended. True when the body is complete by that (close-delimited and orderly, or
// already done).
MUST_USE bool http_body_end(struct http_body_reader *r, bool orderly);

#endif

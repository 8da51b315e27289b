// SPDX-License-Identifier: Apache-2.0
// A message of HTTP/2: pseudo-fields and fields instead of lines (RFC 9113, 8.3). The same facts
// come of it, through the same checks, as of an HTTP/1.1 head. Fields come one by one as HPACK
// yields them; the collection copies them into the arena of the exchange, within the limits of a
// head. A fault does not end the collection: what can be read is kept for the record.
#ifndef YETT_HTTP_PSEUDO_H
#define YETT_HTTP_PSEUDO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"
#include "http/head.h"

struct arena;

struct http_pseudo_head {
    struct http_head_limits limits;
    struct arena *arena;
    struct slice method, scheme, authority, path, protocol, status;
    unsigned seen;        // which pseudo-fields came
    bool fields_began;    // pseudo-fields may not follow
    uint32_t bytes;       // of everything, counted as RFC 9113, 6.5.2 does: 32 more for each field
    uint32_t field_bytes; // of fields alone, as their lines in HTTP/1.1 would have
    struct http_fields fields;
    size_t room; // of fields.items
    enum http_reason reason;
};

// `arena` must outlive it.
void http_pseudo_init(struct http_pseudo_head *h, const struct http_head_limits *limits,
                      struct arena *arena);
// The next field. h->reason keeps the first fault.
void http_pseudo_add(struct http_pseudo_head *h, struct slice name, struct slice value);
// A trailer field: no pseudo-field, nothing that concerns framing, routing, identity or this hop
// (RFC 9110, 6.5.1).
void http_pseudo_add_trailer(struct http_pseudo_head *h, struct slice name, struct slice value);
// The same of a response, where servers put what they like: fields that have a meaning elsewhere
// are left out, those that frame messages stay a fault.
void http_pseudo_add_response_trailer(struct http_pseudo_head *h, struct slice name,
                                      struct slice value);
// All fields have come; `ended`: and no body follows. *out is filled in as far as it can be, also
// when the answer is a reason. A body whose length is not announced is CHUNKED.
MUST_USE enum http_reason http_request_of_pseudo(struct http_pseudo_head *h,
                                                 const struct http_request_options *options,
                                                 bool ended, struct http_request *out);

// The same for the head of a response. Its length, if announced, has to be that of the DATA frames;
// the kind is NONE where no body may follow, CHUNKED where nobody knows how long it is.
MUST_USE enum http_reason http_response_of_pseudo(const struct http_pseudo_head *h,
                                                  bool request_was_head, bool ended,
                                                  struct http_response *out);

#endif

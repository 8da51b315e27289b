// SPDX-License-Identifier: Apache-2.0
// Messages written afresh from facts. Every name and value passes through here into a bounded
// buffer; a CR, LF or NUL that reached this point by our own mistake is refused (buf.failed) rather
// than written.
#ifndef YETT_HTTP_SERIALIZE_H
#define YETT_HTTP_SERIALIZE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "http/field.h"
#include "http/framing.h"

// "METHOD target HTTP/1.1\r\n"; `query` is put behind `?` when `has_query`.
void http_write_request_line(struct buf *out, struct slice method, struct slice path_wire,
                             bool has_query, struct slice query);
// "HTTP/1.1 status phrase\r\n"
void http_write_status_line(struct buf *out, unsigned status);
// "Name: value\r\n"
void http_write_field(struct buf *out, struct slice name, struct slice value);
// All fields that are not marked HTTP_FIELD_DROP, in order, names as received.
void http_write_fields(struct buf *out, const struct http_fields *f);
// "Content-Length: n" or "Transfer-Encoding: chunked"; nothing for NONE and CLOSE.
void http_write_framing(struct buf *out, const struct http_framing *framing);
// The empty line.
void http_write_end(struct buf *out);

#endif

// SPDX-License-Identifier: Apache-2.0
// A field section on its way to nghttp2, which copies it when it is submitted: names and numbers
// that have to be made for it lie in the arena of the exchange until then.
#ifndef YETT_HTTP2_SECTION_H
#define YETT_HTTP2_SECTION_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "http/message.h"

struct arena;

struct http2_section {
    nghttp2_nv *items;
    size_t count, room;
    struct arena *arena;
    bool failed; // no memory, or a field that no message may have
};

nghttp2_nv http2_pair(struct slice name, struct slice value);
void http2_section_begin(struct http2_section *s, struct arena *arena, size_t room);
void http2_section_add_pseudo(struct http2_section *s, struct slice name, struct slice value);
// Names become lower case (RFC 9113, 8.2.1). What is no field fails: values come from policies and
// filters too.
void http2_section_add(struct http2_section *s, struct slice name, struct slice value);
// Those that are not dropped.
void http2_section_add_fields(struct http2_section *s, const struct http_fields *f);
// Fields and length of a message; at most http2_section_room of them.
void http2_section_add_message(struct http2_section *s, const struct http_outgoing *m);
size_t http2_section_room(const struct http_outgoing *m);
// Fields for the end of a body: copied, since they wait longer than what they were read from. NULL
// without memory, or for what is no field.
const struct http2_section *http2_trailers(struct arena *arena, const struct http_fields *f);
// The data source has come to its end: says so in `flags`, with the trailers where there are any.
int http2_end_data(nghttp2_session *session, int32_t id, const struct http2_section *trailers,
                   uint32_t *flags);
// The number's digits, in the arena; empty and failed without memory.
struct slice http2_decimal(struct http2_section *s, uint64_t number);

#endif

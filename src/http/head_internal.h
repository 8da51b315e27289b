// SPDX-License-Identifier: Apache-2.0
// What parsers of requests and of responses share; for this room alone.
#ifndef YETT_HTTP_HEAD_INTERNAL_H
#define YETT_HTTP_HEAD_INTERNAL_H

#include <stdbool.h>

#include "http/head.h"

enum { HTTP_CONNECTION_MEMBERS_MAX = 64 };

// The tokens of all Connection fields that mean something here.
struct http_connection {
    bool has_close;
    bool has_keep_alive;
    bool has_upgrade;
};

// The start line without its CRLF.
struct slice http_head_start_line(const struct http_head_scan *s, const char *data);
// Field lines to fields. When a line is refused, the fields before it are in *out.
MUST_USE enum http_reason http_head_parse_fields(const struct http_head_scan *s, const char *data,
                                                 struct arena *arena, struct http_fields *out);
MUST_USE enum http_reason http_head_parse_connection(const struct http_fields *f,
                                                     struct http_connection *out);
// RFC 9112, 9.3.
bool http_head_keeps_alive(const struct http_connection *c, enum http_version version);

#endif

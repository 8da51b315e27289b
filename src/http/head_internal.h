// SPDX-License-Identifier: Apache-2.0
// What parsers of requests and of responses share; for this room alone.
#ifndef YETT_HTTP_HEAD_INTERNAL_H
#define YETT_HTTP_HEAD_INTERNAL_H

#include <stdbool.h>

#include "http/head.h"
#include "http/uri.h"

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
// Steps from octets to the facts of a request that do not depend on the version of HTTP. Each
// answers what is wrong, and fills in what it can.
MUST_USE enum http_reason http_request_take_method(struct http_request *out);
MUST_USE enum http_reason http_request_take_target(struct arena *arena, struct http_request *out,
                                                   struct http_target *target);
MUST_USE enum http_reason http_request_refuse_repeated(const struct http_fields *f);
MUST_USE enum http_reason http_request_take_expect(struct http_request *out);
MUST_USE enum http_reason http_request_refuse_tunnel_and_trace(const struct http_request *r);
void http_request_take_te(struct http_request *out);
void http_request_set_authority(struct http_request *out, const struct http_authority *authority);
// Of several reasons the first is the verdict.
void http_reason_keep_first(enum http_reason *reason, enum http_reason next);

// RFC 9112, 9.3.
bool http_head_keeps_alive(const struct http_connection *c, enum http_version version);

#endif

// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 heads: bytes in, facts out, or one reason. The first difficulty is that verdicts must
// not depend on how octets were split over reads; so a head is first scanned octet by octet up to
// its end (line ends, controls, limits: everything that can be refused early, decided left to
// right), and parsed only when it is whole. Nothing is repaired (RFC 9112, 2.2). The facts point
// into the caller's buffer, which must neither move nor change while they are used.
#ifndef YETT_HTTP_HEAD_H
#define YETT_HTTP_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"
#include "http/field.h"
#include "http/framing.h"
#include "http/reason.h"

struct arena;

struct http_head_limits {
    uint32_t start_line;  // octets without CRLF
    uint32_t field_line;  // octets without CRLF
    uint32_t field_bytes; // all field lines with their CRLF
    uint32_t field_count;
};

enum http_parse { HTTP_MORE, HTTP_DONE, HTTP_BAD };

struct http_head_scan {
    const struct http_head_limits *limits;
    size_t at;           // octets scanned so far
    size_t line_start;   // offset of the line being scanned
    size_t start;        // offset of the start line, behind skipped empty lines
    size_t fields_start; // offset of the first field line; 0 while in the start line
    uint32_t field_count;
    uint8_t empty_lines; // skipped before the start line
    bool is_response;
    enum http_reason reason;
    size_t head_len; // when done: octets of the head, from 0 to behind the empty line
};

void http_head_scan_init(struct http_head_scan *s, const struct http_head_limits *limits,
                         bool is_response);
// `data` is everything received since the scan began (`len` grows from call to call, what was there
// stays). DONE: head_len is set. BAD: reason is set. At most 4 empty lines are skipped before a
// request line, none before a status line. Each octet and limit is judged at its own offset.
MUST_USE enum http_parse http_head_scan(struct http_head_scan *s, const char *data, size_t len);
// True when nothing but empty lines came so far: an end of the connection here is no broken
// request.
bool http_head_scan_is_idle(const struct http_head_scan *s);

enum http_method {
    HTTP_METHOD_OTHER,
    HTTP_METHOD_GET,
    HTTP_METHOD_HEAD,
    HTTP_METHOD_POST,
    HTTP_METHOD_PUT,
    HTTP_METHOD_DELETE,
    HTTP_METHOD_OPTIONS,
    HTTP_METHOD_PATCH,
};

enum http_version { HTTP_VERSION_10 = 10, HTTP_VERSION_11 = 11, HTTP_VERSION_2 = 20 };

// One request, whichever protocol brought it. Filters, routing, serializer and audit read these and
// nothing else.
struct http_request {
    struct slice method;
    enum http_method method_id;
    enum http_version version;
    struct slice target;   // as received, for the record
    struct slice path_raw; // path part of the target, as received
    struct slice path; // canonical: decoded once, dot segments and repeated slashes removed; what
                       // rules match
    struct slice path_plain; // path without parameters (`;v=1`), which many backends cut off before
                             // they look for a resource: what routes match. Empty when it has none
    struct slice path_wire;  // the canonical path encoded again: what is forwarded
    struct slice query;      // without `?`, as received
    bool has_query;          // `/a?` differs from `/a`
    bool is_asterisk;        // OPTIONS *: path and path_wire are "*"
    struct slice authority;  // host [":" port], lower case, no trailing dot, default port left out
    struct slice host;       // of that, without port; IPv6 with brackets
    uint16_t port;           // 0: default
    struct http_fields fields;
    struct http_framing framing;
    bool keep_alive; // the client would use the connection again (RFC 9112, 9.3)
    bool expects_continue;
    bool te_trailers;         // TE: trailers was sent
    bool is_extended_connect; // a GET that asks for WebSocket over HTTP/2 (RFC 8441)
    struct slice upgrade; // the (first) Upgrade field; empty when Connection does not name it, and
                          // in HTTP/1.0
};

struct http_request_options {
    bool is_tls;               // default port 443, else 80
    struct slice default_host; // for HTTP/1.0 without Host; empty: such requests are refused
    bool extended_connect;     // of HTTP/2: CONNECT for WebSocket is taken (RFC 8441)
};

// Parses a scanned request head into *out, whatever can be read of it also when it answers a reason
// (method and target at least, for the record). Arrays and decoded text come from `arena`. NONE
// when all is well. CONNECT, TRACE and TRACK are refused in any case; which other methods are
// allowed is not decided here.
MUST_USE enum http_reason http_request_parse(const struct http_head_scan *s, const char *data,
                                             const struct http_request_options *options,
                                             struct arena *arena, struct http_request *out);

// For a head that the scan refused: method and target as far as they came, for the record. Nothing
// is checked.
void http_request_glimpse(const struct http_head_scan *s, const char *data, size_t len,
                          struct http_request *out);

struct http_response {
    unsigned status; // 100..599
    enum http_version version;
    struct slice reason_phrase;
    struct http_fields fields;
    struct http_framing framing;
    bool keep_alive; // the backend would use the connection again
};

// Parses a scanned response head. `request_was_head` and the status decide about the body (RFC
// 9112, 6.3).
MUST_USE enum http_reason http_response_parse(const struct http_head_scan *s, const char *data,
                                              bool request_was_head, struct arena *arena,
                                              struct http_response *out);

// A request of gRPC: POST over HTTP/2 with a content type of application/grpc, with or without the
// name of an encoding behind it.
bool http_request_is_grpc(const struct http_request *r);

// True for methods that may be sent again: GET, HEAD, OPTIONS, PUT, DELETE (RFC 9110, 9.2.2).
bool http_method_is_idempotent(enum http_method method);

#endif

// SPDX-License-Identifier: Apache-2.0
// Targets, authorities and paths (RFC 3986, RFC 9112 section 3). The path has one canonical form;
// routes and rules match it, and it is what is forwarded, encoded again. A path that plausible
// readers could understand differently is refused.
#ifndef YETT_HTTP_URI_H
#define YETT_HTTP_URI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"
#include "http/reason.h"

struct arena;

enum http_target_form { HTTP_TARGET_ORIGIN, HTTP_TARGET_ABSOLUTE, HTTP_TARGET_ASTERISK };

struct http_target {
    enum http_target_form form;
    struct slice scheme;    // of the absolute form
    struct slice authority; // of the absolute form, as received
    struct slice path;      // begins with `/`, or `*`
    struct slice query;
    bool has_query;
};

struct http_authority {
    struct slice text; // normalised: lower case, no trailing dot, default port left out
    struct slice host; // of `text`, IPv6 with brackets
    uint16_t port;     // 0: default
};

// Splits a target and checks its octets and percent signs. `is_options` allows `*`.
MUST_USE enum http_reason http_target_parse(struct slice target, bool is_options,
                                            struct http_target *out);
// uri-host [":" port]; at most 255 octets; no percent-encoding, IPv6 zone or empty label, and a
// name whose last label is a number must be a dotted quad. An IPv6 literal gets its canonical text.
// Normalised text is in `arena`.
MUST_USE enum http_reason http_authority_parse(struct slice text, uint16_t default_port,
                                               struct arena *arena, struct http_authority *out);
// The canonical form of a raw path (strictness: decode once, refuse what hides, remove dot
// segments, collapse slashes), decoded in *path, and encoded again in *wire. Path parameters
// (`;v=1`) stay in both. In *wire unreserved octets are plain, an escape of a reserved one stays an
// escape (`%3B` does not become `;`), and `|`, `[`, `]` are escaped. May point into `raw`.
MUST_USE enum http_reason http_path_canonical(struct slice raw, struct arena *arena,
                                              struct slice *path, struct slice *wire);
// A canonical path without its parameters: what is left of each segment before `;`, segments of
// which nothing is left not counted. Empty when the path has none.
MUST_USE enum http_reason http_path_without_params(struct slice path, struct arena *arena,
                                                   struct slice *out);
// Lenient decoding for rules and forms: %HH becomes its octet, `+` a space when `plus`; anything
// else stays. `out` has room for text.len; returns the length.
size_t http_percent_decode(struct slice text, bool plus, char *out);

#endif

// SPDX-License-Identifier: Apache-2.0
// Which route a request takes. Among the routes whose host, method and path match, the one with the
// most specific host wins (exact, then the longest `*.suffix`, then `*`), then the longest path
// prefix, then the first in the policy. Prefixes match whole segments of the canonical path:
// `/admin` and `/admin/` both match `/admin` and `/admin/x`, not `/administrator`. Parameters of
// segments play no part: `/admin;v=1` is `/admin`, as it is to many a backend.
#ifndef YETT_BACKEND_ROUTE_H
#define YETT_BACKEND_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

struct arena;
struct http_request;

struct route_match {
    const struct slice *hosts; // lower case; "*", "*.example.com" or exact, without port
    size_t host_count;
    const struct slice *methods; // none: any
    size_t method_count;
    struct slice path; // canonical prefix that begins with `/`
};

struct route_table;

// Builds the table in `arena`; `matches[i]` is route i. NULL without memory.
MUST_USE struct route_table *route_table_new(const struct route_match *matches, size_t count,
                                             struct arena *arena);
// Index of the route, or SIZE_MAX.
size_t route_table_find(const struct route_table *t, const struct http_request *request);
// What the prefix of that match leaves of a canonical path (decoded or encoded): begins with `/`.
struct slice route_strip_prefix(struct slice prefix, struct slice path);

#endif

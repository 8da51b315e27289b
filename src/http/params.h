// SPDX-License-Identifier: Apache-2.0
// Names and values out of queries, urlencoded bodies and Cookie fields, for rules to look at:
// lenient, because backends are, order and duplicates kept, bounded in number. Slices point into
// the input where nothing had to be decoded, else into the arena.
#ifndef YETT_HTTP_PARAMS_H
#define YETT_HTTP_PARAMS_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/slice.h"

struct arena;

struct http_param {
    struct slice name;
    struct slice value;
};

struct http_params {
    struct http_param *items;
    size_t count;
    bool truncated; // there were more than `max`, or the arena was full: whoever decides must count
                    // this as unknown
    size_t room;    // of items, where they are added one by one
};

// Adds one. False, and truncated, at `max` or without memory.
MUST_USE bool http_params_add(struct http_params *p, size_t max, struct arena *arena,
                              struct slice name, struct slice value);
// application/x-www-form-urlencoded, of a query or body: `&` separates, `+` is a space, %HH decoded
// once.
void http_form_parse(struct slice text, size_t max, struct arena *arena, struct http_params *out);
// One or more Cookie values (RFC 6265, 5.4): `;` separates, blanks around are dropped, quotes stay;
// nothing is decoded. Appends to *out.
void http_cookies_parse(struct slice value, size_t max, struct arena *arena,
                        struct http_params *out);

#endif

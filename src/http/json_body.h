// SPDX-License-Identifier: Apache-2.0
// JSON bodies for rules (RFC 8259): each member as a name and a value, in the order they come,
// duplicates kept: {"user": {"tags": ["a", 7]}} is `user.tags[0]` = `a`, `user.tags[1]` = `7`. No
// tree is made. null is empty; an empty object or array is there with an empty value, so that its
// name is seen.
#ifndef YETT_HTTP_JSON_BODY_H
#define YETT_HTTP_JSON_BODY_H

#include "base/attr.h"
#include "base/slice.h"
#include "http/params.h"

enum {
    HTTP_JSON_DEPTH_MAX = 64,
    HTTP_JSON_NAME_MAX = 1024, // octets of a whole name
};

// NULL when all could be read, else a constant word: "json-syntax", "json-utf8", "json-depth",
// "json-name", "json-members", "out-of-memory"; what came before is in *out then. An empty text is
// nothing, and no mistake.
MUST_USE const char *http_json_parse(struct slice text, size_t max, struct arena *arena,
                                     struct http_params *out);

#endif

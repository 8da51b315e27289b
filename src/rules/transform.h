// SPDX-License-Identifier: Apache-2.0
// What a value goes through before it is compared. A transform never makes a value longer (but for
// `length`, whose result has at most 20 octets) and never fails: what it does not understand stays
// as it is.
#ifndef YETT_RULES_TRANSFORM_H
#define YETT_RULES_TRANSFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

// X(NAME, "word", function)
#define RULES_TRANSFORMS(X)                                                                        \
    X(URL_DECODE, "url_decode", url_decode)                                                        \
    X(LOWERCASE, "lowercase", lowercase)                                                           \
    X(COMPRESS_WHITESPACE, "compress_whitespace", compress_whitespace)                             \
    X(REMOVE_WHITESPACE, "remove_whitespace", remove_whitespace)                                   \
    X(REMOVE_NULLS, "remove_nulls", remove_nulls)                                                  \
    X(HTML_ENTITY_DECODE, "html_entity_decode", html_entity_decode)                                \
    X(NORMALIZE_PATH, "normalize_path", normalize_path)                                            \
    X(REPLACE_COMMENTS, "replace_comments", replace_comments)                                      \
    X(COMMAND_LINE, "command_line", command_line)                                                  \
    X(LENGTH, "length", length)

enum rules_transform {
#define X(name, word, function) RULES_TRANSFORM_##name,
    RULES_TRANSFORMS(X)
#undef X
        RULES_TRANSFORM_COUNT
};

enum {
    RULES_TRANSFORM_ROOM = 20, // least room of `out`, whatever the value
};

// NULL-terminated words in the order of the enum.
const char *const *rules_transform_words(void);
// Applies `t` to `in`. `out` has room for in.len octets and at least RULES_TRANSFORM_ROOM, and does
// not overlap `in`. The result is `in` itself when nothing changed, else a view of `out`.
struct slice rules_transform(enum rules_transform t, struct slice in, char *out);

#endif

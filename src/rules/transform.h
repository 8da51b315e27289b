// SPDX-License-Identifier: Apache-2.0
// What a value goes through before it is compared. A transform never fails: what it does not
// understand stays as it is. They undo the spellings that ModSecurity's transformations of the
// same names undo, so that rules written for those see the same text; shell_unquote is our own.
#ifndef YETT_RULES_TRANSFORM_H
#define YETT_RULES_TRANSFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

// X(NAME, "word", function); functions are declared in transform_internal.h.
#define RULES_TRANSFORMS(X)                                                                        \
    X(URL_DECODE, "url_decode", url_decode)                                                        \
    X(URL_DECODE_UNI, "url_decode_uni", url_decode_uni)                                            \
    X(UTF8_TO_UNICODE, "utf8_to_unicode", utf8_to_unicode)                                         \
    X(HTML_ENTITY_DECODE, "html_entity_decode", html_entity_decode)                                \
    X(JS_DECODE, "js_decode", js_decode)                                                           \
    X(CSS_DECODE, "css_decode", css_decode)                                                        \
    X(ESCAPE_SEQ_DECODE, "escape_seq_decode", escape_seq_decode)                                   \
    X(BASE64_DECODE, "base64_decode", base64_decode)                                               \
    X(BASE64_DECODE_EXT, "base64_decode_ext", base64_decode_ext)                                   \
    X(BASE64_ENCODE, "base64_encode", base64_encode)                                               \
    X(HEX_DECODE, "hex_decode", hex_decode)                                                        \
    X(HEX_ENCODE, "hex_encode", hex_encode)                                                        \
    X(SQL_HEX_DECODE, "sql_hex_decode", sql_hex_decode)                                            \
    X(LOWERCASE, "lowercase", lowercase)                                                           \
    X(UPPERCASE, "uppercase", uppercase)                                                           \
    X(COMPRESS_WHITESPACE, "compress_whitespace", compress_whitespace)                             \
    X(REMOVE_WHITESPACE, "remove_whitespace", remove_whitespace)                                   \
    X(TRIM, "trim", trim)                                                                          \
    X(TRIM_LEFT, "trim_left", trim_left)                                                           \
    X(TRIM_RIGHT, "trim_right", trim_right)                                                        \
    X(REMOVE_NULLS, "remove_nulls", remove_nulls)                                                  \
    X(REPLACE_NULLS, "replace_nulls", replace_nulls)                                               \
    X(NORMALIZE_PATH, "normalize_path", normalize_path)                                            \
    X(NORMALIZE_PATH_WIN, "normalize_path_win", normalize_path_win)                                \
    X(REPLACE_COMMENTS, "replace_comments", replace_comments)                                      \
    X(REMOVE_COMMENTS, "remove_comments", remove_comments)                                         \
    X(REMOVE_COMMENTS_CHAR, "remove_comments_char", remove_comments_char)                          \
    X(COMMAND_LINE, "command_line", command_line)                                                  \
    X(SHELL_UNQUOTE, "shell_unquote", shell_unquote)                                               \
    X(LENGTH, "length", length)                                                                    \
    X(MD5, "md5", md5)                                                                             \
    X(SHA1, "sha1", sha1)

enum rules_transform {
#define X(name, word, function) RULES_TRANSFORM_##name,
    RULES_TRANSFORMS(X)
#undef X
        RULES_TRANSFORM_COUNT
};

enum {
    RULES_TRANSFORM_GROWTH = 3, // most octets that one octet may become (utf8_to_unicode),
    RULES_TRANSFORM_ROOM = 20,  // beside these (length, sha1)
};

// Room that the result of transforming `len` octets may take.
static inline size_t rules_transform_room(size_t len)
{
    return RULES_TRANSFORM_GROWTH * len + RULES_TRANSFORM_ROOM;
}

// NULL-terminated words in the order of the enum.
const char *const *rules_transform_words(void);
// Applies `t` to `in`. `out` has room for rules_transform_room(in.len) octets and does not overlap
// `in`. The result is `in` itself when nothing changed, else a view of `out`, or a part of `in`
// (trim).
struct slice rules_transform(enum rules_transform t, struct slice in, char *out);

#endif

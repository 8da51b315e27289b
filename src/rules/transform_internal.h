// SPDX-License-Identifier: Apache-2.0
// One function for each transform, in files by what they undo (transform_*.c), and what those
// share.
#ifndef YETT_RULES_TRANSFORM_INTERNAL_H
#define YETT_RULES_TRANSFORM_INTERNAL_H

#include "base/ascii.h"
#include "rules/transform.h"

#define X(name, word, function) struct slice transform_##function(struct slice in, char *out);
RULES_TRANSFORMS(X)
#undef X

// Blanks, tabs, and ends of lines and pages.
static inline bool transform_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// Are there `count` hexadecimal digits at `at`?
static inline bool transform_has_hex(struct slice in, size_t at, size_t count)
{
    if (in.len < at || in.len - at < count)
        return false;
    for (size_t i = at; i < at + count; i++) {
        if (ascii_hex(in.ptr[i]) < 0)
            return false;
    }
    return true;
}

// The value of the `count` (at most 7) hexadecimal digits at `at`.
static inline uint32_t transform_hex(struct slice in, size_t at, size_t count)
{
    uint32_t value = 0;
    for (size_t i = at; i < at + count; i++)
        value = value * 16 + (uint32_t)ascii_hex(in.ptr[i]);
    return value;
}

// The octet that a decoder of single octets makes of a code point: its lower half, but full-width
// forms (U+FF01 to U+FF5E) become the ASCII they look like.
static inline char transform_narrow(uint32_t code)
{
    unsigned low = code & 0xff;
    bool is_full_width = (code & 0xff00) == 0xff00 && low > 0 && low < 0x5f;
    return (char)(is_full_width ? low + 0x20 : low);
}

#endif

// SPDX-License-Identifier: Apache-2.0
// The table of well-formed sequences (RFC 3629, 4) restricts only the second byte by the first; all
// later ones are 80-BF. That rules out overlong forms, surrogates and code points past U+10FFFF
// without decoding anything.
#include "base/utf8.h"

#include <stdint.h>

struct lead {
    unsigned char from, to;  // first byte
    unsigned char low, high; // second byte
    unsigned char length;
};

static const struct lead leads[] = {
    {.from = 0xc2, .to = 0xdf, .low = 0x80, .high = 0xbf, .length = 2},
    {.from = 0xe0, .to = 0xe0, .low = 0xa0, .high = 0xbf, .length = 3},
    {.from = 0xe1, .to = 0xec, .low = 0x80, .high = 0xbf, .length = 3},
    {.from = 0xed, .to = 0xed, .low = 0x80, .high = 0x9f, .length = 3},
    {.from = 0xee, .to = 0xef, .low = 0x80, .high = 0xbf, .length = 3},
    {.from = 0xf0, .to = 0xf0, .low = 0x90, .high = 0xbf, .length = 4},
    {.from = 0xf1, .to = 0xf3, .low = 0x80, .high = 0xbf, .length = 4},
    {.from = 0xf4, .to = 0xf4, .low = 0x80, .high = 0x8f, .length = 4},
};

static size_t multibyte(const unsigned char *s, size_t len)
{
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        const struct lead *l = &leads[i];
        if (s[0] < l->from || s[0] > l->to)
            continue;
        if (len < l->length || s[1] < l->low || s[1] > l->high)
            return 0;
        for (size_t j = 2; j < l->length; j++) {
            if ((s[j] & 0xc0) != 0x80)
                return 0;
        }
        return l->length;
    }
    return 0;
}

size_t utf8_sequence(struct slice s)
{
    if (s.len == 0)
        return 0;
    const unsigned char *bytes = (const unsigned char *)s.ptr;
    return bytes[0] < 0x80 ? 1 : multibyte(bytes, s.len);
}

bool utf8_is_valid(struct slice s)
{
    size_t at = 0;
    while (at < s.len) {
        uint64_t eight;
        if (s.len - at >= sizeof(eight)) { // most text is ASCII: eight bytes at a time
            memcpy(&eight, s.ptr + at, sizeof(eight));
            if (!(eight & 0x8080808080808080u)) {
                at += sizeof(eight);
                continue;
            }
        }
        size_t n = utf8_sequence(slice_from(s, at));
        if (n == 0)
            return false;
        at += n;
    }
    return true;
}

size_t utf8_encode(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(marks[length] | code);
    return length;
}

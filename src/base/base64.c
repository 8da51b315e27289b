// SPDX-License-Identifier: Apache-2.0
// A lenient decoder lets one password or cookie be spelled many ways, which defeats comparing and
// caching by the text. Here each byte string has exactly one encoding: unused bits of the last
// digit must be zero (RFC 4648, 3.5).
#include "base/base64.h"

#include <stdint.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

// Decodes the group of four at `in`, the last `padding` of which are '='; false when it is not
// canonical.
static bool decode_group(const char *in, size_t padding, unsigned char *out)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        int value = i < 4 - padding ? digit_value(in[i]) : 0;
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
    }
    if (bits & ((1u << 8 * padding) - 1))
        return false;
    for (size_t i = 0; i < 3 - padding; i++)
        out[i] = (unsigned char)(bits >> (16 - 8 * i));
    return true;
}

bool base64_decode(struct slice text, void *out, size_t cap, size_t *len)
{
    if (text.len % 4)
        return false;
    size_t padding = 0;
    while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=')
        padding++;
    size_t total = text.len / 4 * 3 - padding;
    if (total > cap)
        return false;
    unsigned char *at = out;
    for (size_t i = 0; i < text.len; i += 4, at += 3) {
        if (!decode_group(text.ptr + i, i + 4 == text.len ? padding : 0, at))
            return false;
    }
    *len = total;
    return true;
}

size_t base64_encoded_len(size_t len)
{
    return (len / 3 + (len % 3 != 0)) * 4;
}

void base64_encode(struct slice bytes, char *out)
{
    for (size_t i = 0; i < bytes.len; i += 3, out += 4) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t bits = 0;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (j < n ? (unsigned char)bytes.ptr[i + j] : 0u);
        for (size_t j = 0; j < 4; j++)
            out[j] = j <= n ? digits[bits >> (18 - 6 * j) & 63] : '=';
    }
}

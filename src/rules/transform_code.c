// SPDX-License-Identifier: Apache-2.0
// Base64 and hexadecimal digits there and back; and what says something about a value: its length
// and its digests.
#include "base/base64.h"
#include "base/digest.h"
#include "base/num.h"
#include "rules/transform_internal.h"

// The value of a base64 digit, or -1.
static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// Decoders of applications are lenient: this one takes a text without padding, and goes on behind
// what is no digit, or ends there.
static struct slice decode_base64(struct slice in, char *out, bool goes_on)
{
    size_t len = 0, digits = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < in.len; i++) {
        int digit = digit_of(in.ptr[i]);
        if (digit < 0) {
            if (!goes_on)
                break;
            continue;
        }
        bits = bits << 6 | (uint32_t)digit;
        if (++digits % 4 != 1)
            out[len++] = (char)(bits >> (6 - 2 * ((digits - 1) % 4)));
    }
    return slice_of(out, len);
}

struct slice transform_base64_decode(struct slice in, char *out)
{
    return decode_base64(in, out, false);
}

struct slice transform_base64_decode_ext(struct slice in, char *out)
{
    return decode_base64(in, out, true);
}

struct slice transform_base64_encode(struct slice in, char *out)
{
    base64_encode(in, out);
    return slice_of(out, base64_encoded_len(in.len));
}

// Past 'F' the letters count on: what is no hexadecimal digit spoils its own octet and no other.
static unsigned loose_digit(char c)
{
    return c >= 'A' ? (unsigned)((c & 0xdf) - 'A' + 10) : (unsigned)(c - '0');
}

struct slice transform_hex_decode(struct slice in, char *out)
{
    for (size_t i = 0; i < in.len / 2; i++)
        out[i] = (char)(loose_digit(in.ptr[2 * i]) * 16 + loose_digit(in.ptr[2 * i + 1]));
    return slice_of(out, in.len / 2);
}

static struct slice encode_hex(struct slice in, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < in.len; i++) {
        unsigned char octet = (unsigned char)in.ptr[i];
        out[2 * i] = digits[octet >> 4];
        out[2 * i + 1] = digits[octet & 15];
    }
    return slice_of(out, 2 * in.len);
}

struct slice transform_hex_encode(struct slice in, char *out)
{
    return encode_hex(in, out);
}

// 0x61646d696e, as MySQL writes strings.
struct slice transform_sql_hex_decode(struct slice in, char *out)
{
    size_t len = 0;
    bool changed = false;
    for (size_t i = 0; i < in.len;) {
        bool is_hex = in.ptr[i] == '0' && i + 1 < in.len && ascii_lower(in.ptr[i + 1]) == 'x' &&
                      transform_has_hex(in, i + 2, 2);
        if (!is_hex) {
            out[len++] = in.ptr[i++];
            continue;
        }
        changed = true;
        for (i += 2; transform_has_hex(in, i, 2); i += 2)
            out[len++] = (char)transform_hex(in, i, 2);
    }
    return changed ? slice_of(out, len) : in;
}

struct slice transform_length(struct slice in, char *out)
{
    return slice_of(out, num_write_decimal(out, in.len));
}

struct slice transform_md5(struct slice in, char *out)
{
    digest_md5(in, (unsigned char *)out);
    return slice_of(out, DIGEST_MD5_LEN);
}

struct slice transform_sha1(struct slice in, char *out)
{
    digest_sha1(in, (unsigned char *)out);
    return slice_of(out, DIGEST_SHA1_LEN);
}

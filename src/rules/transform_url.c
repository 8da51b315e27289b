// SPDX-License-Identifier: Apache-2.0
// Percent-encoding, with the %uXXXX of IIS and of JavaScript's escape().
#include "base/utf8.h"
#include "http/uri.h"
#include "rules/transform_internal.h"

struct slice transform_url_decode(struct slice in, char *out)
{
    if (slice_index(in, '%') == in.len && slice_index(in, '+') == in.len)
        return in;
    return slice_of(out, http_percent_decode(in, true, out));
}

// What servers that know no Unicode put in place of a character: the ASCII it looks like. '_' is a
// character that has no likeness.
static const struct {
    uint32_t first;
    struct slice likeness;
} alike[] = {
    {0xa0, SLICE_INIT(" !cL_Y|___a<_-R_o+23'__.,1o>___?"
                      "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo_ouuuuyty"
                      "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi__JjKk_LlLlLlLlLl"
                      "NnNnNn___OoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs")},
    {0x2b9, SLICE_INIT("'\"'''____<>^_^_'__`")},
    {0x2000, SLICE_INIT("           _____------|_'',\'\"\"\"\"__._..._")},
    {0x202f, SLICE_INIT(" __'\"'`__^<>_!")},
    {0x2044, SLICE_INIT("/")},
    {0x2212, SLICE_INIT("-__/\\*")},
    {0x2223, SLICE_INIT("|")},
    {0x2236, SLICE_INIT(":")},
    {0x223c, SLICE_INIT("~")},
    {0x2329, SLICE_INIT("<>")},
    {0x3000, SLICE_INIT(" ,._____<><>")},
};

// The octet that an application is likely to see for %uXXXX.
static char octet_of(uint32_t code)
{
    for (size_t i = 0; code >= alike[0].first && i < ARRAY_LEN(alike); i++) {
        uint32_t at = code - alike[i].first; // beyond any length when below
        if (at < alike[i].likeness.len && alike[i].likeness.ptr[at] != '_')
            return alike[i].likeness.ptr[at];
    }
    return transform_narrow(code);
}

struct slice transform_url_decode_uni(struct slice in, char *out)
{
    size_t len = 0;
    if (slice_index(in, '%') == in.len && slice_index(in, '+') == in.len)
        return in;
    for (size_t i = 0; i < in.len;) {
        char c = in.ptr[i];
        if (c == '%' && i + 1 < in.len && ascii_lower(in.ptr[i + 1]) == 'u' &&
            transform_has_hex(in, i + 2, 4)) {
            out[len++] = octet_of(transform_hex(in, i + 2, 4));
            i += 6;
        } else if (c == '%' && transform_has_hex(in, i + 1, 2)) {
            out[len++] = (char)transform_hex(in, i + 1, 2);
            i += 3;
        } else {
            out[len++] = c == '+' ? ' ' : c;
            i++;
        }
    }
    return slice_of(out, len);
}

// Length of what a decoder that checks nothing takes for one character of several octets: also
// overlong forms and surrogates. 0: none.
static size_t read_loosely(struct slice in, uint32_t *code)
{
    unsigned char first = (unsigned char)in.ptr[0];
    size_t len = first >= 0xc0 && first < 0xe0   ? 2
                 : first >= 0xe0 && first < 0xf0 ? 3
                 : first >= 0xf0 && first < 0xf8 ? 4
                                                 : 0;
    if (len == 0 || in.len < len)
        return 0;
    *code = first & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        unsigned char next = (unsigned char)in.ptr[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (next & 0x3fu);
    }
    return len;
}

static size_t write_code(char *out, uint32_t code)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = 0;
    unsigned shift = 12;
    while (code >> shift >= 16)
        shift += 4;
    out[len++] = '%';
    out[len++] = 'u';
    for (;; shift -= 4) {
        out[len++] = digits[code >> shift & 15];
        if (shift == 0)
            return len;
    }
}

struct slice transform_utf8_to_unicode(struct slice in, char *out)
{
    size_t i = 0, len = 0;
    bool changed = false;
    while (i < in.len && !((unsigned char)in.ptr[i] & 0x80))
        i++;
    if (i == in.len)
        return in;
    memcpy(out, in.ptr, i);
    len = i;
    while (i < in.len) {
        uint32_t code;
        size_t used = read_loosely(slice_from(in, i), &code);
        if (used == 0) {
            out[len++] = in.ptr[i++];
            continue;
        }
        changed = true;
        len += write_code(out + len, code);
        i += used;
    }
    return changed ? slice_of(out, len) : in;
}

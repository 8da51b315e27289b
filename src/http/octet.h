// SPDX-License-Identifier: Apache-2.0
// Which octet may stand where (RFC 9110 section 5, RFC 3986), as one table, so that no two parsers
// of this room draw the line differently, and the walk over plain text that every head goes
// through.
#ifndef YETT_HTTP_OCTET_H
#define YETT_HTTP_OCTET_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/ascii.h"
#include "base/slice.h"

enum http_octet_class {
    HTTP_OCTET_TOKEN = 1,      // tchar
    HTTP_OCTET_TEXT = 2,       // HTAB, SP, VCHAR, obs-text: field values and quoted strings
    HTTP_OCTET_UNRESERVED = 4, // RFC 3986, 2.3
    HTTP_OCTET_PATH_WIRE = 8,  // pchar but `%`: stands in a forwarded path as it is
    HTTP_OCTET_PATH = 16,      // raw in a received path: the above, `/`, and `|[]` as browsers send
    HTTP_OCTET_QUERY = 32,     // raw in a query: the above, `?`, and more that browsers leave there
    HTTP_OCTET_HOST = 64,      // in a host name
};

extern const uint8_t http_octets[256];

static inline bool http_octet_is(char c, enum http_octet_class class)
{
    return (http_octets[(unsigned char)c] & class) != 0;
}

// True when every octet of `s` is of that class; true for the empty slice.
static inline bool http_octets_are(struct slice s, enum http_octet_class class)
{
    for (size_t i = 0; i < s.len; i++)
        if (!http_octet_is(s.ptr[i], class))
            return false;
    return true;
}

// What OWS is made of (RFC 9110, 5.6.3): nothing else is ever trimmed.
static inline bool http_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static inline struct slice http_trim(struct slice s)
{
    while (s.len > 0 && http_is_blank(s.ptr[0]))
        s = slice_of(s.ptr + 1, s.len - 1);
    while (s.len > 0 && http_is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

// Sixteen octets, and what a comparison of them gives, as compilers have them for any machine.
typedef uint8_t http_octet_vector __attribute__((vector_size(16)));
typedef uint64_t http_word_vector __attribute__((vector_size(16)));

// All bits set where a control octet stands (HTAB and DEL are such).
static inline http_word_vector http_controls_of(const char *octets)
{
    http_octet_vector v;
    memcpy(&v, octets, sizeof v);
    return (http_word_vector)((v < 0x20) | (v == 0x7f));
}

// Offset of the first control octet in data[at..end), or `end`. Sixteen octets per step: this is
// the only loop that sees every octet of a head.
static inline size_t http_octets_plain(const char *data, size_t at, size_t end)
{
    for (; end - at >= sizeof(http_octet_vector); at += sizeof(http_octet_vector)) {
        http_word_vector found = http_controls_of(data + at);
        if ((found[0] | found[1]) != 0) {
            end = at + sizeof(http_octet_vector);
            at += found[0] == 0 ? sizeof(uint64_t) : 0;
            break;
        }
    }
    while (at < end && !ascii_is_control(data[at]))
        at++;
    return at;
}

// Is there no control octet? For texts of a known end, whose last steps overlap.
static inline bool http_octets_are_plain(struct slice s)
{
    const size_t step = sizeof(http_octet_vector);
    if (s.len < step)
        return http_octets_plain(s.ptr, 0, s.len) == s.len;
    http_word_vector found = http_controls_of(s.ptr + s.len - step);
    for (size_t at = 0; s.len - at > step; at += step)
        found |= http_controls_of(s.ptr + at);
    return (found[0] | found[1]) == 0;
}

#endif

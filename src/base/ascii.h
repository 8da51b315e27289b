// SPDX-License-Identifier: Apache-2.0
// Character classes and case folding in ASCII only, whatever the locale: protocol elements never
// fold Unicode (RFC 9110, 5.1), so that no look-alike of a field name or host becomes equal to it.
#ifndef YETT_BASE_ASCII_H
#define YETT_BASE_ASCII_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

// Eight octets at once, each as ascii_lower has it.
static inline uint64_t ascii_lower_word(uint64_t word)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t low = word & (each * 0x7f);
    uint64_t from_a = low + each * (0x80 - 'A'); // bit 7: not below 'A'
    uint64_t past_z = low + each * (0x7f - 'Z'); // bit 7: above 'Z'
    uint64_t upper = (from_a & ~past_z & ~word) & (each * 0x80);
    return word | upper >> 2;
}

static inline uint64_t ascii_load_word(const char *octets)
{
    uint64_t word;
    memcpy(&word, octets, sizeof word);
    return word;
}

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool ascii_is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

// Value of a hexadecimal digit, or -1.
static inline int ascii_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool ascii_eq_nocase(struct slice a, struct slice b);
bool ascii_begins_nocase(struct slice s, struct slice prefix);
bool ascii_ends_nocase(struct slice s, struct slice suffix);
// Writes the lower-case form of `s` to `out`, which has room for s.len bytes; may be s.ptr itself.
void ascii_lower_copy(char *out, struct slice s);
// Puts '?' in place of every control octet, so that outside bytes can neither break a line of ours
// nor steer a terminal.
void ascii_hide_controls(char *text, size_t len);

#endif

// SPDX-License-Identifier: Apache-2.0
// An address has many spellings and filters compare it, so it is read strictly into one form and
// written in one way. inet_pton already is strict (it refuses what inet_aton takes: 0177.1, 1.2.3);
// inet_ntop writes some IPv6 addresses in mixed notation against RFC 5952, hence our own writer.
// Zones (fe80::1%eth0) are not addresses here.
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

enum { GROUPS = 8 }; // 16-bit groups of an IPv6 address

static const uint8_t v4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// Reads either family into its 16 bytes; `is_v4` tells how it was written.
static bool parse_bytes(struct slice text, uint8_t bytes[16], bool *is_v4)
{
    char copy[ADDR_TEXT_MAX];
    if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    *is_v4 = !strchr(copy, ':');
    if (!*is_v4)
        return inet_pton(AF_INET6, copy, bytes) == 1;
    memcpy(bytes, v4_mapped, sizeof(v4_mapped));
    return inet_pton(AF_INET, copy, bytes + sizeof(v4_mapped)) == 1;
}

// 1*DIGIT without leading zeros, so that a number has one spelling.
static bool parse_number(struct slice text, uint64_t max, uint64_t *out)
{
    if (text.len > 1 && text.ptr[0] == '0')
        return false;
    return num_decimal(text, max, out);
}

bool addr_parse(struct slice text, struct addr *out)
{
    struct addr a = {0};
    bool is_v4;
    if (!parse_bytes(text, a.bytes, &is_v4))
        return false;
    *out = a;
    return true;
}

bool addr_parse_with_port(struct slice text, bool port_optional, struct addr *out)
{
    struct addr a = {0};
    struct slice host, rest; // rest: empty or ":port"
    bool bracketed = text.len && text.ptr[0] == '[';
    if (bracketed) {
        size_t close = slice_index(text, ']');
        if (close == text.len)
            return false;
        host = slice_from(slice_first(text, close), 1);
        rest = slice_from(text, close + 1);
    } else {
        size_t colon = slice_index(text, ':');
        host = slice_first(text, colon);
        rest = slice_from(text, colon);
    }
    bool is_v4;
    if (!parse_bytes(host, a.bytes, &is_v4) || is_v4 == bracketed)
        return false;
    if (rest.len == 0 && !port_optional)
        return false;
    if (rest.len) {
        uint64_t port;
        if (rest.ptr[0] != ':' || !parse_number(slice_from(rest, 1), UINT16_MAX, &port))
            return false;
        a.port = (uint16_t)port;
    }
    *out = a;
    return true;
}

// Clears the bits behind the prefix; tells whether any was set.
static bool clear_host_bits_of(struct addr_prefix *p)
{
    bool any = false;
    for (size_t i = 0; i < sizeof(p->bytes); i++) {
        size_t first = i * 8; // number of the byte's first bit
        size_t keep = p->bits <= first ? 0 : p->bits - first;
        uint8_t mask = (uint8_t)(keep >= 8 ? 0xffu : 0xff00u >> keep);
        any = any || (p->bytes[i] & ~mask & 0xff);
        p->bytes[i] &= mask;
    }
    return any;
}

bool addr_parse_prefix(struct slice text, bool clear_host_bits, struct addr_prefix *out)
{
    struct addr_prefix p = {.bits = 128};
    size_t slash = slice_index(text, '/');
    bool is_v4;
    if (!parse_bytes(slice_first(text, slash), p.bytes, &is_v4))
        return false;
    if (slash < text.len) {
        uint64_t bits;
        if (!parse_number(slice_from(text, slash + 1), is_v4 ? 32 : 128, &bits))
            return false;
        p.bits = (uint8_t)(is_v4 ? 96 + bits : bits);
    }
    if (clear_host_bits_of(&p) && !clear_host_bits)
        return false;
    *out = p;
    return true;
}

struct addr_prefix addr_prefix_of(const struct addr *a, unsigned bits)
{
    struct addr_prefix p = {.bits = (uint8_t)bits};
    memcpy(p.bytes, a->bytes, sizeof(p.bytes));
    (void)clear_host_bits_of(&p);
    return p;
}

bool addr_is_v4(const struct addr *a)
{
    return !a->is_unix && memcmp(a->bytes, v4_mapped, sizeof(v4_mapped)) == 0;
}

bool addr_is_loopback(const struct addr *a)
{
    static const uint8_t v6_loopback[16] = {[15] = 1};
    if (a->is_unix)
        return false;
    if (addr_is_v4(a))
        return a->bytes[12] == 127;
    return memcmp(a->bytes, v6_loopback, sizeof(v6_loopback)) == 0;
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
    return a->is_unix == b->is_unix && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool addr_prefix_has(const struct addr_prefix *p, const struct addr *a)
{
    if (a->is_unix)
        return false;
    size_t whole = p->bits / 8;
    unsigned rest = p->bits % 8;
    if (memcmp(p->bytes, a->bytes, whole) != 0)
        return false;
    return rest == 0 || ((p->bytes[whole] ^ a->bytes[whole]) & (0xff00u >> rest) & 0xffu) == 0;
}

// The first longest run of two or more zero groups (RFC 5952, 4.2); *length is 0 when there is
// none.
static size_t longest_zeros(const unsigned groups[GROUPS], size_t *length)
{
    size_t best = 0, run = 0;
    *length = 0;
    for (size_t i = 0; i < GROUPS; i++) {
        run = groups[i] ? 0 : run + 1;
        if (run >= 2 && run > *length) {
            *length = run;
            best = i + 1 - run;
        }
    }
    return best;
}

static size_t write_v6(const uint8_t bytes[16], char *out)
{
    unsigned groups[GROUPS];
    for (size_t i = 0; i < GROUPS; i++)
        groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
    size_t zeros, len = 0;
    size_t at = longest_zeros(groups, &zeros);
    for (size_t i = 0; i < GROUPS; i++) {
        if (zeros && i == at) {
            out[len++] = ':';
            i += zeros - 1;
            if (i == GROUPS - 1)
                out[len++] = ':';
            continue;
        }
        if (i)
            out[len++] = ':';
        len += num_write_hex(out + len, groups[i]);
    }
    return len;
}

static size_t write_v4(const uint8_t bytes[4], char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < 4; i++) {
        if (i)
            out[len++] = '.';
        len += num_write_decimal(out + len, bytes[i]);
    }
    return len;
}

size_t addr_text(const struct addr *a, char *out)
{
    size_t len;
    if (a->is_unix) {
        len = sizeof("unix:") - 1;
        memcpy(out, "unix:", len);
    } else if (addr_is_v4(a)) {
        len = write_v4(a->bytes + 12, out);
    } else {
        len = write_v6(a->bytes, out);
    }
    out[len] = '\0';
    return len;
}

size_t addr_text_with_port(const struct addr *a, char *out)
{
    char text[ADDR_TEXT_MAX];
    (void)addr_text(a, text);
    if (a->is_unix)
        return (size_t)snprintf(out, ADDR_PORT_TEXT_MAX, "%s", text);
    bool is_v4 = addr_is_v4(a);
    return (size_t)snprintf(out, ADDR_PORT_TEXT_MAX, "%s%s%s:%u", is_v4 ? "" : "[", text,
                            is_v4 ? "" : "]", (unsigned)a->port);
}

size_t addr_prefix_text(const struct addr_prefix *p, char *out)
{
    struct addr a = {0};
    memcpy(a.bytes, p->bytes, sizeof(a.bytes));
    // Shorter than 96 bits it is an IPv6 prefix, even one that begins like a mapped address.
    bool is_v4 = p->bits >= 96 && addr_is_v4(&a);
    size_t len = is_v4 ? write_v4(a.bytes + 12, out) : write_v6(a.bytes, out);
    out[len++] = '/';
    len += num_write_decimal(out + len, is_v4 ? p->bits - 96u : p->bits);
    out[len] = '\0';
    return len;
}

size_t addr_prefix_text_short(const struct addr_prefix *p, char *out)
{
    struct addr a = {0};
    if (p->bits < 128)
        return addr_prefix_text(p, out);
    memcpy(a.bytes, p->bytes, sizeof(a.bytes));
    return addr_text(&a, out);
}

// SPDX-License-Identifier: Apache-2.0
// Internet addresses and prefixes in one form: IPv4 is kept as IPv4-mapped IPv6 (::ffff:a.b.c.d),
// so that no code stands twice for two families. A unix socket peer has no address: `is_unix`.
#ifndef YETT_BASE_ADDR_H
#define YETT_BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

enum {
    ADDR_TEXT_MAX =
        48, // longest text of an address with NUL: "ffff:...:255.255.255.255" and zone-less
    ADDR_PORT_TEXT_MAX = ADDR_TEXT_MAX + 8, // with brackets and port
    ADDR_PREFIX_TEXT_MAX = ADDR_TEXT_MAX + 4,
};

struct addr {
    uint8_t bytes[16]; // network order
    uint16_t port;     // host order; 0 when it has none
    bool is_unix;      // peer of a unix socket: bytes are zero
};

// All addresses that share the first `bits` bits; IPv4 prefixes have 96 + n bits. Bits past the
// length are zero.
struct addr_prefix {
    uint8_t bytes[16];
    uint8_t bits; // 0..128
};

// Strict literals: dotted quad without leading zeros or missing parts, RFC 4291 text for IPv6, no
// zone, no brackets, no port. An IPv4-mapped literal equals the IPv4 address.
MUST_USE bool addr_parse(struct slice text, struct addr *out);
// "192.0.2.1:80", "[2001:db8::1]:80"; the port is needed unless `port_optional`.
MUST_USE bool addr_parse_with_port(struct slice text, bool port_optional, struct addr *out);
// "192.0.2.0/24", "2001:db8::/32", or a lone address (its whole length). Host bits that are set are
// refused unless `clear_host_bits` (published lists have them), then cleared.
MUST_USE bool addr_parse_prefix(struct slice text, bool clear_host_bits, struct addr_prefix *out);

bool addr_is_v4(const struct addr *a);
bool addr_is_loopback(const struct addr *a);
// Same address; ports are not compared.
bool addr_eq(const struct addr *a, const struct addr *b);
// The prefix of `bits` bits (0..128; IPv4 has 96 more than are written) that has `a`.
struct addr_prefix addr_prefix_of(const struct addr *a, unsigned bits);
bool addr_prefix_has(const struct addr_prefix *p, const struct addr *a);
// The canonical text (RFC 5952; IPv4 as dotted quad; "unix:" for a unix peer) into
// out[ADDR_TEXT_MAX], NUL-terminated; returns its length.
size_t addr_text(const struct addr *a, char *out);
// With its port, as addr_parse_with_port reads it, into out[ADDR_PORT_TEXT_MAX]; a unix peer has
// none.
size_t addr_text_with_port(const struct addr *a, char *out);
// The same for a prefix: "192.0.2.0/24", into out[ADDR_PREFIX_TEXT_MAX].
size_t addr_prefix_text(const struct addr_prefix *p, char *out);
// The same, but a lone address without its length: "192.0.2.1", "2001:db8::/64".
size_t addr_prefix_text_short(const struct addr_prefix *p, char *out);

#endif

// SPDX-License-Identifier: Apache-2.0
// What a rate limit counts by: one or several parts of a request, made into one number.
#ifndef YETT_FILTER_RATE_KEY_H
#define YETT_FILTER_RATE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/slice.h"

struct filter_facts;
struct hash_key;
struct json;
struct problems;

enum { RATE_KEY_PARTS_MAX = 8 };

enum rate_part_kind {
    RATE_PART_CLIENT_ADDRESS,
    RATE_PART_CLIENT_COUNTRY, // as a geo filter before this one found it
    RATE_PART_USER,           // as basic_auth before this one found it
    RATE_PART_METHOD,
    RATE_PART_HOST,
    RATE_PART_PATH, // canonical, without query
    RATE_PART_TLS_JA4,
    RATE_PART_TLS_CLIENT, // the fingerprint of its certificate
    RATE_PART_HEADER,
    RATE_PART_COOKIE,
};

struct rate_part {
    enum rate_part_kind kind;
    struct slice name; // of HEADER and COOKIE; on the heap
};

struct rate_key {
    struct rate_part parts[RATE_KEY_PARTS_MAX];
    size_t count;
    unsigned ipv6_bits; // of a client's IPv6 address that count
};

// Reads "key" and "ipv6_prefix" of `object`; problems as ever. Either way it is to be cleared.
void rate_key_compile(struct rate_key *k, const struct json *object, struct problems *problems);
void rate_key_clear(struct rate_key *k);

// The number for this request, never 0; *missing: a part was not there and counts as one value of
// its own.
uint64_t rate_key_of(const struct rate_key *k, const struct hash_key *hash,
                     const struct filter_facts *f, bool *missing);
// The address as clients are counted: IPv4 whole, of IPv6 the first `ipv6_bits` bits.
struct addr_prefix rate_key_client(const struct addr *client, unsigned ipv6_bits);

#endif

// SPDX-License-Identifier: Apache-2.0
// Stands in for the cryptography that the audit room is handed: sums that depend on every octet,
// its place and the key, and protect against nothing.
#ifndef YETT_TESTS_UNIT_AUDIT_FAKE_CRYPTO_H
#define YETT_TESTS_UNIT_AUDIT_FAKE_CRYPTO_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "audit/chain.h"

static inline uint64_t fake_mix(uint64_t hash, struct slice part)
{
    for (size_t i = 0; i < part.len; i++)
        hash = (hash ^ (unsigned char)part.ptr[i]) * 0x100000001b3u;
    return hash;
}

static inline void fake_spread(uint64_t hash, unsigned char *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        hash = hash * 6364136223846793005u + 1442695040888963407u;
        out[i] = (unsigned char)(hash >> 56);
    }
}

static inline void fake_mac(struct slice key, const struct slice *parts, size_t count,
                            unsigned char out[CHAIN_VALUE_LEN])
{
    uint64_t hash = fake_mix(0xcbf29ce484222325u, key);
    for (size_t i = 0; i < count; i++)
        hash = fake_mix(hash, parts[i]);
    fake_spread(hash, out, CHAIN_VALUE_LEN);
}

static inline void fake_digest(const struct slice *parts, size_t count,
                               unsigned char out[CHAIN_VALUE_LEN])
{
    fake_mac(SLICE("digest"), parts, count, out);
}

static inline bool fake_sign(const unsigned char seed[CHAIN_SEED_LEN], struct slice text,
                             unsigned char out[CHAIN_SIGNATURE_LEN])
{
    fake_spread(fake_mix(fake_mix(1, slice_of(seed, CHAIN_SEED_LEN)), text), out,
                CHAIN_SIGNATURE_LEN);
    return true;
}

// The seed is its own public key here.
static inline bool fake_verify(const unsigned char *seed, struct slice text,
                               const unsigned char *signature)
{
    unsigned char wanted[CHAIN_SIGNATURE_LEN];
    return fake_sign(seed, text, wanted) && memcmp(wanted, signature, sizeof(wanted)) == 0;
}

static const struct audit_crypto fake_crypto = {fake_digest, fake_mac, fake_sign};
static const struct slice fake_key = SLICE_INIT("0123456789abcdef0123456789abcdef");
static const unsigned char fake_seed[CHAIN_SEED_LEN] = "seedseedseedseedseedseedseedsee";

#endif

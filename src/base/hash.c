// SPDX-License-Identifier: Apache-2.0
// SipHash with one round per word and three at the end: enough against chosen collisions in a table
// (what several language runtimes use), at about half the cost of 2-4. Not a signature.
#include "base/hash.h"

#include <endian.h>
#include <string.h>

#include "base/random.h"

struct state {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t turn(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static inline void mix(struct state *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = turn(s->v1, 13) ^ s->v0;
    s->v3 = turn(s->v3, 16) ^ s->v2;
    s->v0 = turn(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = turn(s->v1, 17) ^ s->v2;
    s->v3 = turn(s->v3, 21) ^ s->v0;
    s->v2 = turn(s->v2, 32);
}

static inline void absorb(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    mix(s);
    s->v0 ^= word;
}

void hash_key_random(struct hash_key *key)
{
    random_bytes(key, sizeof(*key));
}

uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t len)
{
    struct state s = {
        .v0 = key->k0 ^
              0x736f6d6570736575u, // the constants of the paper: "somepseudorandomlygeneratedbytes"
        .v1 = key->k1 ^ 0x646f72616e646f6du,
        .v2 = key->k0 ^ 0x6c7967656e657261u,
        .v3 = key->k1 ^ 0x7465646279746573u,
    };
    const unsigned char *at = bytes;
    size_t rest = len;
    for (; rest >= 8; at += 8, rest -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        absorb(&s, le64toh(word));
    }
    uint64_t last = 0;
    if (rest)
        memcpy(&last, at, rest);
    absorb(&s, le64toh(last) | (uint64_t)len << 56);
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        mix(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

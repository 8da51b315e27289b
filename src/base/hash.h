// SPDX-License-Identifier: Apache-2.0
// Keyed hash for tables whose keys come from outside (SipHash-1-3, Aumasson and Bernstein): without
// the key nobody can choose inputs that collide. Not for passwords or signatures.
#ifndef YETT_BASE_HASH_H
#define YETT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
    uint64_t k0, k1;
};

// A fresh random key; aborts when the system has no randomness.
void hash_key_random(struct hash_key *key);
uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t len);

#endif

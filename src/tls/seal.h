// SPDX-License-Identifier: Apache-2.0
// What the audit log's chain needs of cryptography (audit/chain.h): SHA-256, HMAC-SHA-256, Ed25519.
// No state, callable from any thread.
#ifndef YETT_TLS_SEAL_H
#define YETT_TLS_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

enum { TLS_SEAL_HASH_LEN = 32, TLS_SEAL_SEED_LEN = 32, TLS_SEAL_SIGNATURE_LEN = 64 };

// Over all parts, one behind the other. Without memory the process ends: there is no other answer.
void tls_seal_sha256(const struct slice *parts, size_t count, unsigned char out[TLS_SEAL_HASH_LEN]);
void tls_seal_hmac(struct slice key, const struct slice *parts, size_t count,
                   unsigned char out[TLS_SEAL_HASH_LEN]);
// False without memory.
MUST_USE bool tls_seal_sign(const unsigned char seed[TLS_SEAL_SEED_LEN], struct slice text,
                            unsigned char out[TLS_SEAL_SIGNATURE_LEN]);
bool tls_seal_verify(const unsigned char public_key[TLS_SEAL_SEED_LEN], struct slice text,
                     const unsigned char signature[TLS_SEAL_SIGNATURE_LEN]);
// The Ed25519 key in a PEM text: the private one's seed, the public one (also of a private key's
// text). False when there is none.
MUST_USE bool tls_seal_private_key(struct slice pem, unsigned char out[TLS_SEAL_SEED_LEN]);
MUST_USE bool tls_seal_public_key(struct slice pem, unsigned char out[TLS_SEAL_SEED_LEN]);

#endif

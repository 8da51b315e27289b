// SPDX-License-Identifier: Apache-2.0
// JA4: a fingerprint of a ClientHello, the same for all connections of one program whatever order
// it shuffles its extensions into: "t13d1516h2_8daaf6152771_e5627efa2ab1" (FoxIO, JA4 technical
// details).
#ifndef YETT_TLS_JA4_H
#define YETT_TLS_JA4_H

#include <openssl/evp.h>

#include "tls/client_hello.h"

enum { TLS_JA4_LEN = 36 };

// Writes the fingerprint, NUL-terminated. False when OpenSSL has no memory.
// `sha256` was fetched once: looking it up costs more than the digest.
MUST_USE bool tls_ja4(const EVP_MD *sha256, const struct tls_client_hello *hello,
                      char out[TLS_JA4_LEN + 1]);

#endif

// SPDX-License-Identifier: Apache-2.0
// Pins: SHA-256 of the public keys (SubjectPublicKeyInfo, as in RFC 7469) of which one must occur
// in the chain that was verified, be it the server's own or one of an issuer.
#ifndef YETT_TLS_PINS_H
#define YETT_TLS_PINS_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "tls/client_context.h"

// Of a certificate's public key; false without memory.
MUST_USE bool tls_pin_of(const X509 *certificate, struct tls_pin *out);
// Whether a certificate of the chain has a pinned key.
MUST_USE bool tls_pins_fit(const struct tls_pins *p, const STACK_OF(X509) * chain);
// A sentence that tells the hash of the certificate and all pins; to be freed, NULL without memory.
MUST_USE char *tls_pins_mismatch(const struct tls_pins *p, const X509 *leaf);

#endif

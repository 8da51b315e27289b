// SPDX-License-Identifier: Apache-2.0
// When certificates end: known before it hurts.
#ifndef YETT_TLS_EXPIRY_H
#define YETT_TLS_EXPIRY_H

#include <openssl/x509.h>
#include <stdint.h>

// Seconds since 1970 at which the certificate ends; 0 when its date cannot be read.
int64_t tls_expiry_of(const X509 *certificate);

#endif

// SPDX-License-Identifier: Apache-2.0
// What both sides of the gateway share of TLS: versions, suites, groups, and how OpenSSL is to use
// memory.
#ifndef YETT_TLS_SETTINGS_H
#define YETT_TLS_SETTINGS_H

#include <openssl/ssl.h>
#include "base/attr.h"
#include "tls/terms.h"

// NULL without memory, or when the library has not one of the groups.
MUST_USE SSL_CTX *tls_settings_apply(const SSL_METHOD *method, const struct tls_terms *terms);

#endif

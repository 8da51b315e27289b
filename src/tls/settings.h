// SPDX-License-Identifier: Apache-2.0
// What both sides of the gateway share of TLS: versions, suites, groups, and how OpenSSL is to use
// memory.
#ifndef YETT_TLS_SETTINGS_H
#define YETT_TLS_SETTINGS_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/attr.h"

// NULL without memory.
MUST_USE SSL_CTX *tls_settings_apply(const SSL_METHOD *method, bool allow_tls12);

#endif

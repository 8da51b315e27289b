// SPDX-License-Identifier: Apache-2.0
// Lists of revoked certificates, for whichever side has to verify.
#ifndef YETT_TLS_CRL_H
#define YETT_TLS_CRL_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/attr.h"

struct json;
struct problems;

// Adds the lists of a PEM file to the context's store, and has every certificate of a chain looked
// up from now on: one whose issuer has no list, or an expired one, does not verify. A list that has
// expired already is a warning, which ends with `consequence`. False with a problem.
MUST_USE bool tls_crl_load(SSL_CTX *ctx, const char *path, const struct json *at,
                           const char *consequence, struct problems *problems);

#endif

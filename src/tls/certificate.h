// SPDX-License-Identifier: Apache-2.0
// Certificates and keys from PEM files, checked so that what is wrong shows at load and not at the
// first handshake.
#ifndef YETT_TLS_CERTIFICATE_H
#define YETT_TLS_CERTIFICATE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "tls/server_context.h"

struct tls_certificate {
    X509 *leaf;
    X509 *issuer;           // NULL when the file has none
    STACK_OF(X509) * chain; // issuers to be sent, without the root
    EVP_PKEY *key;
};

// Loads chain and key and checks that they belong together and are valid today. False with
// problems.
MUST_USE bool tls_certificate_load(struct tls_certificate *c,
                                   const struct tls_certificate_files *files,
                                   struct problems *problems);
// Puts it into a context, beside certificates of other key types. False with a problem.
MUST_USE bool tls_certificate_use(const struct tls_certificate *c, SSL_CTX *ctx,
                                  const struct tls_certificate_files *files,
                                  struct problems *problems);
void tls_certificate_clear(struct tls_certificate *c);

// Calls `take` for each DNS name of the subjectAltName; stops and returns false when it does.
MUST_USE bool tls_certificate_each_name(const X509 *leaf,
                                        bool (*take)(void *context, struct slice name),
                                        void *context);

// All certificates of a PEM file, in order, at least one. NULL with a problem.
MUST_USE STACK_OF(X509) *
    tls_certificates_read(const char *path, const struct json *at, struct problems *problems);

#endif

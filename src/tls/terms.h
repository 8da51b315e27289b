// SPDX-License-Identifier: Apache-2.0
// What a policy may choose of TLS itself, towards clients as towards backends. Everything else is
// decided in settings.c, so that there is no way to configure it badly.
#ifndef YETT_TLS_TERMS_H
#define YETT_TLS_TERMS_H

#include <stdbool.h>

struct tls_terms {
    bool allow_tls12; // else 1.3 only
    // Groups for the key exchange, the favourite first, as OpenSSL takes them ("X25519:P-256");
    // NULL: the built-in list. Must live until the context is made.
    const char *groups;
};

#endif

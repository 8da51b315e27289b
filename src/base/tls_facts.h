// SPDX-License-Identifier: Apache-2.0
// What is known of a client's TLS connection after its handshake: words that every room shares.
// Text lives as long as the connection; empty where there is nothing to say.
#ifndef YETT_BASE_TLS_FACTS_H
#define YETT_BASE_TLS_FACTS_H

#include <stdbool.h>

#include "base/slice.h"

// Of a client certificate that was verified.
struct tls_identity {
    struct slice subject, issuer; // RFC 2253
    struct slice common_name;     // of the subject
    struct slice names;       // subjectAltName: "DNS:a.example, email:b@example, URI:spiffe://c"
    struct slice serial;      // hex, upper case
    struct slice fingerprint; // SHA-256 of the certificate, hex, lower case
};

struct tls_facts {
    struct slice version;     // "1.3", as ECS has it
    struct slice cipher;      // OpenSSL's name of the suite
    struct slice server_name; // SNI the client sent, lower case
    struct slice protocol;    // ALPN
    struct slice ja4;         // fingerprint of the ClientHello
    struct tls_identity client;
    bool resumed;
};

#endif

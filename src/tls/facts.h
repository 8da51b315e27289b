// SPDX-License-Identifier: Apache-2.0
// What is known of a TLS connection after its handshake; text lives as long as the transport.
#ifndef YETT_TLS_FACTS_H
#define YETT_TLS_FACTS_H

#include <stdbool.h>

#include "base/slice.h"

struct tls_facts {
    struct slice version;     // "1.3", as ECS has it
    struct slice cipher;      // OpenSSL's name of the suite
    struct slice server_name; // SNI the client sent, lower case; empty without
    struct slice protocol;    // ALPN; empty without
    bool resumed;
};

#endif

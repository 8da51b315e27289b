// SPDX-License-Identifier: Apache-2.0
// What a ClientHello says about the program that made it. Pure: octets, no OpenSSL.
#ifndef YETT_TLS_CLIENT_HELLO_H
#define YETT_TLS_CLIENT_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

enum { TLS_HELLO_LIST_MAX = 512 }; // ciphers, extensions or algorithms; what is beyond is not seen

struct tls_number_list {
    uint16_t items[TLS_HELLO_LIST_MAX];
    size_t count;
};

// Reserved values (GREASE, RFC 8701) are left out everywhere.
struct tls_client_hello {
    uint16_t version; // the highest one offered
    bool has_server_name;
    struct tls_number_list ciphers, extensions, signatures; // in their order
    struct slice first_protocol;                            // of ALPN; empty without
};

// Reads a handshake message of type client_hello, its header of four octets included. False when it
// is none.
MUST_USE bool tls_client_hello_read(struct slice message, struct tls_client_hello *out);

#endif

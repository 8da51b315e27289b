// SPDX-License-Identifier: Apache-2.0
// The PROXY protocol (haproxy's proxy-protocol.txt): a header before everything else on a
// connection names the real client. Versions 1 and 2 as a receiver, behind a trusted load balancer:
// exactly one well-formed header, nothing guessed. Version 2 as a sender, towards backends.
#ifndef YETT_IO_PROXY_PROTOCOL_H
#define YETT_IO_PROXY_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/slice.h"

enum { PROXY_HEADER_MAX = 4096 }; // v2 with TLVs; longer is refused

enum proxy_header_result { PROXY_HEADER_MORE, PROXY_HEADER_DONE, PROXY_HEADER_BAD };

struct proxy_header {
    // A health check of the balancer itself (LOCAL, UNKNOWN): the connection's own addresses count.
    bool is_local;
    struct addr source;
    struct addr destination;
    size_t len;      // octets of the header
    const char *why; // for BAD: constant sentence
};

// Parses the header at the start of `data`, whole or not; verdicts do not depend on how it was
// split.
MUST_USE enum proxy_header_result proxy_header_parse(struct slice data, struct proxy_header *out);

// What a backend is told. Text may be empty; it is cut at 255 octets.
struct proxy_facts {
    struct addr source;
    struct addr destination; // of another family than `source`: only its port is told
    bool addresses_alone;    // none of what follows
    bool is_tls;
    struct slice tls_version; // "1.3"
    struct slice tls_cipher;
    struct slice alpn;
    struct slice authority;   // the name the client asked for in its TLS hello
    bool is_verified;         // it has proved a certificate of its own on this connection
    struct slice common_name; // of that certificate
    struct slice request_id;  // at most 128 octets
};

enum { PROXY_HEADER_WRITTEN_MAX = 1800 };

// Appends a header of version 2 with TLVs and checksum; without facts a LOCAL one, which says that
// the sender speaks for itself (a health check).
void proxy_header_write(struct buf *out, const struct proxy_facts *f);

#endif

// SPDX-License-Identifier: Apache-2.0
// The PROXY protocol, versions 1 and 2, as a receiver (haproxy's proxy-protocol.txt): the header
// stands before everything else on a connection from a trusted load balancer and names the real
// client. Strict: exactly one well-formed header, nothing guessed.
#ifndef YETT_IO_PROXY_PROTOCOL_H
#define YETT_IO_PROXY_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/attr.h"
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

#endif

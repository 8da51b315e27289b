// SPDX-License-Identifier: Apache-2.0
// A message on its way out, described by facts: the parsed fields of the other side (those not
// dropped) and what the gateway adds. The protocol that carries it (HTTP/1.1 here) decides how it
// is written.
#ifndef YETT_HTTP_MESSAGE_H
#define YETT_HTTP_MESSAGE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/slice.h"
#include "http/field.h"
#include "http/framing.h"

// A field the gateway adds; lives in the memory of the exchange.
struct http_added_field {
    struct slice name, value;
    struct http_added_field *next;
};

struct http_outgoing {
    struct slice method;      // of a request
    struct slice path, query; // path is encoded already
    bool has_query;
    struct slice authority;               // of a request: the one Host
    unsigned status;                      // of a response
    const struct http_fields *fields;     // may be NULL
    const struct http_added_field *added; // may be NULL
    struct http_framing
        framing;        // NONE with a length: the length is announced, no body follows (HEAD, 304)
    bool upgrade;       // of a request: it asks to switch to WebSocket
    bool tunnel;        // of a response: 101, and what follows belongs to nobody but the two ends
    bool close;         // the connection ends behind this message: say so
    bool keep_alive_10; // an HTTP/1.0 client has to be told that it does not
};

// Appends the head as HTTP/1.1, empty line included.
void http_write_request_head(struct buf *out, const struct http_outgoing *m);
void http_write_response_head(struct buf *out, const struct http_outgoing *m);
// How many octets the head of a response takes at most.
size_t http_response_head_most(const struct http_outgoing *m);

#endif

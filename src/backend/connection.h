// SPDX-License-Identifier: Apache-2.0
// One HTTP/1.1 connection to a backend server, and the one call that uses it at a time. When the
// call is released, the connection is kept for the next one if both sides of the exchange were
// complete, else closed.
#ifndef YETT_BACKEND_CONNECTION_H
#define YETT_BACKEND_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/call.h"
#include "base/list.h"
#include "io/loop.h"
#include "io/transport.h"

struct backend_connection {
    struct backend_call call;
    struct list link;        // among the idle ones of its server
    struct loop_timer idle;  // how long it may stay unused
    struct loop_task resume; // goes on reading in the next turn
    char *buffer;            // response head; from the worker's pool, NULL while unused
    size_t buffered;
    struct http_head_scan scan;
    struct http_body_reader body;
    struct http_framing request_framing;
    uint32_t window; // octets read in one go: grows while the other side takes them
    unsigned busy;   // depth of callbacks running: it is not freed under them
    bool request_was_head;
    bool keep_alive;
    bool surplus;               // octets behind the response: never to be used again
    bool upgrade_asked;         // 101 may be the answer
    bool tunnel;                // it was
    bool is_idle;               // waits in the pool
    struct transport transport; // at the end: TLS needs more room behind it
};

// For backend_call_new.
MUST_USE struct backend_call *backend_connection_get(struct backend_member *m, bool fresh,
                                                     struct backend_failure *why);
void backend_connection_close_idle(struct backend_connection *c);

#endif

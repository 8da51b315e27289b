// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 towards backends: what is written to a connection and read from it. Its life is in
// connection.c.
#ifndef YETT_BACKEND_HTTP1_H
#define YETT_BACKEND_HTTP1_H

#include "backend/connection.h"

static inline struct backend_connection *backend_connection_of(struct backend_call *c)
{
    return CONTAINER_OF(c, struct backend_connection, call);
}

static inline const struct backend_connection *
backend_connection_of_const(const struct backend_call *c)
{
    return CONTAINER_OF_CONST(c, struct backend_connection, call);
}

MUST_USE bool backend_http1_send_head(struct backend_call *call, const struct http_outgoing *m,
                                      struct slice body, bool last);
void backend_http1_send_body(struct backend_call *call, struct slice data, bool last);
// Reads and tells the user what it can. Bracketed by enter and leave.
void backend_http1_on_readable(struct backend_connection *c);

// Brackets a call that runs callbacks of the user.
void backend_connection_enter(struct backend_connection *c);
void backend_connection_leave(struct backend_connection *c);

#endif

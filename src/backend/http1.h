// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 towards backends.
#ifndef YETT_BACKEND_HTTP1_H
#define YETT_BACKEND_HTTP1_H

#include "backend/connection.h"

extern const struct backend_protocol backend_http1;

// For the protocol: brackets a call that runs callbacks of the user.
void backend_connection_enter(struct backend_connection *c);
void backend_connection_leave(struct backend_connection *c);

#endif

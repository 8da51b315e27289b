// SPDX-License-Identifier: Apache-2.0
// From a server of the policy to a transport that is connected and, with TLS, verified: what
// connections of all protocols begin with.
#ifndef YETT_BACKEND_DIAL_H
#define YETT_BACKEND_DIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/call.h"
#include "io/transport.h"

// Octets of a struct whose last member, at `offset`, is a transport of any kind.
size_t backend_dial_size(size_t offset, size_t size);
// Opens a socket to the next address of the member. -1 with a failure.
MUST_USE int backend_dial_socket(struct backend_member *m, struct backend_failure *why);
// Takes over the socket. False with a failure.
MUST_USE bool backend_dial_transport(struct backend_member *m, int fd, struct transport *t,
                                     void (*on_event)(struct transport *, unsigned),
                                     struct backend_failure *why);
// Goes on with connecting, until OK or ERROR. The preface goes out as soon as there is a
// connection, past TLS, whose first octets come behind it; it is cleared then.
MUST_USE enum io_status backend_dial_step(struct transport *t, struct slice *preface);

#endif

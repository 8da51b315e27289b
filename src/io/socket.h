// SPDX-License-Identifier: Apache-2.0
// Sockets: the system calls and options, with addresses of base/addr.h. Everything is non-blocking
// and close-on-exec.
#ifndef YETT_IO_SOCKET_H
#define YETT_IO_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/attr.h"

// A listening TCP socket with SO_REUSEPORT, SO_REUSEADDR, TCP_NODELAY, TCP_DEFER_ACCEPT off, and
// TCP_NOTSENT_LOWAT of 128 KiB (all but the first two inherited by accepted ones). "::" listens for
// IPv4 as well. -1 with errno.
MUST_USE int socket_listen(const struct addr *addr, int backlog);
// A listening unix socket that only its owner may speak to. What lies there is replaced only when
// it is a socket at which nobody listens. -1 with errno.
MUST_USE int socket_listen_unix(const char *path, int backlog);
// The address a socket is bound to (to learn a port chosen by the system).
MUST_USE bool socket_local(int fd, struct addr *out);
// Begins a connection; completion shows as writable. -1 with errno.
MUST_USE int socket_connect(const struct addr *addr);
MUST_USE int socket_connect_unix(const char *path);
// The same for datagrams, which are then sent without naming the receiver.
MUST_USE int socket_connect_datagrams(const struct addr *addr);
MUST_USE int socket_connect_unix_datagrams(const char *path);
// Accepts one connection; -1 with errno (EAGAIN when there is none).
MUST_USE int socket_accept(int listener, struct addr *peer);

#endif

// SPDX-License-Identifier: Apache-2.0
// A connection that only sends, for a thread without an event loop: unix or UDP datagrams, TCP, or
// TLS with the same verification as towards backends. Nothing blocks; what the other side says is
// read and forgotten.
#ifndef YETT_TLS_STREAM_H
#define YETT_TLS_STREAM_H

#include <stddef.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/attr.h"

struct tls_client_context;

enum tls_stream_kind {
    TLS_STREAM_UNIX, // datagrams
    TLS_STREAM_UDP,
    TLS_STREAM_TCP,
    TLS_STREAM_TLS,
};

struct tls_stream_target {
    enum tls_stream_kind kind;
    const char *path; // of the unix socket
    struct addr addr;
    struct tls_client_context *context; // of TLS; must outlive the stream
};

// `target` is a struct tls_stream_target; begins to connect. NULL with errno.
MUST_USE void *tls_stream_open(const void *target);
// Octets taken (TLS: all or none; to be offered the same again). -1: with EAGAIN later, else it is
// over for the reason in errno.
MUST_USE ssize_t tls_stream_send(void *stream, const char *octets, size_t len);
// A sentence why it is over, or NULL when errno has said all. Good until it is closed.
const char *tls_stream_why(const void *stream);
void tls_stream_close(void *stream);

#endif

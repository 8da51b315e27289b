// SPDX-License-Identifier: Apache-2.0
// Transport without TLS: parts go to the kernel as they lie, and its FIN is the orderly end.
#include "io/transport.h"

static enum io_status handshake(struct transport *t)
{
    return transport_finish_connect(t);
}

static enum io_status receive(struct transport *t, char *out, size_t cap, size_t *len)
{
    return transport_receive(t, out, cap < IO_BULK ? cap : IO_BULK, len);
}

// FIN, which transport_shutdown sends for every kind, says it all.
static void say_end(struct transport *t)
{
    (void)t;
}

static void release(struct transport *t)
{
    (void)t;
}

static const struct transport_ops plain = {
    .handshake = handshake,
    .read = receive,
    .write = transport_send,
    .shutdown = say_end,
    .release = release,
};

bool transport_init_plain(struct transport *t, struct io_context *io, int fd, bool connecting,
                          void (*on_event)(struct transport *, unsigned))
{
    return transport_init(t, &plain, io, fd, connecting, on_event);
}

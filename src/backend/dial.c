// SPDX-License-Identifier: Apache-2.0
// A server may have several addresses: each connection takes the next one.
#include "backend/dial.h"

#include <errno.h>

#include "backend/group.h"
#include "base/log.h"
#include "io/socket.h"
#include "tls/server_context.h"

size_t backend_dial_size(size_t offset, size_t size)
{
    size_t with_tls = offset + tls_transport_size();
    return with_tls > size ? with_tls : size;
}

static int open_socket(struct backend_member *m)
{
    const struct backend_server *s = m->server;
    if (s->unix_path)
        return socket_connect_unix(s->unix_path);
    unsigned turn = m->next_address++ % s->address_count;
    return socket_connect(&s->addresses[turn]);
}

static struct backend_failure connect_failure(int error)
{
    return (struct backend_failure){.stage = BACKEND_CONNECTING,
                                    .word = "connect-failed",
                                    .text = log_errno(error),
                                    .unsent = true,
                                    .unanswered = true};
}

int backend_dial_socket(struct backend_member *m, struct backend_failure *why)
{
    static struct log_repeat repeat;
    int fd = open_socket(m);
    if (fd >= 0)
        return fd;
    *why = connect_failure(errno);
    if (errno == EMFILE || errno == ENFILE) {
        why->word = "no-descriptors";
        why->is_ours = true;
        log_repeated(&repeat, LOG_LEVEL_ERROR, "cannot connect to a backend: %s", why->text);
    } else if (errno == ECONNREFUSED || errno == ENOENT) {
        why->word = "connect-refused";
    }
    return -1;
}

bool backend_dial_transport(struct backend_member *m, int fd, struct transport *t,
                            void (*on_event)(struct transport *, unsigned),
                            struct backend_failure *why)
{
    struct io_context *io = m->context->io;
    bool ok = m->server->tls
                  ? tls_client_transport_init(t, io, fd, m->server->tls, &m->session, on_event)
                  : transport_init_plain(t, io, fd, true, on_event);
    if (!ok)
        *why = connect_failure(errno);
    return ok;
}

enum io_status backend_dial_step(struct transport *t, struct slice *preface)
{
    if (preface->len) {
        enum io_status status = transport_finish_connect(t);
        if (status != IO_OK)
            return status;
        transport_write_raw(t, *preface);
        *preface = (struct slice){0};
    }
    return transport_handshake(t);
}

// SPDX-License-Identifier: Apache-2.0
// The scratch of a worker. Large and allocated once: the system backs a page of it only when it was
// first used.
#include "io/io_context.h"

#include <stdlib.h>

// What TLS adds: at most 40 octets to each 16 KiB record, and a few handshake or closing records.
enum { TLS_ROOM = 16 * 1024 };

bool io_context_init(struct io_context *c, struct loop *loop)
{
    *c = (struct io_context){.loop = loop, .out_cap = IO_BULK + TLS_ROOM};
    c->in = malloc(IO_BULK);
    c->out = malloc(c->out_cap);
    c->gather = malloc(IO_RECORD);
    if (c->in && c->out && c->gather)
        return true;
    io_context_clear(c);
    return false;
}

void io_context_clear(struct io_context *c)
{
    free(c->in);
    free(c->out);
    free(c->gather);
    *c = (struct io_context){0};
}

// SPDX-License-Identifier: Apache-2.0
// One system call for each scratch full, and, with TLS, no record for each piece.
#include "io/batch.h"

static void send_scratch(struct transport *t, struct buf *scratch)
{
    struct slice batch = buf_view(scratch);
    if (batch.len)
        transport_write(t, &batch, 1);
    buf_reset(scratch);
}

void transport_write_batch(struct transport *t, struct buf *scratch,
                           struct slice (*produce)(void *ctx), void *ctx)
{
    buf_reset(scratch);
    while (transport_pending(t) == 0) {
        struct slice piece = produce(ctx);
        if (piece.len == 0)
            break;
        if (piece.len > scratch->cap - scratch->len)
            send_scratch(t, scratch);
        buf_slice(scratch, piece);
    }
    send_scratch(t, scratch);
}

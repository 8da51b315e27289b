// SPDX-License-Identifier: Apache-2.0
// Many small pieces in few writes.
#ifndef YETT_IO_BATCH_H
#define YETT_IO_BATCH_H

#include "base/buf.h"
#include "base/slice.h"
#include "io/transport.h"

// Writes what `produce` gives out, piece by piece, until it gives nothing or the socket takes no
// more. A piece is good until the next call and at most as large as `scratch`, in which they are
// collected.
void transport_write_batch(struct transport *t, struct buf *scratch,
                           struct slice (*produce)(void *ctx), void *ctx);

#endif

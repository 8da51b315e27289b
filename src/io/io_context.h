// SPDX-License-Identifier: Apache-2.0
// What all transports of one worker share: its loop and large scratch buffers that are full only
// inside a single call, so that thousands of connections need no buffers of their own.
#ifndef YETT_IO_IO_CONTEXT_H
#define YETT_IO_IO_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct loop;

enum {
    IO_BULK = 256 * 1024,  // most that is moved in one call
    IO_RECORD = 16 * 1024, // plaintext of one TLS record
};

struct io_context {
    struct loop *loop;
    char *in;  // received octets before decryption: IO_BULK
    char *out; // encrypted octets before sending: IO_BULK and TLS overhead
    size_t out_cap;
    char *gather;   // small parts put together for one record: IO_RECORD
    size_t spilled; // octets that sockets did not take, over all transports of the worker
};

MUST_USE bool io_context_init(struct io_context *c, struct loop *loop);
void io_context_clear(struct io_context *c);

#endif

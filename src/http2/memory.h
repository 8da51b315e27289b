// SPDX-License-Identifier: Apache-2.0
// Where nghttp2 takes its memory from: pieces of a few sizes, kept for reuse, so that steady
// traffic calls no allocator. Belongs to one thread; all sessions of a worker share it and must be
// freed before it.
#ifndef YETT_HTTP2_MEMORY_H
#define YETT_HTTP2_MEMORY_H

#include "base/attr.h"

struct http2_memory;

// NULL without memory.
MUST_USE struct http2_memory *http2_memory_new(void);
void http2_memory_free(struct http2_memory **m);

#endif

// SPDX-License-Identifier: Apache-2.0
// The form in which nghttp2 wants an allocator.
#ifndef YETT_HTTP2_MEMORY_INTERNAL_H
#define YETT_HTTP2_MEMORY_INTERNAL_H

#include <nghttp2/nghttp2.h>

#include "http2/memory.h"

// NULL for NULL: nghttp2's own.
nghttp2_mem *http2_memory_of(struct http2_memory *m);

#endif

// SPDX-License-Identifier: Apache-2.0
// HTTP/2 on a client's connection: many exchanges at once, each on a stream of its own.
#ifndef YETT_PROXY_CLIENT_HTTP2_H
#define YETT_PROXY_CLIENT_HTTP2_H

#include <stddef.h>

#include "proxy/client.h"

extern const struct client_protocol client_http2;

// Size of a stream's state, for the worker's pool.
size_t client_http2_stream_size(void);

#endif

// SPDX-License-Identifier: Apache-2.0
// The answer to a WebSocket key (RFC 6455, 4.2.2): a SHA-1, which is OpenSSL's, which is this
// room's.
#ifndef YETT_TLS_WEBSOCKET_KEY_H
#define YETT_TLS_WEBSOCKET_KEY_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/slice.h"

enum { TLS_WEBSOCKET_ACCEPT_LEN = 28, TLS_WEBSOCKET_KEY_MAX = 64 };

// Writes the Sec-WebSocket-Accept for a key. False when the key is longer than any, or OpenSSL has
// no memory.
MUST_USE bool tls_websocket_accept(struct slice key, char out[TLS_WEBSOCKET_ACCEPT_LEN + 1]);

#endif

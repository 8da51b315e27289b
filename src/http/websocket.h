// SPDX-License-Identifier: Apache-2.0
// The opening handshake of WebSocket (RFC 6455, 4; over HTTP/2, RFC 8441, 5), both halves, judged
// by their facts. What flows afterwards concerns nobody here.
#ifndef YETT_HTTP_WEBSOCKET_H
#define YETT_HTTP_WEBSOCKET_H

#include <stdbool.h>

#include "base/attr.h"
#include "http/head.h"

// An extended CONNECT; or Upgrade, which Connection names, is exactly "websocket". Other protocols,
// alone or in a list, are nothing we would switch to.
bool http_websocket_is_asked_for(const struct http_request *r);
// A valid handshake: version 13, and over HTTP/1.1 a GET without a body with one key of sixteen
// octets.
MUST_USE enum http_reason http_websocket_check_request(const struct http_request *r);
// The client's key; empty without one.
struct slice http_websocket_key(const struct http_request *r);
// A 101 that opens what was asked for: Upgrade and Connection say so, `accept` is the answer to the
// key, subprotocol and extensions are among those offered, and nothing frames a body.
MUST_USE enum http_reason http_websocket_check_response(const struct http_response *r,
                                                        const struct http_request *asked,
                                                        struct slice accept);

#endif

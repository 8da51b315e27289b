// SPDX-License-Identifier: Apache-2.0
// WebSocket: what is said to either side to open a tunnel, and its life. The gateway makes the
// handshake with each side for itself: to the backend with a key of its own, over HTTP/1.1; to the
// client as its protocol wants it.
#ifndef YETT_PROXY_TUNNEL_H
#define YETT_PROXY_TUNNEL_H

#include <stdbool.h>

#include "base/attr.h"
#include "http/message.h"
#include "http/reason.h"

struct exchange;
struct http_response;

// Takes the client's handshake off the request and adds the gateway's. False without memory.
MUST_USE bool tunnel_ask(struct exchange *ex, struct http_added_field **added);
// The answer to a request for a tunnel: ex->is_tunnel says whether one opens. A reason: it is
// neither a tunnel nor anything that could be relayed.
MUST_USE enum http_reason tunnel_judge(struct exchange *ex, const struct http_response *r);
// Makes ex->reply the answer that opens it, and adds its fields. False without memory.
MUST_USE bool tunnel_answer(struct exchange *ex, struct http_added_field **added);
// The answer has been given: from here on the client's octets go on as they come.
void tunnel_open(struct exchange *ex);
// The clock has run out: ends it, orderly, to both sides. May free the exchange.
void tunnel_is_over(struct exchange *ex);

#endif

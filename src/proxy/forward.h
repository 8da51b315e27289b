// SPDX-License-Identifier: Apache-2.0
// What goes on to the other side: the client's request as the backend gets it, the backend's
// response as the client gets it. First everything is taken out that ends at this hop or that
// nobody may claim, in every spelling; then the gateway's own fields are set. In that order, so
// that `Connection: X-Gate` can't remove what the gateway says (RFC 9110, 7.6.1).
#ifndef YETT_PROXY_FORWARD_H
#define YETT_PROXY_FORWARD_H

#include <stdbool.h>

#include "base/attr.h"
#include "http/message.h"

struct exchange;

// Both false when the memory of the exchange is used up.
MUST_USE bool forward_request(struct exchange *ex, struct http_outgoing *out);
// Takes out of trailers what nobody may claim and what the route removes.
void forward_request_trailers(struct exchange *ex, struct http_fields *f);
void forward_response_trailers(struct exchange *ex, struct http_fields *f);
// Makes ex->reply of ex->response.
MUST_USE bool forward_response(struct exchange *ex);

#endif

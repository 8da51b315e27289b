// SPDX-License-Identifier: Apache-2.0
// The response on its way to the client: what the backend's connection tells, applied to the
// exchange, with backpressure.
#ifndef YETT_PROXY_RELAY_H
#define YETT_PROXY_RELAY_H

#include <stdbool.h>

#include "base/slice.h"

struct exchange;
struct http_fields;
struct http_response;

void relay_interim(struct exchange *ex, const struct http_response *r);
void relay_head(struct exchange *ex, struct http_response *r);
void relay_trailers(struct exchange *ex, struct http_fields *f);
void relay_body(struct exchange *ex, struct slice data, bool last);
// Everything there was for now has been given on.
void relay_idle(struct exchange *ex);
// Request octets went on while the response is under way.
void relay_request_moved(struct exchange *ex);
// The client took what was pending: the backend may go on.
void relay_client_drained(struct exchange *ex);

#endif

// SPDX-License-Identifier: Apache-2.0
// What the two files of the HTTP/1.1 client share: client_http1.c reads, client_http1_reply.c
// writes.
#ifndef YETT_PROXY_CLIENT_HTTP1_INTERNAL_H
#define YETT_PROXY_CLIENT_HTTP1_INTERNAL_H

#include "proxy/client.h"
#include "proxy/exchange.h"

extern const struct exchange_stream client_http1_stream; // `stream` is the struct client

// The loop that reads, as long as there is something to take. May free the exchange.
void client_http1_advance(struct client *c);
// Begins to look from time to time whether the client keeps the minimum rate.
void client_http1_watch(struct client *c);
// Between an exchange and the next: waits until the answer was taken and the rest of the request
// body read off, then for the next head.
void client_http1_settle(struct client *c);

#endif

// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 towards clients.
#ifndef YETT_PROXY_CLIENT_HTTP1_H
#define YETT_PROXY_CLIENT_HTTP1_H

#include "proxy/client.h"

extern const struct client_protocol client_http1;

#endif

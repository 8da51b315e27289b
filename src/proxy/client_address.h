// SPDX-License-Identifier: Apache-2.0
// Who the client is: one decision per exchange, used by filters, forwarding fields and the record
// alike.
#ifndef YETT_PROXY_CLIENT_ADDRESS_H
#define YETT_PROXY_CLIENT_ADDRESS_H

#include <stdbool.h>

#include "base/addr.h"
#include "http/field.h"
#include "policy/snapshot.h"

struct client_address {
    struct addr address;
    bool has_port;
    bool peer_is_trusted; // the connection comes from a trusted proxy: its forwarding fields count
    const char *source;   // "connection", "proxy-protocol", "x-forwarded-for"
    const char *detail;   // why the walk ended where it did, or NULL
};

bool client_address_is_trusted(const struct policy_listener *l, const struct addr *a);
// `peer` is who is connected (or whom the PROXY header named, `by_proxy_header`). When the peer is
// a trusted proxy and the listener takes addresses from X-Forwarded-For, walks its members from
// right to left while they are trusted proxies themselves; the first that is not, or the last there
// is, is the client. A member that is no address ends the walk at the hop before it.
void client_address_find(const struct policy_listener *l, const struct addr *peer,
                         bool by_proxy_header, const struct http_fields *fields,
                         struct client_address *out);

#endif

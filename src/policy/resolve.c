// SPDX-License-Identifier: Apache-2.0
// Host names of backends become addresses while the policy is loaded: a name that does not resolve
// is a mistake in the policy, and no exchange ever waits for a resolver. A reload looks them up
// anew.
#include "policy/policy_internal.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/problems.h"

static bool from_sockaddr(const struct sockaddr *address, struct addr *out)
{
    *out = (struct addr){0};
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        memcpy(out->bytes, &in6.sin6_addr, sizeof(out->bytes));
        return in6.sin6_scope_id == 0;
    }
    if (address->sa_family != AF_INET)
        return false;
    struct sockaddr_in in4;
    memcpy(&in4, address, sizeof(in4));
    out->bytes[10] = out->bytes[11] = 0xff;
    memcpy(out->bytes + 12, &in4.sin_addr, 4);
    return true;
}

static void take_addresses(const struct addrinfo *list, uint16_t port, struct backend_server *out)
{
    for (const struct addrinfo *i = list; i && out->address_count < BACKEND_ADDRESSES_MAX;
         i = i->ai_next) {
        struct addr *next = &out->addresses[out->address_count];
        if (!from_sockaddr(i->ai_addr, next))
            continue;
        next->port = port;
        out->address_count++;
    }
}

// IPv6 literals stand in brackets.
static bool read_literal(struct slice host, struct addr *out)
{
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = slice_of(host.ptr + 1, host.len - 2);
    return addr_parse(host, out);
}

bool policy_resolve(struct policy_reader *r, const struct json *at, struct slice host,
                    uint16_t port, struct backend_server *out)
{
    if (read_literal(host, &out->addresses[0])) {
        out->addresses[0].port = port;
        out->address_count = 1;
        return true;
    }
    char *name = policy_str(r, host);
    if (!name || r->reach == POLICY_REACH_NONE)
        return name != NULL;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int error = getaddrinfo(name, NULL, &hints, &list);
    if (error == 0) {
        take_addresses(list, port, out);
        freeaddrinfo(list);
    }
    if (out->address_count > 0)
        return true;
    problems_add(r->problems, at, "the host \"%s\" has no address (%s)", name,
                 error ? gai_strerror(error) : "none that can be used");
    return false;
}

// SPDX-License-Identifier: Apache-2.0
// Members on the left are what the client itself could have written; only those that trusted hops
// added count. Several X-Forwarded-For fields are one list in their order (RFC 9110, 5.3), so the
// walk starts at the end of the last one.
#include "proxy/client_address.h"

bool client_address_is_trusted(const struct policy_listener *l, const struct addr *a)
{
    for (size_t i = 0; i < l->trusted_proxy_count; i++)
        if (addr_prefix_has(&l->trusted_proxies[i], a))
            return true;
    return false;
}

static struct slice trim(struct slice s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = slice_from(s, 1);
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

// The last member of `rest`, which is shortened by it; false when nothing is left.
static bool take_last(struct slice *rest, struct slice *member)
{
    if (rest->ptr == NULL)
        return false;
    size_t from = rest->len;
    while (from > 0 && rest->ptr[from - 1] != ',')
        from--;
    *member = trim(slice_from(*rest, from));
    if (from == 0)
        *rest = (struct slice){0};
    else
        rest->len = from - 1;
    return true;
}

// Load balancers write addresses with and without port, IPv6 with and without brackets.
static bool parse_member(struct slice member, struct addr *out)
{
    return addr_parse(member, out) || addr_parse_with_port(member, true, out);
}

// Walks one field from right to left; false when the walk is over.
static bool walk_field(const struct policy_listener *l, struct slice value,
                       struct client_address *out)
{
    struct slice member;
    while (take_last(&value, &member)) {
        if (member.len == 0)
            continue;
        struct addr hop;
        if (!parse_member(member, &hop)) {
            out->detail = "malformed x-forwarded-for";
            return false;
        }
        hop.port = 0;
        out->address = hop;
        out->has_port = false;
        out->source = "x-forwarded-for";
        if (!client_address_is_trusted(l, &hop)) {
            out->detail = "first hop that is not trusted";
            return false;
        }
    }
    return true;
}

void client_address_find(const struct policy_listener *l, const struct addr *peer,
                         bool by_proxy_header, const struct http_fields *fields,
                         struct client_address *out)
{
    *out = (struct client_address){
        .address = *peer,
        .has_port = peer->port != 0,
        .peer_is_trusted = client_address_is_trusted(l, peer),
        .source = by_proxy_header ? "proxy-protocol" : "connection",
    };
    if (l->client_from != CLIENT_FROM_X_FORWARDED_FOR)
        return;
    if (!out->peer_is_trusted) {
        out->detail = "peer is not trusted";
        return;
    }
    for (size_t i = fields->count; i-- > 0;)
        if (fields->items[i].id == HTTP_FIELD_X_FORWARDED_FOR &&
            !walk_field(l, fields->items[i].value, out))
            return;
    if (!out->detail)
        out->detail = "every hop is trusted";
}

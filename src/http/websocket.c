// SPDX-License-Identifier: Apache-2.0
// Behind a 101 nobody parses any more. So it has to be certain that both sides mean the same: a
// backend that was not asked, or answers another key, would turn what follows into requests that no
// filter has seen.
#include "http/websocket.h"

#include <string.h>

#include "base/ascii.h"
#include "http/head_internal.h"
#include "http/octet.h"

enum { KEY_LEN = 24 }; // base64 of sixteen octets: 22 digits and two signs of equality

static const struct http_field *only(const struct http_fields *f, struct slice name)
{
    const struct http_field *found = NULL;
    for (size_t i = 0; i < f->count; i++) {
        if (!ascii_eq_nocase(f->items[i].name, name))
            continue;
        if (found)
            return NULL;
        found = &f->items[i];
    }
    return found;
}

static bool is_key(struct slice s)
{
    if (s.len != KEY_LEN || !slice_eq(slice_from(s, KEY_LEN - 2), SLICE("==")))
        return false;
    if (!strchr("AQgw", s.ptr[KEY_LEN - 3])) // of the last digit two bits count
        return false;
    for (size_t i = 0; i < KEY_LEN - 2; i++) {
        char c = s.ptr[i];
        bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!is_letter && !ascii_is_digit(c) && c != '+' && c != '/')
            return false;
    }
    return true;
}

bool http_websocket_is_asked_for(const struct http_request *r)
{
    return r->is_extended_connect || ascii_eq_nocase(r->upgrade, SLICE("websocket"));
}

struct slice http_websocket_key(const struct http_request *r)
{
    const struct http_field *key = only(&r->fields, SLICE("sec-websocket-key"));
    return key ? key->value : (struct slice){0};
}

enum http_reason http_websocket_check_request(const struct http_request *r)
{
    const struct http_field *version = only(&r->fields, SLICE("sec-websocket-version"));
    if (!version || !slice_eq(version->value, SLICE("13")))
        return HTTP_REASON_WEBSOCKET_VERSION;
    if (r->is_extended_connect)
        return HTTP_REASON_NONE;
    if (r->method_id != HTTP_METHOD_GET || r->framing.kind != HTTP_BODY_NONE ||
        !only(&r->fields, SLICE("upgrade")) || !is_key(http_websocket_key(r)))
        return HTTP_REASON_WEBSOCKET_HANDSHAKE;
    return HTTP_REASON_NONE;
}

static struct slice without_params(struct slice extension)
{
    return http_trim(slice_first(extension, slice_index(extension, ';')));
}

// Was it among the members of the client's lists? Parameters of an extension do not count.
static bool is_offered(const struct http_fields *asked, struct slice name, struct slice choice)
{
    for (size_t i = 0; i < asked->count; i++) {
        struct slice rest = asked->items[i].value, member;
        if (!ascii_eq_nocase(asked->items[i].name, name))
            continue;
        while (http_list_next(&rest, &member))
            if (slice_eq(without_params(member), choice))
                return true;
    }
    return false;
}

// RFC 6455, 4.1: a client fails the connection for an extension it did not ask for.
static bool are_extensions_offered(const struct http_fields *asked,
                                   const struct http_fields *answered)
{
    static const struct slice name = SLICE_INIT("sec-websocket-extensions");
    for (size_t i = 0; i < answered->count; i++) {
        struct slice rest = answered->items[i].value, member;
        if (!ascii_eq_nocase(answered->items[i].name, name))
            continue;
        while (http_list_next(&rest, &member))
            if (!is_offered(asked, name, without_params(member)))
                return false;
    }
    return true;
}

enum http_reason http_websocket_check_response(const struct http_response *r,
                                               const struct http_request *asked,
                                               struct slice accept)
{
    struct http_connection connection;
    const struct http_field *upgrade = only(&r->fields, SLICE("upgrade"));
    const struct http_field *answer = only(&r->fields, SLICE("sec-websocket-accept"));
    const struct http_field *protocol =
        http_fields_find_name(&r->fields, SLICE("sec-websocket-protocol"));
    enum http_reason reason = http_head_parse_connection(&r->fields, &connection);
    if (reason != HTTP_REASON_NONE)
        return reason;
    bool is_framed = http_fields_find(&r->fields, HTTP_FIELD_CONTENT_LENGTH) ||
                     http_fields_find(&r->fields, HTTP_FIELD_TRANSFER_ENCODING);
    if (r->version != HTTP_VERSION_11 || is_framed || !connection.has_upgrade || !upgrade ||
        !ascii_eq_nocase(upgrade->value, SLICE("websocket")) || !answer ||
        !slice_eq(answer->value, accept))
        return HTTP_REASON_WEBSOCKET_ACCEPT;
    if (protocol && (only(&r->fields, SLICE("sec-websocket-protocol")) != protocol ||
                     !is_offered(&asked->fields, SLICE("sec-websocket-protocol"), protocol->value)))
        return HTTP_REASON_WEBSOCKET_ACCEPT;
    return are_extensions_offered(&asked->fields, &r->fields) ? HTTP_REASON_NONE
                                                              : HTTP_REASON_WEBSOCKET_ACCEPT;
}

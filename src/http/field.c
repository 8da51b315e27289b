// SPDX-License-Identifier: Apache-2.0
// Field names are compared in ASCII case-insensitively; where a field must not pass, also with `_`
// read as `-`, because CGI-like backends cannot tell the two apart (RFC 3875, 4.1.18). Recognised
// names are found by their length first: no length has more than five of them.
#include "http/field.h"

#include "base/ascii.h"
#include "http/octet.h"

static const struct slice names[HTTP_FIELD_ID_COUNT] = {
#define X(id, name) [HTTP_FIELD_##id] = SLICE_INIT(name),
    HTTP_FIELDS(X)
#undef X
};

_Static_assert(HTTP_FIELD_ID_COUNT <= 64, "a set of ids is one word");

enum { NAME_LEN_MAX = 25, SAME_LEN_MAX = 5 };

// The ids whose names have that many octets; 0 (OTHER) ends a row early.
static const uint8_t by_length[NAME_LEN_MAX + 1][SAME_LEN_MAX] = {
    [2] = {HTTP_FIELD_TE},
    [3] = {HTTP_FIELD_VIA},
    [4] = {HTTP_FIELD_HOST, HTTP_FIELD_DATE},
    [5] = {HTTP_FIELD_PROXY},
    [6] = {HTTP_FIELD_ACCEPT, HTTP_FIELD_COOKIE, HTTP_FIELD_SERVER, HTTP_FIELD_EXPECT},
    [7] = {HTTP_FIELD_REFERER, HTTP_FIELD_UPGRADE, HTTP_FIELD_REFRESH, HTTP_FIELD_TRAILER},
    [8] = {HTTP_FIELD_LOCATION},
    [9] = {HTTP_FIELD_FORWARDED, HTTP_FIELD_X_REAL_IP},
    [10] = {HTTP_FIELD_CONNECTION, HTTP_FIELD_USER_AGENT, HTTP_FIELD_SET_COOKIE,
            HTTP_FIELD_KEEP_ALIVE},
    [11] = {HTTP_FIELD_CLIENT_CERT},
    [12] = {HTTP_FIELD_CONTENT_TYPE, HTTP_FIELD_X_REQUEST_ID, HTTP_FIELD_X_POWERED_BY},
    [13] = {HTTP_FIELD_AUTHORIZATION, HTTP_FIELD_X_HTTP_METHOD, HTTP_FIELD_X_REWRITE_URL},
    [14] = {HTTP_FIELD_CONTENT_LENGTH, HTTP_FIELD_HTTP2_SETTINGS, HTTP_FIELD_X_ORIGINAL_URL},
    [15] = {HTTP_FIELD_ACCEPT_ENCODING, HTTP_FIELD_X_FORWARDED_FOR},
    [16] = {HTTP_FIELD_CONTENT_ENCODING, HTTP_FIELD_CONTENT_LOCATION, HTTP_FIELD_PROXY_CONNECTION,
            HTTP_FIELD_X_FORWARDED_HOST, HTTP_FIELD_X_FORWARDED_PORT},
    [17] = {HTTP_FIELD_TRANSFER_ENCODING, HTTP_FIELD_X_FORWARDED_PROTO,
            HTTP_FIELD_X_METHOD_OVERRIDE, HTTP_FIELD_CLIENT_CERT_CHAIN},
    [18] = {HTTP_FIELD_PROXY_AUTHENTICATE},
    [19] = {HTTP_FIELD_PROXY_AUTHORIZATION, HTTP_FIELD_X_CLIENT_CERT_NAMES},
    [20] = {HTTP_FIELD_X_AUTHENTICATED_USER, HTTP_FIELD_X_CLIENT_CERT_ISSUER,
            HTTP_FIELD_X_CLIENT_CERT_SERIAL},
    [21] = {HTTP_FIELD_X_CLIENT_CERT_SUBJECT},
    [22] = {HTTP_FIELD_X_HTTP_METHOD_OVERRIDE},
    [25] = {HTTP_FIELD_X_CLIENT_CERT_FINGERPRINT},
};

enum http_field_id http_field_lookup(struct slice name)
{
    if (name.len > NAME_LEN_MAX)
        return HTTP_FIELD_OTHER;
    const uint8_t *row = by_length[name.len];
    for (size_t i = 0; i < SAME_LEN_MAX && row[i] != HTTP_FIELD_OTHER; i++) {
        if (ascii_lower(name.ptr[0]) == names[row[i]].ptr[0] &&
            ascii_eq_nocase(name, names[row[i]]))
            return (enum http_field_id)row[i];
    }
    return HTTP_FIELD_OTHER;
}

struct slice http_field_name(enum http_field_id id)
{
    return (unsigned)id < HTTP_FIELD_ID_COUNT ? names[id] : (struct slice){0};
}

const struct http_field *http_fields_find(const struct http_fields *f, enum http_field_id id)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->items[i].id == id)
            return &f->items[i];
    return NULL;
}

const struct http_field *http_fields_find_name(const struct http_fields *f, struct slice name)
{
    for (size_t i = 0; i < f->count; i++)
        if (ascii_eq_nocase(f->items[i].name, name))
            return &f->items[i];
    return NULL;
}

static char fold(char c)
{
    return c == '_' ? '-' : ascii_lower(c);
}

bool http_field_name_shadows(struct slice name, struct slice wanted)
{
    if (name.len != wanted.len)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (fold(name.ptr[i]) != fold(wanted.ptr[i]))
            return false;
    return true;
}

void http_fields_drop(struct http_fields *f, struct slice name)
{
    for (size_t i = 0; i < f->count; i++)
        if (http_field_name_shadows(f->items[i].name, name))
            f->items[i].flags |= HTTP_FIELD_DROP;
}

static bool is_named(uint64_t ids, enum http_field_id id)
{
    return (ids >> id & 1) != 0;
}

// A name that is not known and has `_` may be read as a known one by who stands behind us.
static bool shadows_any(struct slice name, uint64_t ids)
{
    for (unsigned id = HTTP_FIELD_OTHER + 1; id < HTTP_FIELD_ID_COUNT; id++)
        if (is_named(ids, (enum http_field_id)id) && http_field_name_shadows(name, names[id]))
            return true;
    return false;
}

void http_fields_drop_ids(struct http_fields *f, uint64_t ids)
{
    for (size_t i = 0; i < f->count; i++) {
        struct http_field *field = &f->items[i];
        if (is_named(ids, (enum http_field_id)field->id) ||
            ((field->flags & HTTP_FIELD_UNDERSCORE) != 0 && shadows_any(field->name, ids)))
            field->flags |= HTTP_FIELD_DROP;
    }
}

bool http_field_name_is_valid(struct slice name)
{
    return name.len > 0 && http_octets_are(name, HTTP_OCTET_TOKEN);
}

bool http_field_value_is_valid(struct slice value)
{
    if (value.len == 0)
        return true;
    return !http_is_blank(value.ptr[0]) && !http_is_blank(value.ptr[value.len - 1]) &&
           http_octets_are(value, HTTP_OCTET_TEXT);
}

// Hop-by-hop by itself, whether Connection names it or not. `Proxy` becomes HTTP_PROXY in CGI and
// sends the backend's own requests elsewhere ("httpoxy"). Content-Length is end-to-end, but written
// from the framing.
static bool ends_here(enum http_field_id id)
{
    switch (id) {
    case HTTP_FIELD_CONNECTION:
    case HTTP_FIELD_KEEP_ALIVE:
    case HTTP_FIELD_PROXY_CONNECTION:
    case HTTP_FIELD_TE:
    case HTTP_FIELD_TRAILER:
    case HTTP_FIELD_TRANSFER_ENCODING:
    case HTTP_FIELD_UPGRADE:
    case HTTP_FIELD_HTTP2_SETTINGS:
    case HTTP_FIELD_PROXY_AUTHORIZATION:
    case HTTP_FIELD_PROXY_AUTHENTICATE:
    case HTTP_FIELD_PROXY:
    case HTTP_FIELD_CONTENT_LENGTH:
        return true;
    default:
        return false;
    }
}

// Naming these in Connection is an attack on whoever stands behind us: the message would mean
// something else without.
static bool outlives_connection(struct slice name)
{
    switch (http_field_lookup(name)) {
    case HTTP_FIELD_HOST:
    case HTTP_FIELD_COOKIE:
    case HTTP_FIELD_SET_COOKIE:
    case HTTP_FIELD_AUTHORIZATION:
    case HTTP_FIELD_DATE:
    case HTTP_FIELD_LOCATION:
        return true;
    default:
        return ascii_begins_nocase(name, SLICE("content-"));
    }
}

static void drop_named(struct http_fields *f, struct slice connection)
{
    struct slice member;
    while (http_list_next(&connection, &member))
        if (!outlives_connection(member))
            http_fields_drop(f, member);
}

void http_fields_drop_hop_by_hop(struct http_fields *f)
{
    for (size_t i = 0; i < f->count; i++) {
        struct http_field *field = &f->items[i];
        if (ends_here((enum http_field_id)field->id) || (field->flags & HTTP_FIELD_UNDERSCORE) != 0)
            field->flags |= HTTP_FIELD_DROP;
        if (field->id == HTTP_FIELD_CONNECTION)
            drop_named(f, field->value);
    }
}

// Offset of the comma that ends the first member, or the length.
static size_t member_end(struct slice s)
{
    bool quoted = false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted)
            return i;
    }
    return s.len;
}

bool http_list_next(struct slice *rest, struct slice *member)
{
    while (rest->len > 0) {
        size_t end = member_end(*rest);
        *member = http_trim(slice_first(*rest, end));
        *rest = slice_from(*rest, end + 1);
        if (member->len > 0)
            return true;
    }
    *member = (struct slice){0};
    return false;
}

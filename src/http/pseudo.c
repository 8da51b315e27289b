// SPDX-License-Identifier: Apache-2.0
// Whatever a client puts into HTTP/2 fields must not become framing, a second path or another host
// on the way to an HTTP/1.1 backend. So names and values are held to what an HTTP/1.1 head may
// have, and the fields that frame messages there have no place here.
#include "http/pseudo.h"

#include <string.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "base/num.h"
#include "http/head_internal.h"
#include "http/octet.h"
#include "http/uri.h"

enum {
    FIELD_OVERHEAD = 32, // RFC 9113, 6.5.2
    LINE_OVERHEAD = 4,   // ": " and CRLF
    FIELDS_FIRST = 32,
};

enum {
    SEEN_METHOD = 1,
    SEEN_SCHEME = 2,
    SEEN_AUTHORITY = 4,
    SEEN_PATH = 8,
    SEEN_PROTOCOL = 16,
    SEEN_STATUS = 32,
};

void http_pseudo_init(struct http_pseudo_head *h, const struct http_head_limits *limits,
                      struct arena *arena)
{
    *h = (struct http_pseudo_head){.limits = *limits, .arena = arena};
}

static void blame(struct http_pseudo_head *h, enum http_reason reason)
{
    http_reason_keep_first(&h->reason, reason);
}

static enum http_reason check_value(struct slice value)
{
    if (http_field_value_is_valid(value))
        return HTTP_REASON_NONE;
    if (memchr(value.ptr, '\0', value.len))
        return HTTP_REASON_NUL;
    return http_octets_are(value, HTTP_OCTET_TEXT) ? HTTP_REASON_FIELD_VALUE : HTTP_REASON_CONTROL;
}

// RFC 9113, 8.2.1: lower case; a colon is no token octet, so no name can pass for a pseudo-field.
static enum http_reason check_name(struct slice name)
{
    if (!http_field_name_is_valid(name))
        return HTTP_REASON_FIELD_NAME;
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] >= 'A' && name.ptr[i] <= 'Z')
            return HTTP_REASON_FIELD_NAME_CASE;
    return HTTP_REASON_NONE;
}

// RFC 9113, 8.2.2.
static bool is_connection_specific(enum http_field_id id, struct slice value)
{
    switch (id) {
    case HTTP_FIELD_CONNECTION:
    case HTTP_FIELD_KEEP_ALIVE:
    case HTTP_FIELD_PROXY_CONNECTION:
    case HTTP_FIELD_TRANSFER_ENCODING:
    case HTTP_FIELD_UPGRADE:
    case HTTP_FIELD_HTTP2_SETTINGS:
        return true;
    case HTTP_FIELD_TE:
        return !ascii_eq_nocase(value, SLICE("trailers"));
    default:
        return false;
    }
}

static void count(uint32_t *bytes, size_t len)
{
    *bytes += len < UINT32_MAX - *bytes ? (uint32_t)len : UINT32_MAX - *bytes;
}

// Counts a field against the limits; false when it is one too many.
static bool has_room(struct http_pseudo_head *h, struct slice name, struct slice value)
{
    const struct http_head_limits *l = &h->limits;
    size_t len = name.len + value.len;
    count(&h->bytes, len + FIELD_OVERHEAD);
    count(&h->field_bytes, len + LINE_OVERHEAD);
    if (h->field_bytes > l->field_bytes)
        blame(h, HTTP_REASON_FIELD_SECTION_LIMIT);
    else if (len > l->field_line)
        blame(h, HTTP_REASON_FIELD_LINE_LIMIT);
    else if (h->fields.count >= l->field_count)
        blame(h, HTTP_REASON_FIELD_COUNT_LIMIT);
    else
        return true;
    return false;
}

static bool grow(struct http_pseudo_head *h)
{
    size_t room = h->room ? 2 * h->room : FIELDS_FIRST;
    struct http_field *items = arena_alloc(h->arena, room * sizeof(*items));
    if (!items) {
        blame(h, HTTP_REASON_NO_MEMORY);
        return false;
    }
    if (h->fields.count)
        memcpy(items, h->fields.items, h->fields.count * sizeof(*items));
    h->fields.items = items;
    h->room = room;
    return true;
}

static void keep(struct http_pseudo_head *h, struct slice name, struct slice value)
{
    if (h->fields.count == h->room && !grow(h))
        return;
    char *text = arena_alloc(h->arena, name.len + value.len);
    if (!text) {
        blame(h, HTTP_REASON_NO_MEMORY);
        return;
    }
    memcpy(text, name.ptr, name.len);
    if (value.len)
        memcpy(text + name.len, value.ptr, value.len);
    struct http_field *field = &h->fields.items[h->fields.count++];
    *field = (struct http_field){
        .name = slice_of(text, name.len),
        .value = slice_of(text + name.len, value.len),
        .flags = memchr(text, '_', name.len) ? HTTP_FIELD_UNDERSCORE : 0,
    };
    field->id = (uint16_t)http_field_lookup(field->name);
}

static void add_pseudo(struct http_pseudo_head *h, struct slice name, struct slice value)
{
    const struct {
        struct slice name;
        struct slice *to;
        unsigned bit;
    } known[] = {
        {SLICE(":method"), &h->method, SEEN_METHOD},
        {SLICE(":scheme"), &h->scheme, SEEN_SCHEME},
        {SLICE(":authority"), &h->authority, SEEN_AUTHORITY},
        {SLICE(":path"), &h->path, SEEN_PATH},
        {SLICE(":protocol"), &h->protocol, SEEN_PROTOCOL},
        {SLICE(":status"), &h->status, SEEN_STATUS},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (!slice_eq(name, known[i].name))
            continue;
        if ((h->seen & known[i].bit) || h->fields_began || value.len == 0)
            blame(h, HTTP_REASON_PSEUDO_FIELD);
        h->seen |= known[i].bit;
        if (known[i].to->ptr)
            return;
        *known[i].to = arena_copy(h->arena, value);
        if (!known[i].to->ptr)
            blame(h, HTTP_REASON_NO_MEMORY);
        return;
    }
    blame(h, HTTP_REASON_PSEUDO_FIELD);
}

static bool is_pseudo(struct slice name)
{
    return name.len > 0 && name.ptr[0] == ':';
}

void http_pseudo_add(struct http_pseudo_head *h, struct slice name, struct slice value)
{
    blame(h, check_value(value));
    if (is_pseudo(name)) {
        count(&h->bytes, name.len + value.len + FIELD_OVERHEAD);
        if (name.len + value.len > h->limits.start_line)
            blame(h, HTTP_REASON_REQUEST_LINE_LIMIT);
        add_pseudo(h, name, slice_first(value, h->limits.start_line));
        return;
    }
    h->fields_began = true;
    blame(h, check_name(name));
    if (has_room(h, name, value) && name.len)
        keep(h, name, value);
}

static bool may_be_trailer(enum http_field_id id, struct slice name)
{
    return (id == HTTP_FIELD_OTHER || id == HTTP_FIELD_DATE) && !memchr(name.ptr, '_', name.len) &&
           !ascii_begins_nocase(name, SLICE("content-"));
}

void http_pseudo_add_trailer(struct http_pseudo_head *h, struct slice name, struct slice value)
{
    blame(h, check_value(value));
    if (is_pseudo(name)) {
        blame(h, HTTP_REASON_PSEUDO_FIELD);
        return;
    }
    enum http_reason reason = check_name(name);
    blame(h, reason);
    if (!has_room(h, name, value) || reason != HTTP_REASON_NONE)
        return;
    if (!may_be_trailer(http_field_lookup(name), name)) {
        blame(h, HTTP_REASON_TRAILER);
        return;
    }
    keep(h, name, value);
}

void http_pseudo_add_response_trailer(struct http_pseudo_head *h, struct slice name,
                                      struct slice value)
{
    enum http_field_id id = http_field_lookup(name);
    bool is_framing = id == HTTP_FIELD_CONTENT_LENGTH || id == HTTP_FIELD_TRAILER ||
                      is_connection_specific(id, value);
    if (is_pseudo(name) || is_framing || may_be_trailer(id, name)) {
        http_pseudo_add_trailer(h, name, value);
        return;
    }
    blame(h, check_name(name));
    blame(h, check_value(value));
    (void)has_room(h, name, value);
}

// Cookie may come in crumbs, and is one field for everybody behind us (RFC 9113, 8.2.3).
static enum http_reason join_cookies(struct http_pseudo_head *h)
{
    struct http_field *first = NULL;
    size_t len = 0, crumbs = 0;
    for (size_t i = 0; i < h->fields.count; i++) {
        if (h->fields.items[i].id != HTTP_FIELD_COOKIE)
            continue;
        len += h->fields.items[i].value.len + 2;
        crumbs++;
    }
    if (crumbs < 2)
        return HTTP_REASON_NONE;
    char *text = arena_alloc(h->arena, len);
    if (!text)
        return HTTP_REASON_NO_MEMORY;
    size_t kept = 0;
    len = 0;
    for (size_t i = 0; i < h->fields.count; i++) {
        struct http_field *field = &h->fields.items[i];
        if (field->id != HTTP_FIELD_COOKIE || !first)
            h->fields.items[kept++] = *field;
        if (field->id != HTTP_FIELD_COOKIE)
            continue;
        if (!first)
            first = &h->fields.items[kept - 1];
        if (field->value.len == 0) // a separator of nothing would be a blank at an end
            continue;
        if (len) {
            text[len++] = ';';
            text[len++] = ' ';
        }
        memcpy(text + len, field->value.ptr, field->value.len);
        len += field->value.len;
    }
    h->fields.count = kept;
    first->value = slice_of(text, len);
    return HTTP_REASON_NONE;
}

static enum http_reason check_fields(const struct http_fields *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (is_connection_specific((enum http_field_id)f->items[i].id, f->items[i].value))
            return HTTP_REASON_CONNECTION_SPECIFIC;
    return HTTP_REASON_NONE;
}

// RFC 8441, 4. It is told on as the GET that it would be in HTTP/1.1.
static bool is_extended_connect(const struct http_pseudo_head *h,
                                const struct http_request_options *options)
{
    return options->extended_connect && slice_eq(h->method, SLICE("CONNECT")) &&
           slice_eq(h->protocol, SLICE("websocket"));
}

// RFC 9113, 8.3.1. :protocol is for CONNECT alone, which is refused by its method.
static enum http_reason check_pseudo(const struct http_pseudo_head *h,
                                     const struct http_request_options *options)
{
    if (!(h->seen & SEEN_METHOD))
        return HTTP_REASON_PSEUDO_FIELD;
    bool is_extended = is_extended_connect(h, options);
    if (slice_eq(h->method, SLICE("CONNECT")) && !is_extended)
        return HTTP_REASON_METHOD_CONNECT;
    unsigned unwanted = is_extended ? SEEN_STATUS : SEEN_STATUS | SEEN_PROTOCOL;
    if ((h->seen & unwanted) || !(h->seen & SEEN_SCHEME) || !(h->seen & SEEN_PATH))
        return HTTP_REASON_PSEUDO_FIELD;
    if (!ascii_eq_nocase(h->scheme, options->is_tls ? SLICE("https") : SLICE("http")))
        return HTTP_REASON_SCHEME;
    return HTTP_REASON_NONE;
}

// Origin form or "*": an absolute target would be a second authority.
static enum http_reason take_path(struct arena *arena, struct http_request *out)
{
    struct http_target target = {0};
    if (out->target.len == 0 || (out->target.ptr[0] != '/' && !slice_eq(out->target, SLICE("*"))))
        return HTTP_REASON_TARGET;
    return http_request_take_target(arena, out, &target);
}

// Host must be absent or say the same (RFC 9113, 8.3.1, stricter).
static enum http_reason take_authority(const struct http_pseudo_head *h,
                                       const struct http_request_options *options,
                                       struct http_request *out)
{
    const struct http_field *field = http_fields_find(&out->fields, HTTP_FIELD_HOST);
    uint16_t default_port = options->is_tls ? 443 : 80;
    struct http_authority authority = {0}, host = {0};
    if (!field && !(h->seen & SEEN_AUTHORITY))
        return HTTP_REASON_HOST_MISSING;
    enum http_reason reason = HTTP_REASON_NONE;
    if (field)
        reason = http_authority_parse(field->value, default_port, h->arena, &host);
    if (reason == HTTP_REASON_NONE && (h->seen & SEEN_AUTHORITY)) {
        reason = http_authority_parse(h->authority, default_port, h->arena, &authority);
        if (reason == HTTP_REASON_NONE && field && !slice_eq(authority.text, host.text))
            reason = HTTP_REASON_TARGET_HOST_MISMATCH;
        host = authority;
    }
    http_request_set_authority(out, &host);
    return reason;
}

// The length is what Content-Length says, and the DATA frames have to agree. Zero without the end
// of the stream may still be belied by them, so it is not taken for "no body".
static enum http_reason take_framing(struct http_request *out, bool ended)
{
    enum http_reason reason = http_framing_of_request(&out->fields, 1, &out->framing);
    if (reason != HTTP_REASON_NONE)
        return reason;
    if (out->is_extended_connect) // DATA frames are the tunnel's, no body
        return out->framing.kind == HTTP_BODY_NONE ? HTTP_REASON_NONE : HTTP_REASON_CONTENT_LENGTH;
    if (!ended && (out->framing.kind == HTTP_BODY_NONE || out->framing.length == 0))
        out->framing = (struct http_framing){.kind = HTTP_BODY_CHUNKED};
    else if (ended && out->framing.length > 0)
        return HTTP_REASON_LENGTH_MISMATCH;
    return HTTP_REASON_NONE;
}

enum http_reason http_request_of_pseudo(struct http_pseudo_head *h,
                                        const struct http_request_options *options, bool ended,
                                        struct http_request *out)
{
    *out = (struct http_request){
        .version = HTTP_VERSION_2,
        .method = h->method,
        .target = h->path,
        .keep_alive = true,
    };
    enum http_reason reason = h->reason;
    out->is_extended_connect = is_extended_connect(h, options);
    if (out->is_extended_connect)
        out->method = SLICE("GET");
    http_reason_keep_first(&reason, join_cookies(h));
    out->fields = h->fields;
    http_reason_keep_first(&reason, check_pseudo(h, options));
    http_reason_keep_first(&reason, http_request_take_method(out));
    http_reason_keep_first(&reason, check_fields(&out->fields));
    http_reason_keep_first(&reason, take_framing(out, ended));
    http_reason_keep_first(&reason, http_request_refuse_repeated(&out->fields));
    http_request_take_te(out);
    http_reason_keep_first(&reason, http_request_take_expect(out));
    http_reason_keep_first(&reason, http_request_refuse_tunnel_and_trace(out));
    http_reason_keep_first(&reason, take_path(h->arena, out));
    http_reason_keep_first(&reason, take_authority(h, options, out));
    return reason;
}

static enum http_reason take_status(const struct http_pseudo_head *h, struct http_response *out)
{
    uint64_t status;
    if (h->seen != SEEN_STATUS)
        return HTTP_REASON_PSEUDO_FIELD;
    if (h->status.len != 3 || !num_decimal(h->status, 599, &status) || status < 100)
        return HTTP_REASON_STATUS_CODE;
    out->status = (unsigned)status;
    return status == 101 ? HTTP_REASON_SWITCHING_PROTOCOLS : HTTP_REASON_NONE; // RFC 9113, 8.6
}

// What would end with the connection in HTTP/1.1 ends with the stream.
static enum http_reason take_response_framing(struct http_response *out, bool request_was_head,
                                              bool ended)
{
    struct http_framing *f = &out->framing;
    enum http_reason reason =
        http_framing_of_response(&out->fields, 1, out->status, request_was_head, f);
    if (reason != HTTP_REASON_NONE)
        return reason;
    if (out->status < 200 && ended) // RFC 9113, 8.1
        return HTTP_REASON_STATUS_CODE;
    if (ended && f->kind == HTTP_BODY_LENGTH && f->length > 0)
        return HTTP_REASON_LENGTH_MISMATCH;
    if (f->kind == HTTP_BODY_CLOSE)
        f->kind = ended ? HTTP_BODY_LENGTH : HTTP_BODY_CHUNKED;
    return HTTP_REASON_NONE;
}

enum http_reason http_response_of_pseudo(const struct http_pseudo_head *h, bool request_was_head,
                                         bool ended, struct http_response *out)
{
    *out =
        (struct http_response){.version = HTTP_VERSION_2, .fields = h->fields, .keep_alive = true};
    enum http_reason reason = h->reason;
    http_reason_keep_first(&reason, take_status(h, out));
    http_reason_keep_first(&reason, check_fields(&out->fields));
    http_reason_keep_first(&reason, take_response_framing(out, request_was_head, ended));
    return reason;
}

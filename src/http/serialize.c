// SPDX-License-Identifier: Apache-2.0
// The only place that writes heads. What was parsed here cannot hold a line end, but values also
// come from policies, filters and other protocols; one that could split a message fails the whole
// of it.
#include "http/serialize.h"

#include "http/octet.h"
#include "http/status.h"

// Printable ASCII without SP: whatever goes between the spaces of a request line.
static bool is_visible(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char octet = (unsigned char)s.ptr[i];
        if (octet <= 0x20 || octet >= 0x7f)
            return false;
    }
    return true;
}

static bool is_text(struct slice s)
{
    if (http_octets_are_plain(s))
        return true;
    size_t at = http_octets_plain(s.ptr, 0, s.len);
    while (at < s.len && s.ptr[at] == '\t')
        at = http_octets_plain(s.ptr, at + 1, s.len);
    return at == s.len;
}

static void put(char **to, struct slice s)
{
    if (s.len > 0)
        memcpy(*to, s.ptr, s.len);
    *to += s.len;
}

void http_write_request_line(struct buf *out, struct slice method, struct slice path_wire,
                             bool has_query, struct slice query)
{
    if (!http_octets_are(method, HTTP_OCTET_TOKEN) || method.len == 0 || path_wire.len == 0 ||
        !is_visible(path_wire) || !is_visible(query)) {
        out->failed = true;
        return;
    }
    buf_slice(out, method);
    buf_char(out, ' ');
    buf_slice(out, path_wire);
    if (has_query) {
        buf_char(out, '?');
        buf_slice(out, query);
    }
    buf_str(out, " HTTP/1.1\r\n");
}

void http_write_status_line(struct buf *out, unsigned status)
{
    if (status < 100 || status > 599) {
        out->failed = true;
        return;
    }
    buf_str(out, "HTTP/1.1 ");
    buf_decimal(out, status);
    buf_char(out, ' ');
    buf_slice(out, http_status_phrase(status));
    buf_str(out, "\r\n");
}

static void write_field(struct buf *out, struct slice name, struct slice value)
{
    if (!is_text(value)) {
        out->failed = true;
        return;
    }
    size_t len = name.len + value.len + 4;
    char *to = buf_reserve(out, len);
    if (to == NULL)
        return;
    put(&to, name);
    put(&to, SLICE(": "));
    put(&to, value);
    put(&to, SLICE("\r\n"));
    buf_commit(out, len);
}

void http_write_field(struct buf *out, struct slice name, struct slice value)
{
    if (http_field_name_is_valid(name))
        write_field(out, name, value);
    else
        out->failed = true;
}

// A name that was recognised is one of a list.
void http_write_fields(struct buf *out, const struct http_fields *f)
{
    for (size_t i = 0; i < f->count && !out->failed; i++) {
        const struct http_field *field = &f->items[i];
        if ((field->flags & HTTP_FIELD_DROP) != 0)
            continue;
        if (field->id != HTTP_FIELD_OTHER)
            write_field(out, field->name, field->value);
        else
            http_write_field(out, field->name, field->value);
    }
}

void http_write_framing(struct buf *out, const struct http_framing *framing)
{
    if (framing->kind == HTTP_BODY_CHUNKED)
        buf_str(out, "Transfer-Encoding: chunked\r\n");
    if (framing->kind != HTTP_BODY_LENGTH)
        return;
    buf_str(out, "Content-Length: ");
    buf_decimal(out, framing->length);
    buf_str(out, "\r\n");
}

void http_write_end(struct buf *out)
{
    buf_str(out, "\r\n");
}

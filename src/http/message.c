// SPDX-License-Identifier: Apache-2.0
// The order is fixed: start line, Host, fields of the other side as they came, fields of the
// gateway, framing. Framing comes from our own decision alone; the fields that carried it are among
// the dropped ones.
#include "http/message.h"

#include "http/serialize.h"

// Status line with the longest phrase there is, framing, Connection, the empty line.
enum { RESPONSE_BESIDE_FIELDS = 256, FIELD_BESIDE_TEXT = 4 };

static void write_added(struct buf *out, const struct http_added_field *added)
{
    for (; added; added = added->next)
        http_write_field(out, added->name, added->value);
}

void http_write_request_head(struct buf *out, const struct http_outgoing *m)
{
    http_write_request_line(out, m->method, m->path, m->has_query, m->query);
    http_write_field(out, SLICE("Host"), m->authority);
    if (m->fields)
        http_write_fields(out, m->fields);
    write_added(out, m->added);
    http_write_framing(out, &m->framing);
    http_write_end(out);
}

void http_write_response_head(struct buf *out, const struct http_outgoing *m)
{
    http_write_status_line(out, m->status);
    if (m->fields)
        http_write_fields(out, m->fields);
    write_added(out, m->added);
    if (m->framing.kind == HTTP_BODY_NONE && m->framing.length) {
        struct http_framing announced = {HTTP_BODY_LENGTH, m->framing.length};
        http_write_framing(out, &announced);
    } else {
        http_write_framing(out, &m->framing);
    }
    if (m->close)
        http_write_field(out, SLICE("Connection"), SLICE("close"));
    else if (m->keep_alive_10)
        http_write_field(out, SLICE("Connection"), SLICE("keep-alive"));
    http_write_end(out);
}

size_t http_response_head_most(const struct http_outgoing *m)
{
    size_t most = RESPONSE_BESIDE_FIELDS;
    for (size_t i = 0; m->fields && i < m->fields->count; i++) {
        const struct http_field *f = &m->fields->items[i];
        if ((f->flags & HTTP_FIELD_DROP) == 0)
            most += f->name.len + f->value.len + FIELD_BESIDE_TEXT;
    }
    for (const struct http_added_field *f = m->added; f; f = f->next)
        most += f->name.len + f->value.len + FIELD_BESIDE_TEXT;
    return most;
}

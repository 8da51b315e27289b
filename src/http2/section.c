// SPDX-License-Identifier: Apache-2.0
// nghttp2's own check of fields is switched off (server.c): what goes out is checked here.
#include "http2/section.h"

#include <string.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "http/octet.h"

enum { DIGITS_MAX = 20 };

nghttp2_nv http2_pair(struct slice name, struct slice value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr, name.len,
                        value.len, NGHTTP2_NV_FLAG_NONE};
}

void http2_section_begin(struct http2_section *s, struct arena *arena, size_t room)
{
    *s = (struct http2_section){.arena = arena, .room = room};
    s->items = arena_alloc(arena, (room ? room : 1) * sizeof(*s->items));
    s->failed = !s->items;
}

static void put(struct http2_section *s, struct slice name, struct slice value)
{
    if (!s->failed && s->count < s->room)
        s->items[s->count++] = http2_pair(name, value);
    else
        s->failed = true;
}

void http2_section_add_pseudo(struct http2_section *s, struct slice name, struct slice value)
{
    put(s, name, value);
}

void http2_section_add(struct http2_section *s, struct slice name, struct slice value)
{
    char *lower = s->failed ? NULL : arena_alloc(s->arena, name.len);
    if (!lower || !http_field_name_is_valid(name) || !http_octets_are(value, HTTP_OCTET_TEXT)) {
        s->failed = true;
        return;
    }
    for (size_t i = 0; i < name.len; i++)
        lower[i] = ascii_lower(name.ptr[i]);
    put(s, slice_of(lower, name.len), http_trim(value));
}

void http2_section_add_fields(struct http2_section *s, const struct http_fields *f)
{
    for (size_t i = 0; f && i < f->count; i++)
        if ((f->items[i].flags & HTTP_FIELD_DROP) == 0)
            http2_section_add(s, f->items[i].name, f->items[i].value);
}

struct slice http2_decimal(struct http2_section *s, uint64_t number)
{
    char *text = s->failed ? NULL : arena_alloc(s->arena, DIGITS_MAX);
    if (!text) {
        s->failed = true;
        return (struct slice){0};
    }
    char *at = text + DIGITS_MAX;
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    return slice_of(at, (size_t)(text + DIGITS_MAX - at));
}

const struct http2_section *http2_trailers(struct arena *arena, const struct http_fields *f)
{
    struct http2_section *s = arena_alloc(arena, sizeof(*s));
    if (!s)
        return NULL;
    http2_section_begin(s, arena, f->count);
    for (size_t i = 0; i < f->count; i++) {
        const struct http_field *field = &f->items[i];
        struct slice value = arena_copy(arena, field->value);
        if (field->flags & HTTP_FIELD_DROP)
            continue;
        if (field->value.len && !value.ptr)
            return NULL;
        http2_section_add(s, field->name, value);
    }
    return s->failed ? NULL : s;
}

int http2_end_data(nghttp2_session *session, int32_t id, const struct http2_section *trailers,
                   uint32_t *flags)
{
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!trailers || trailers->count == 0)
        return 0;
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    return nghttp2_submit_trailer(session, id, trailers->items, trailers->count);
}

static bool announces_length(const struct http_outgoing *m)
{
    return m->framing.kind == HTTP_BODY_LENGTH ||
           (m->framing.kind == HTTP_BODY_NONE && m->framing.length > 0);
}

void http2_section_add_message(struct http2_section *s, const struct http_outgoing *m)
{
    http2_section_add_fields(s, m->fields);
    for (const struct http_added_field *f = m->added; f; f = f->next)
        http2_section_add(s, f->name, f->value);
    if (announces_length(m))
        http2_section_add(s, SLICE("content-length"), http2_decimal(s, m->framing.length));
}

size_t http2_section_room(const struct http_outgoing *m)
{
    size_t room = 1 + (m->fields ? m->fields->count : 0);
    for (const struct http_added_field *f = m->added; f; f = f->next)
        room++;
    return room;
}

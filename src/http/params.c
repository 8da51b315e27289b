// SPDX-License-Identifier: Apache-2.0
// Parameters for rules. There is no grammar to hold anybody to: backends take what comes, so
// everything is read, nothing is refused, and what did not fit is said in `truncated`.
#include "http/params.h"

#include "base/arena.h"
#include "http/octet.h"
#include "http/uri.h"

static size_t count_pieces(struct slice text, char separator)
{
    size_t count = text.len > 0 ? 1 : 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == separator;
    return count;
}

// Room for `pieces` more items, at most `max` in all; what is there already is kept.
static bool make_room(struct http_params *out, size_t pieces, size_t max, struct arena *arena)
{
    size_t room = out->count < max ? max - out->count : 0;
    size_t total = out->count + (pieces < room ? pieces : room);
    if (total == out->count)
        return true;
    struct http_param *items = arena_zalloc(arena, total, sizeof *items);
    if (items == NULL)
        return false;
    if (out->count > 0)
        memcpy(items, out->items, out->count * sizeof *items);
    out->items = items;
    return true;
}

enum { ROOM_FIRST = 16 };

bool http_params_add(struct http_params *p, size_t max, struct arena *arena, struct slice name,
                     struct slice value)
{
    if (p->count == p->room && p->count < max) {
        size_t room = p->room ? 2 * p->room : ROOM_FIRST;
        struct http_param *items = arena_alloc(arena, room * sizeof(*items));
        if (items && p->count)
            memcpy(items, p->items, p->count * sizeof(*items));
        if (items) {
            p->items = items;
            p->room = room;
        }
    }
    p->truncated = p->truncated || p->count == max || p->count == p->room;
    if (p->truncated)
        return false;
    p->items[p->count++] = (struct http_param){name, value};
    return true;
}

// The text itself when nothing in it is encoded.
static bool decode(struct slice text, struct arena *arena, struct slice *out)
{
    *out = text;
    if (slice_index(text, '%') == text.len && slice_index(text, '+') == text.len)
        return true;
    char *copy = arena_alloc(arena, text.len);
    if (copy == NULL)
        return false;
    *out = slice_of(copy, http_percent_decode(text, true, copy));
    return true;
}

void http_form_parse(struct slice text, size_t max, struct arena *arena, struct http_params *out)
{
    *out = (struct http_params){0};
    out->truncated = !make_room(out, count_pieces(text, '&'), max, arena);
    while (text.len > 0 && !out->truncated) {
        struct slice piece = slice_first(text, slice_index(text, '&'));
        text = slice_from(text, piece.len + 1);
        if (piece.len == 0)
            continue;
        size_t equals = slice_index(piece, '=');
        struct http_param param;
        if (out->count == max || !decode(slice_first(piece, equals), arena, &param.name) ||
            !decode(slice_from(piece, equals + 1), arena, &param.value))
            out->truncated = true;
        else
            out->items[out->count++] = param;
    }
}

void http_cookies_parse(struct slice value, size_t max, struct arena *arena,
                        struct http_params *out)
{
    if (!make_room(out, count_pieces(value, ';'), max, arena)) {
        out->truncated = true;
        return;
    }
    while (value.len > 0) {
        size_t end = slice_index(value, ';');
        struct slice piece = http_trim(slice_first(value, end));
        value = slice_from(value, end + 1);
        if (piece.len == 0)
            continue;
        if (out->count == max) {
            out->truncated = true;
            return;
        }
        // Browsers send a cookie that has no name as its value alone.
        size_t equals = slice_index(piece, '=');
        bool has_name = equals < piece.len;
        out->items[out->count++] = (struct http_param){
            .name = has_name ? http_trim(slice_first(piece, equals)) : (struct slice){0},
            .value = has_name ? http_trim(slice_from(piece, equals + 1)) : piece,
        };
    }
}

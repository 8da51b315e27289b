// SPDX-License-Identifier: Apache-2.0
// The canonical path. Rules and routes match the decoded one, and the encoded one is forwarded;
// they are made side by side, segment by segment, so that no backend can find a segment that no
// rule has seen. In the encoded one an escape of a reserved octet stays an escape (`%3B` is data,
// `;` begins parameters), while unreserved ones are written plainly (RFC 3986, 6.2.2.2). Slashes
// collapse before dot segments are taken out: `/a//..` is `/`.
#include "http/uri.h"

#include "base/arena.h"
#include "base/ascii.h"
#include "base/utf8.h"
#include "http/octet.h"

// The path so far. Both texts have the same segments, and neither has a slash that does not
// separate two.
struct output {
    char *path;
    size_t path_len;
    char *wire;
    size_t wire_len;
};

// Most paths are canonical as they come. What needs work begins a segment with `/`, `.` or `;`, or
// has an escape or an octet that must be escaped.
static bool is_canonical(struct slice raw)
{
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c != '/' && !http_octet_is(c, HTTP_OCTET_PATH_WIRE))
            return false;
        if (c != '/' || i + 1 == raw.len)
            continue;
        char next = raw.ptr[i + 1];
        if (next == '/' || next == '.' || next == ';')
            return false;
    }
    return true;
}

static enum http_reason check_decoded(char c)
{
    if (ascii_is_control(c))
        return HTTP_REASON_PATH_CONTROL;
    return c == '/' || c == '\\' ? HTTP_REASON_PATH_SEPARATOR : HTTP_REASON_NONE;
}

static void put_octet(struct output *out, char c, bool plain)
{
    static const char digits[] = "0123456789ABCDEF";
    out->path[out->path_len++] = c;
    if (plain) {
        out->wire[out->wire_len++] = c;
        return;
    }
    out->wire[out->wire_len++] = '%';
    out->wire[out->wire_len++] = digits[(unsigned char)c >> 4];
    out->wire[out->wire_len++] = digits[(unsigned char)c & 15];
}

static enum http_reason put_segment(struct output *out, struct slice raw)
{
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c != '%') {
            if (!http_octet_is(c, HTTP_OCTET_PATH))
                return HTTP_REASON_TARGET_OCTET;
            put_octet(out, c, http_octet_is(c, HTTP_OCTET_PATH_WIRE));
            continue;
        }
        if (raw.len - i < 3 || ascii_hex(raw.ptr[i + 1]) < 0 || ascii_hex(raw.ptr[i + 2]) < 0)
            return HTTP_REASON_TARGET_PERCENT;
        c = (char)(ascii_hex(raw.ptr[i + 1]) * 16 + ascii_hex(raw.ptr[i + 2]));
        i += 2;
        enum http_reason reason = check_decoded(c);
        if (reason != HTTP_REASON_NONE)
            return reason;
        put_octet(out, c, http_octet_is(c, HTTP_OCTET_UNRESERVED));
    }
    return HTTP_REASON_NONE;
}

// A backend that decodes once more would see another segment.
static bool decodes_again(struct slice segment)
{
    for (size_t i = 0; i + 2 < segment.len; i++)
        if (segment.ptr[i] == '%' && ascii_hex(segment.ptr[i + 1]) >= 0 &&
            ascii_hex(segment.ptr[i + 2]) >= 0)
            return true;
    return false;
}

static bool is_dots(struct slice segment)
{
    return slice_eq(segment, SLICE(".")) || slice_eq(segment, SLICE(".."));
}

static enum http_reason check_segment(struct slice segment)
{
    if (!utf8_is_valid(segment))
        return HTTP_REASON_PATH_UTF8;
    if (decodes_again(segment))
        return HTTP_REASON_PATH_DOUBLE_ENCODED;
    // Servlet containers cut parameters off before they look for dot segments: `..;x` climbs there,
    // and `;x` is empty.
    size_t name_len = slice_index(segment, ';');
    if (name_len < segment.len && (name_len == 0 || is_dots(slice_first(segment, name_len))))
        return HTTP_REASON_PATH_HIDDEN_DOTS;
    return HTTP_REASON_NONE;
}

static size_t last_slash(const char *text, size_t len)
{
    while (len > 0 && text[len - 1] != '/')
        len--;
    return len > 0 ? len - 1 : 0;
}

static void put_slash(struct output *out)
{
    out->path[out->path_len++] = '/';
    out->wire[out->wire_len++] = '/';
}

static enum http_reason take_segment(struct output *out, struct slice raw, bool is_last)
{
    const struct output before = *out;
    put_slash(out);
    size_t start = out->path_len;
    enum http_reason reason = put_segment(out, raw);
    if (reason != HTTP_REASON_NONE)
        return reason;
    struct slice segment = slice_of(out->path + start, out->path_len - start);
    reason = check_segment(segment);
    if (reason != HTTP_REASON_NONE || (segment.len > 0 && !is_dots(segment)))
        return reason;
    bool climbs = segment.len == 2;
    *out = before;
    if (climbs && out->path_len == 0)
        return HTTP_REASON_PATH_CLIMBS;
    if (climbs) {
        out->path_len = last_slash(out->path, out->path_len);
        out->wire_len = last_slash(out->wire, out->wire_len);
    }
    if (is_last)
        put_slash(out);
    return HTTP_REASON_NONE;
}

// Room for the longest output: only `|`, `[` and `]` become longer than they came, by two octets
// each.
static bool allocate(struct slice raw, struct arena *arena, struct output *out)
{
    size_t wire_len = raw.len;
    for (size_t i = 0; i < raw.len; i++)
        if (raw.ptr[i] == '|' || raw.ptr[i] == '[' || raw.ptr[i] == ']')
            wire_len += 2;
    *out =
        (struct output){.path = arena_alloc(arena, raw.len), .wire = arena_alloc(arena, wire_len)};
    return out->path != NULL && out->wire != NULL;
}

enum http_reason http_path_canonical(struct slice raw, struct arena *arena, struct slice *path,
                                     struct slice *wire)
{
    *path = (struct slice){0};
    *wire = (struct slice){0};
    if (!slice_begins(raw, SLICE("/")))
        return HTTP_REASON_TARGET;
    if (is_canonical(raw)) {
        *path = raw;
        *wire = raw;
        return HTTP_REASON_NONE;
    }
    struct output out;
    if (!allocate(raw, arena, &out))
        return HTTP_REASON_NO_MEMORY;
    struct slice rest = slice_from(raw, 1);
    bool is_last = false;
    while (!is_last) {
        size_t end = slice_index(rest, '/');
        is_last = end == rest.len;
        enum http_reason reason = take_segment(&out, slice_first(rest, end), is_last);
        if (reason != HTTP_REASON_NONE)
            return reason;
        rest = slice_from(rest, end + 1);
    }
    *path = slice_of(out.path, out.path_len);
    *wire = slice_of(out.wire, out.wire_len);
    return HTTP_REASON_NONE;
}

enum http_reason http_path_without_params(struct slice path, struct arena *arena, struct slice *out)
{
    *out = (struct slice){0};
    if (slice_index(path, ';') == path.len)
        return HTTP_REASON_NONE;
    char *plain = arena_alloc(arena, path.len);
    if (!plain)
        return HTTP_REASON_NO_MEMORY;
    size_t len = 0;
    bool is_param = false;
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        bool is_slash = c == '/';
        is_param = !is_slash && (is_param || c == ';');
        bool is_repeated = is_slash && len > 0 && plain[len - 1] == '/';
        if (!is_param && !is_repeated)
            plain[len++] = c;
    }
    *out = slice_of(plain, len);
    return HTTP_REASON_NONE;
}

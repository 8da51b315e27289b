// SPDX-License-Identifier: Apache-2.0
// The scan for the end of a head, and what both kinds of heads have in common. Every limit and
// every octet is judged at its own offset and never by what else has arrived, so that the verdict
// is the same for any split of the octets.
#include "http/head.h"

#include "base/arena.h"
#include "base/ascii.h"
#include "http/head_internal.h"
#include "http/octet.h"

// RFC 9112, 2.2 wants at least one empty line before a request line to be ignored, for old clients
// that send CRLF behind a body. A flood of them is no such client.
enum { EMPTY_LINES_MAX = 4 };

static const struct slice status_prefix = SLICE_INIT("HTTP/1.");

void http_head_scan_init(struct http_head_scan *s, const struct http_head_limits *limits,
                         bool is_response)
{
    *s = (struct http_head_scan){.limits = limits, .is_response = is_response};
}

bool http_head_scan_is_idle(const struct http_head_scan *s)
{
    return s->reason == HTTP_REASON_NONE && s->fields_start == 0 && s->at == s->line_start;
}

// Judges the first octet of a line. TLS records and other binary are refused by it, without waiting
// for a line end.
static enum http_reason begin_line(struct http_head_scan *s, char c)
{
    if (s->fields_start != 0) {
        if (c == '\r')
            return HTTP_REASON_NONE;
        if (http_is_blank(c))
            return HTTP_REASON_OBS_FOLD;
        if (s->field_count >= s->limits->field_count)
            return HTTP_REASON_FIELD_COUNT_LIMIT;
        s->field_count++;
        return HTTP_REASON_NONE;
    }
    if (s->is_response || c == '\n')
        return HTTP_REASON_NONE;
    if (c == '\r')
        return s->empty_lines < EMPTY_LINES_MAX ? HTTP_REASON_NONE : HTTP_REASON_EMPTY_LINES;
    if (http_is_blank(c))
        return HTTP_REASON_LEADING_BLANK;
    return http_octet_is(c, HTTP_OCTET_TOKEN) ? HTTP_REASON_NONE : HTTP_REASON_METHOD;
}

// Is the octet at s->at one too many for the field section? The empty line that ends it does not
// count.
static bool exceeds_section(const struct http_head_scan *s)
{
    return s->fields_start != 0 && s->at - s->fields_start >= s->limits->field_bytes;
}

// The octet behind a CR.
static enum http_reason end_line(struct http_head_scan *s, char c)
{
    bool is_empty = s->at == s->line_start + 1;
    if (c != '\n')
        return HTTP_REASON_BARE_CR;
    if (!is_empty && exceeds_section(s))
        return HTTP_REASON_FIELD_SECTION_LIMIT;
    s->at++;
    s->line_start = s->at;
    if (s->fields_start != 0) {
        s->head_len = is_empty ? s->at : 0;
    } else if (is_empty) {
        s->empty_lines++;
        s->start = s->at;
    } else {
        s->fields_start = s->at;
    }
    return HTTP_REASON_NONE;
}

// An octet that ends a run of plain text: a control, or the first one past a limit.
static enum http_reason judge_octet(struct http_head_scan *s, char c)
{
    bool in_fields = s->fields_start != 0;
    size_t line_len = s->at - s->line_start;
    if (exceeds_section(s) && (c != '\r' || line_len > 0))
        return HTTP_REASON_FIELD_SECTION_LIMIT;
    if (c == '\r') {
        s->at++;
        return HTTP_REASON_NONE;
    }
    if (in_fields && line_len >= s->limits->field_line)
        return HTTP_REASON_FIELD_LINE_LIMIT;
    if (!in_fields && line_len >= s->limits->start_line)
        return s->is_response ? HTTP_REASON_STATUS_LINE : HTTP_REASON_REQUEST_LINE_LIMIT;
    if (c == '\t' && (in_fields || s->is_response)) { // a reason phrase may hold HTAB (RFC 9112, 4)
        s->at++;
        return HTTP_REASON_NONE;
    }
    if (c == '\n')
        return HTTP_REASON_BARE_LF;
    return c == '\0' ? HTTP_REASON_NUL : HTTP_REASON_CONTROL;
}

// The offset at which the text of the current line must have ended.
static size_t line_limit(const struct http_head_scan *s)
{
    if (s->fields_start == 0)
        return s->line_start + s->limits->start_line;
    size_t line = s->line_start + s->limits->field_line;
    size_t section = s->fields_start + s->limits->field_bytes;
    return line < section ? line : section;
}

// Something that is no HTTP/1 response (HTTP/0.9, TLS, another protocol) is known by its first
// wrong octet.
static enum http_reason scan_status_prefix(struct http_head_scan *s, const char *data, size_t len)
{
    for (; s->at < status_prefix.len && s->at < len; s->at++)
        if (data[s->at] != status_prefix.ptr[s->at])
            return HTTP_REASON_STATUS_LINE;
    return HTTP_REASON_NONE;
}

static enum http_reason scan_step(struct http_head_scan *s, const char *data, size_t len)
{
    enum http_reason reason = HTTP_REASON_NONE;
    if (s->is_response && s->at < status_prefix.len)
        return scan_status_prefix(s, data, len);
    if (s->at > s->line_start && data[s->at - 1] == '\r')
        return end_line(s, data[s->at]);
    if (s->at == s->line_start)
        reason = begin_line(s, data[s->at]);
    if (reason != HTTP_REASON_NONE)
        return reason;
    size_t limit = line_limit(s);
    size_t end = limit < len ? limit : len;
    if (s->at < end)
        s->at = http_octets_plain(data, s->at, end);
    if (s->at == len)
        return HTTP_REASON_NONE;
    // What most lines end with, without another step; at a limit the octet is judged.
    if (s->at < end && len - s->at >= 2 && data[s->at] == '\r') {
        s->at++;
        return end_line(s, data[s->at]);
    }
    return judge_octet(s, data[s->at]);
}

enum http_parse http_head_scan(struct http_head_scan *s, const char *data, size_t len)
{
    while (s->reason == HTTP_REASON_NONE && s->head_len == 0 && s->at < len)
        s->reason = scan_step(s, data, len);
    if (s->reason != HTTP_REASON_NONE)
        return HTTP_BAD;
    return s->head_len != 0 ? HTTP_DONE : HTTP_MORE;
}

struct slice http_head_start_line(const struct http_head_scan *s, const char *data)
{
    return slice_of(data + s->start, s->fields_start - s->start - 2);
}

// field-line = field-name ":" OWS field-value OWS (RFC 9112, 5). The scan has refused controls in
// it already.
static enum http_reason parse_field(struct slice line, struct http_field *out)
{
    size_t colon = slice_index(line, ':');
    out->name = slice_first(line, colon);
    out->value = http_trim(slice_from(line, colon + 1));
    out->id = (uint16_t)http_field_lookup(out->name);
    out->flags = 0;
    if (out->id != HTTP_FIELD_OTHER && colon < line.len)
        return HTTP_REASON_NONE;
    size_t at = 0;
    for (; at < line.len && http_octet_is(line.ptr[at], HTTP_OCTET_TOKEN); at++)
        if (line.ptr[at] == '_')
            out->flags = HTTP_FIELD_UNDERSCORE;
    if (at == colon && at > 0 && at < line.len)
        return HTTP_REASON_NONE;
    return at > 0 && at < line.len && http_is_blank(line.ptr[at])
               ? HTTP_REASON_FIELD_BLANK_BEFORE_COLON
               : HTTP_REASON_FIELD_NAME;
}

enum http_reason http_head_parse_fields(const struct http_head_scan *s, const char *data,
                                        struct arena *arena, struct http_fields *out)
{
    *out = (struct http_fields){.items = arena_alloc(arena, s->field_count * sizeof *out->items)};
    if (out->items == NULL)
        return HTTP_REASON_NO_MEMORY;
    struct slice rest = slice_of(data + s->fields_start, s->head_len - s->fields_start - 2);
    while (rest.len > 0 && out->count < s->field_count) {
        struct slice line = slice_first(rest, slice_index(rest, '\r'));
        enum http_reason reason = parse_field(line, &out->items[out->count]);
        if (reason != HTTP_REASON_NONE)
            return reason;
        out->count++;
        rest = slice_from(rest, line.len + 2);
    }
    return HTTP_REASON_NONE;
}

static enum http_reason take_member(struct slice member, struct http_connection *out)
{
    if (!http_octets_are(member, HTTP_OCTET_TOKEN))
        return HTTP_REASON_CONNECTION_VALUE;
    if (ascii_eq_nocase(member, SLICE("close")))
        out->has_close = true;
    else if (ascii_eq_nocase(member, SLICE("keep-alive")))
        out->has_keep_alive = true;
    else if (ascii_eq_nocase(member, SLICE("upgrade")))
        out->has_upgrade = true;
    return HTTP_REASON_NONE;
}

enum http_reason http_head_parse_connection(const struct http_fields *f,
                                            struct http_connection *out)
{
    unsigned count = 0;
    *out = (struct http_connection){0};
    for (size_t i = 0; i < f->count; i++) {
        struct slice member;
        struct slice rest = f->items[i].value;
        while (f->items[i].id == HTTP_FIELD_CONNECTION && http_list_next(&rest, &member)) {
            if (++count > HTTP_CONNECTION_MEMBERS_MAX)
                return HTTP_REASON_CONNECTION_LIMIT;
            enum http_reason reason = take_member(member, out);
            if (reason != HTTP_REASON_NONE)
                return reason;
        }
    }
    return HTTP_REASON_NONE;
}

bool http_head_keeps_alive(const struct http_connection *c, enum http_version version)
{
    return !c->has_close && (version != HTTP_VERSION_10 || c->has_keep_alive);
}

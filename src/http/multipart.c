// SPDX-License-Identifier: Apache-2.0
// Lines matter only in the framing: delimiters are looked for as octets, so that the price of a
// content does not depend on what is in it.
#include "http/multipart.h"

#include <string.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "base/num.h"
#include "http/field.h"
#include "http/octet.h"

enum { BOUNDARY_MAX = 70, DELIMITER_MAX = BOUNDARY_MAX + 2, DIGITS_MAX = 20 };

struct reader {
    struct http_multipart *out;
    struct arena *arena;
    size_t max;
    struct slice delimiter; // "--boundary"
    char delimiter_text[DELIMITER_MAX];
    const char *error;
};

struct part {
    struct slice name, filename, type;
    bool has_name, is_file, is_form_data;
};

static bool add(struct reader *r, struct http_params *to, struct slice name, struct slice value)
{
    if (http_params_add(to, r->max, r->arena, name, value))
        return true;
    r->error = to->count == r->max ? "multipart-parts" : "out-of-memory";
    return false;
}

// Each flaw is told once.
static void flaw(struct reader *r, const char *word)
{
    const struct http_params *known = &r->out->flaws;
    for (size_t i = 0; i < known->count; i++)
        if (slice_eq(known->items[i].value, slice_str(word)))
            return;
    (void)add(r, &r->out->flaws, (struct slice){0}, slice_str(word));
}

// --- parameters of a field: ; name=token / name="quoted"

// Takes a quoted string. Only a quote and a backslash are quoted by a backslash: others send paths
// of Windows as they are.
static bool take_quoted(struct reader *r, struct slice *rest, struct slice *out)
{
    char *text = arena_alloc(r->arena, rest->len);
    size_t len = 0, i = 1;
    if (!text) {
        r->error = "out-of-memory";
        return false;
    }
    for (; i < rest->len && rest->ptr[i] != '"'; i++) {
        bool is_pair = rest->ptr[i] == '\\' && i + 1 < rest->len &&
                       (rest->ptr[i + 1] == '"' || rest->ptr[i + 1] == '\\');
        i += is_pair;
        text[len++] = rest->ptr[i];
    }
    if (i >= rest->len)
        flaw(r, "invalid-quoting");
    *rest = slice_from(*rest, i + 1);
    *out = slice_of(text, len);
    return true;
}

static bool take_value(struct reader *r, struct slice *rest, struct slice *out)
{
    *rest = http_trim(*rest);
    if (rest->len && rest->ptr[0] == '"')
        return take_quoted(r, rest, out);
    *out = http_trim(slice_first(*rest, slice_index(*rest, ';')));
    *rest = slice_from(*rest, slice_index(*rest, ';'));
    if (!http_octets_are(*out, HTTP_OCTET_TOKEN) || (out->len && out->ptr[0] == '\''))
        flaw(r, "invalid-quoting");
    return true;
}

// The next parameter; false at the end or with an error.
static bool next_param(struct reader *r, struct slice *rest, struct slice *name,
                       struct slice *value)
{
    size_t at = slice_index(*rest, ';');
    if (http_trim(slice_first(*rest, at)).len) // something between a value and the semicolon
        flaw(r, "invalid-quoting");
    *rest = slice_from(*rest, at + 1);
    size_t equals = slice_index(*rest, '=');
    if (http_trim(*rest).len == 0 || equals == rest->len)
        return false;
    *name = http_trim(slice_first(*rest, equals));
    *rest = slice_from(*rest, equals + 1);
    return take_value(r, rest, value);
}

// --- boundary

static bool is_boundary(struct slice s)
{
    bool good = s.len > 0 && s.len <= BOUNDARY_MAX && s.ptr[s.len - 1] != ' ';
    for (size_t i = 0; good && i < s.len; i++)
        good = ascii_is_alpha(s.ptr[i]) || ascii_is_digit(s.ptr[i]) ||
               (s.ptr[i] && strchr("'()+_,-./:=? ", s.ptr[i]));
    return good;
}

// RFC 2046, 5.1.1. Two boundaries would be a choice for somebody.
static bool find_boundary(struct reader *r, struct slice content_type)
{
    struct slice rest = slice_from(content_type, slice_index(content_type, ';')), name, value;
    struct slice found = {0};
    while (next_param(r, &rest, &name, &value)) {
        if (!ascii_eq_nocase(name, SLICE("boundary")))
            continue;
        if (found.ptr)
            return false;
        found = value;
    }
    if (!is_boundary(found))
        return false;
    if (slice_find(content_type, SLICE("boundary=\"")) < content_type.len)
        flaw(r, "boundary-quoted");
    memcpy(r->delimiter_text, "--", 2);
    memcpy(r->delimiter_text + 2, found.ptr, found.len);
    r->delimiter = slice_of(r->delimiter_text, found.len + 2);
    return true;
}

// --- delimiters

struct delimiter {
    size_t before; // octets of content in front of it
    size_t after;  // where what follows begins
    bool is_last;
};

static struct slice take_line(struct reader *r, struct slice *rest)
{
    size_t end = slice_index(*rest, '\n');
    struct slice line = slice_first(*rest, end);
    bool is_ended = end < rest->len;
    *rest = slice_from(*rest, end + 1);
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    else if (is_ended)
        flaw(r, "lf-line");
    return line;
}

// Is there a delimiter line at `at`? Fills d but for `before`.
static bool is_delimiter(struct reader *r, struct slice body, size_t at, struct delimiter *d)
{
    struct slice rest = slice_from(body, at + r->delimiter.len);
    struct slice line = slice_first(rest, slice_index(rest, '\n'));
    struct slice tail = line;
    if (tail.len && tail.ptr[tail.len - 1] == '\r')
        tail.len--;
    d->is_last = slice_begins(tail, SLICE("--"));
    if (http_trim(slice_from(tail, d->is_last ? 2 : 0)).len) {
        flaw(r, "unmatched-boundary");
        return false;
    }
    if (line.len < rest.len)
        (void)take_line(r, &rest);
    else
        rest = slice_from(rest, line.len);
    d->after = body.len - rest.len;
    return true;
}

// The next delimiter from `from` on; it stands at the beginning of a line.
static bool find_delimiter(struct reader *r, struct slice body, size_t from, struct delimiter *d)
{
    for (size_t at = from;; at++) {
        size_t found = slice_find(slice_from(body, at), r->delimiter);
        at += found;
        if (at >= body.len)
            return false;
        bool is_at_line = at == 0 || body.ptr[at - 1] == '\n';
        if (!is_at_line || at < from || !is_delimiter(r, body, at, d))
            continue;
        size_t end = at; // the line end in front belongs to the delimiter
        if (end > from && body.ptr[end - 1] == '\n') {
            end--;
            if (end > from && body.ptr[end - 1] == '\r')
                end--;
            else
                flaw(r, "lf-line");
        }
        d->before = end - from;
        return true;
    }
}

// --- parts

static void set_once(struct reader *r, struct slice value, struct slice *to, bool *is_set)
{
    if (*is_set)
        flaw(r, "repeated-parameter");
    else
        *to = value;
    *is_set = true;
}

// RFC 8187: charset'language'value. RFC 7578, 4.2 forbids it; some backends take it all the same.
static struct slice extended_value(struct reader *r, struct slice value)
{
    flaw(r, "extended-filename");
    for (int i = 0; i < 2; i++)
        value = slice_from(value, slice_index(value, '\'') + 1);
    return value;
}

static void read_disposition(struct reader *r, struct slice value, struct part *p)
{
    struct slice rest = slice_from(value, slice_index(value, ';')), name, param;
    p->is_form_data =
        ascii_eq_nocase(http_trim(slice_first(value, slice_index(value, ';'))), SLICE("form-data"));
    while (next_param(r, &rest, &name, &param)) {
        if (ascii_eq_nocase(name, SLICE("name")))
            set_once(r, param, &p->name, &p->has_name);
        else if (ascii_eq_nocase(name, SLICE("filename")))
            set_once(r, param, &p->filename, &p->is_file);
        else if (ascii_eq_nocase(name, SLICE("filename*")))
            set_once(r, extended_value(r, param), &p->filename, &p->is_file);
    }
}

static void read_header(struct reader *r, struct slice line, struct part *p)
{
    size_t colon = slice_index(line, ':');
    struct slice name = slice_first(line, colon), value = http_trim(slice_from(line, colon + 1));
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t') {
        flaw(r, "header-folding");
        return;
    }
    if (colon == line.len || !http_field_name_is_valid(name) ||
        !http_octets_are(value, HTTP_OCTET_TEXT))
        flaw(r, "invalid-header");
    if (ascii_eq_nocase(name, SLICE("content-disposition")))
        read_disposition(r, value, p);
    else if (ascii_eq_nocase(name, SLICE("content-type")))
        p->type = value;
    else if (ascii_eq_nocase(name, SLICE("content-transfer-encoding")))
        flaw(r, "part-encoding");
}

static struct slice size_text(struct reader *r, uint64_t size)
{
    char *text = arena_alloc(r->arena, DIGITS_MAX);
    if (!text)
        r->error = "out-of-memory";
    return text ? slice_of(text, num_write_decimal(text, size)) : (struct slice){0};
}

static bool add_file(struct reader *r, const struct part *p, struct slice content)
{
    struct http_multipart *out = r->out;
    out->files_length += content.len;
    return add(r, &out->files, p->name, p->filename) &&
           add(r, &out->file_sizes, p->name, size_text(r, content.len)) &&
           add(r, &out->file_types, p->name, p->type);
}

// Its lines are kept under the name of the part, which one of them says.
static bool add_headers(struct reader *r, struct slice head, const struct part *p)
{
    while (head.len) {
        struct slice line = take_line(r, &head);
        if (line.len && !add(r, &r->out->part_headers, p->name, line))
            return false;
    }
    return true;
}

static bool take_part(struct reader *r, struct slice part)
{
    struct part p = {0};
    struct slice rest = part, line;
    while (rest.len && (line = take_line(r, &rest)).len)
        read_header(r, line, &p);
    struct slice head = slice_first(part, part.len - rest.len);
    if (!p.is_form_data || !p.has_name)
        flaw(r, "invalid-part");
    return add_headers(r, head, &p) &&
           (p.is_file ? add_file(r, &p, rest) : add(r, &r->out->fields, p.name, rest));
}

const char *http_multipart_parse(struct slice content_type, struct slice body, size_t max,
                                 struct arena *arena, struct http_multipart *out)
{
    struct reader r = {.out = out, .arena = arena, .max = max};
    struct delimiter d = {0};
    *out = (struct http_multipart){0};
    if (body.len == 0)
        return NULL;
    if (!find_boundary(&r, content_type))
        return r.error ? r.error : "multipart-boundary";
    if (!find_delimiter(&r, body, 0, &d))
        return r.error ? r.error : "multipart-unfinished";
    if (d.before > 0)
        flaw(&r, "data-before");
    while (!d.is_last && !r.error) {
        size_t from = d.after;
        bool found = find_delimiter(&r, body, from, &d);
        size_t len = found ? d.before : body.len - from;
        if (!take_part(&r, slice_of(body.ptr + from, len)))
            break;
        if (!found) {
            flaw(&r, "no-final-boundary");
            return r.error ? r.error : "multipart-unfinished";
        }
    }
    if (d.is_last && d.after < body.len)
        flaw(&r, "data-after");
    return r.error;
}

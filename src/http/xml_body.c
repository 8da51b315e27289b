// SPDX-License-Identifier: Apache-2.0
// One pass over tags and what is between them, without a tree. Text is gathered in one buffer,
// which is never longer than the body: references are longer than what they stand for.
#include "http/xml_body.h"

#include <string.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "base/num.h"
#include "base/utf8.h"
#include "http/octet.h"

struct level {
    struct slice tag;
    size_t path_len;   // of everything above
    size_t text_begin; // of this element in the gathered text
    bool has_children;
};

struct reader {
    struct slice rest;
    struct arena *arena;
    struct http_xml *out;
    size_t max;
    char *text; // gathered
    size_t text_len;
    struct level levels[HTTP_XML_DEPTH_MAX];
    size_t depth;
    char path[HTTP_XML_NAME_MAX];
    size_t path_len;
    bool is_over; // the outermost element has ended
    const char *error;
};

static bool fail(struct reader *r, const char *word)
{
    r->error = word;
    return false;
}

static bool add(struct reader *r, struct http_params *to, struct slice name, struct slice value)
{
    return http_params_add(to, r->max, r->arena, name, value) ||
           fail(r, to->count == r->max ? "xml-members" : "out-of-memory");
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct reader *r)
{
    size_t i = 0;
    while (i < r->rest.len && is_blank(r->rest.ptr[i]))
        i++;
    r->rest = slice_from(r->rest, i);
}

// Takes up to and with `mark`; *out is what stood before it.
static bool take_until(struct reader *r, struct slice mark, struct slice *out)
{
    size_t at = slice_find(r->rest, mark);
    if (at == r->rest.len)
        return fail(r, "xml-syntax");
    *out = slice_first(r->rest, at);
    r->rest = slice_from(r->rest, at + mark.len);
    return true;
}

// --- references (XML 1.0, 4.1)

static bool decode_number(struct slice digits, uint64_t *code)
{
    bool is_hex = digits.len && (digits.ptr[0] == 'x' || digits.ptr[0] == 'X');
    return is_hex ? num_hex(slice_from(digits, 1), 0x10ffff, code)
                  : num_decimal(digits, 0x10ffff, code);
}

static bool decode_reference(struct reader *r, struct slice name, char *to, size_t *len)
{
    static const struct {
        struct slice name;
        char is;
    } known[] = {{SLICE_INIT("lt"), '<'},
                 {SLICE_INIT("gt"), '>'},
                 {SLICE_INIT("amp"), '&'},
                 {SLICE_INIT("quot"), '"'},
                 {SLICE_INIT("apos"), '\''}};
    uint64_t code;
    if (name.len && name.ptr[0] == '#') {
        *len = decode_number(slice_from(name, 1), &code) ? utf8_encode((uint32_t)code, to) : 0;
        return *len > 0 || fail(r, "xml-syntax");
    }
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (!slice_eq(name, known[i].name))
            continue;
        *to = known[i].is;
        *len = 1;
        return true;
    }
    return fail(r, "xml-entity");
}

// Writes `text` with its references replaced; `to` has room for text.len.
static bool decode(struct reader *r, struct slice text, char *to, size_t *len)
{
    *len = 0;
    while (text.len) {
        size_t plain = slice_index(text, '&'), one;
        if (plain)
            memcpy(to + *len, text.ptr, plain);
        *len += plain;
        text = slice_from(text, plain);
        if (text.len == 0)
            break;
        size_t end = slice_index(text, ';');
        if (end == text.len)
            return fail(r, "xml-syntax");
        if (!decode_reference(r, slice_of(text.ptr + 1, end - 1), to + *len, &one))
            return false;
        *len += one;
        text = slice_from(text, end + 1);
    }
    return true;
}

static bool gather(struct reader *r, struct slice text, bool is_literal)
{
    size_t len = text.len;
    if (is_literal && len)
        memcpy(r->text + r->text_len, text.ptr, len);
    else if (!decode(r, text, r->text + r->text_len, &len))
        return false;
    r->text_len += len;
    return true;
}

// --- tags

static bool is_name_octet(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || (c && strchr("_:-.", c)) || (c & 0x80);
}

static bool take_name(struct reader *r, struct slice *out)
{
    size_t len = 0;
    while (len < r->rest.len && is_name_octet(r->rest.ptr[len]))
        len++;
    *out = slice_first(r->rest, len);
    r->rest = slice_from(r->rest, len);
    return len > 0 || fail(r, "xml-syntax");
}

static bool take_attribute(struct reader *r)
{
    struct slice name, raw;
    if (!take_name(r, &name))
        return false;
    skip_blanks(r);
    if (!slice_begins(r->rest, SLICE("=")))
        return fail(r, "xml-syntax");
    r->rest = slice_from(r->rest, 1);
    skip_blanks(r);
    bool is_quoted = r->rest.len && (r->rest.ptr[0] == '"' || r->rest.ptr[0] == '\'');
    if (!is_quoted)
        return fail(r, "xml-syntax");
    struct slice quote = slice_first(r->rest, 1);
    r->rest = slice_from(r->rest, 1);
    if (!take_until(r, quote, &raw) || slice_index(raw, '<') < raw.len)
        return fail(r, "xml-syntax");
    char *value = arena_alloc(r->arena, raw.len);
    size_t len;
    if (!value)
        return fail(r, "out-of-memory");
    return decode(r, raw, value, &len) && add(r, &r->out->attributes, name, slice_of(value, len));
}

static bool push(struct reader *r, struct slice tag)
{
    if (r->depth == HTTP_XML_DEPTH_MAX)
        return fail(r, "xml-depth");
    struct level *l = &r->levels[r->depth];
    *l = (struct level){.tag = tag, .path_len = r->path_len, .text_begin = r->text_len};
    if (tag.len + 1 > HTTP_XML_NAME_MAX - r->path_len)
        return fail(r, "xml-name");
    if (r->depth > 0) {
        r->levels[r->depth - 1].has_children = true;
        r->path[r->path_len++] = '.';
    }
    memcpy(r->path + r->path_len, tag.ptr, tag.len);
    r->path_len += tag.len;
    r->depth++;
    return true;
}

// An element whose text is its own alone is a member; blanks between children are none.
static bool pop(struct reader *r)
{
    const struct level *l = &r->levels[--r->depth];
    struct slice value = slice_of(r->text + l->text_begin, r->text_len - l->text_begin);
    struct slice name = {0};
    r->is_over = r->depth == 0;
    if (!l->has_children) {
        name = arena_copy(r->arena, slice_of(r->path, r->path_len));
        if (!name.ptr)
            return fail(r, "out-of-memory");
    }
    r->path_len = l->path_len;
    return l->has_children || add(r, &r->out->elements, name, value);
}

static bool take_start(struct reader *r)
{
    struct slice tag;
    if (r->is_over || !take_name(r, &tag) || !push(r, tag))
        return r->error ? false : fail(r, "xml-syntax");
    for (;;) {
        bool had_blank = r->rest.len && is_blank(r->rest.ptr[0]);
        skip_blanks(r);
        if (slice_begins(r->rest, SLICE(">"))) {
            r->rest = slice_from(r->rest, 1);
            return true;
        }
        if (slice_begins(r->rest, SLICE("/>"))) {
            r->rest = slice_from(r->rest, 2);
            return pop(r);
        }
        if (!had_blank || !take_attribute(r))
            return r->error ? false : fail(r, "xml-syntax");
    }
}

static bool take_end(struct reader *r)
{
    struct slice tag;
    if (r->depth == 0 || !take_name(r, &tag))
        return fail(r, "xml-syntax");
    skip_blanks(r);
    if (!slice_begins(r->rest, SLICE(">")) || !slice_eq(tag, r->levels[r->depth - 1].tag))
        return fail(r, "xml-syntax");
    r->rest = slice_from(r->rest, 1);
    return pop(r);
}

// Only one that does nothing but name the outermost element is of no consequence.
static bool take_doctype(struct reader *r)
{
    struct slice content;
    if (!take_until(r, SLICE(">"), &content))
        return false;
    bool declares = slice_index(content, '[') < content.len ||
                    slice_index(content, '"') < content.len ||
                    slice_index(content, '\'') < content.len;
    return declares || r->depth > 0 ? fail(r, "xml-doctype") : true;
}

// What begins with "<".
static bool take_markup(struct reader *r)
{
    static const struct slice comment = SLICE_INIT("<!--"), cdata = SLICE_INIT("<![CDATA["),
                              doctype = SLICE_INIT("<!DOCTYPE"), instruction = SLICE_INIT("<?"),
                              end = SLICE_INIT("</");
    struct slice content;
    if (slice_begins(r->rest, comment)) {
        r->rest = slice_from(r->rest, comment.len);
        return take_until(r, SLICE("-->"), &content);
    }
    if (slice_begins(r->rest, cdata)) {
        r->rest = slice_from(r->rest, cdata.len);
        return take_until(r, SLICE("]]>"), &content) &&
               (r->depth > 0 ? gather(r, content, true) : fail(r, "xml-syntax"));
    }
    if (slice_begins(r->rest, doctype)) {
        r->rest = slice_from(r->rest, doctype.len);
        return take_doctype(r);
    }
    if (slice_begins(r->rest, instruction))
        return take_until(r, SLICE("?>"), &content);
    if (slice_begins(r->rest, end)) {
        r->rest = slice_from(r->rest, end.len);
        return take_end(r);
    }
    r->rest = slice_from(r->rest, 1);
    return take_start(r);
}

static bool take_text(struct reader *r)
{
    struct slice text = slice_first(r->rest, slice_index(r->rest, '<'));
    r->rest = slice_from(r->rest, text.len);
    if (r->depth > 0)
        return gather(r, text, false);
    for (size_t i = 0; i < text.len; i++)
        if (!is_blank(text.ptr[i]))
            return fail(r, "xml-syntax");
    return true;
}

const char *http_xml_parse(struct slice text, size_t max, struct arena *arena, struct http_xml *out)
{
    static const struct slice mark = SLICE_INIT("\xef\xbb\xbf"); // of byte order
    struct reader r = {.rest = text, .arena = arena, .out = out, .max = max};
    *out = (struct http_xml){0};
    if (text.len == 0)
        return NULL;
    if (!utf8_is_valid(text))
        return "xml-syntax";
    r.text = arena_alloc(arena, text.len);
    if (!r.text)
        return "out-of-memory";
    if (slice_begins(r.rest, mark))
        r.rest = slice_from(r.rest, mark.len);
    bool good = true;
    while (good && r.rest.len)
        good = r.rest.ptr[0] == '<' ? take_markup(&r) : take_text(&r);
    out->text = slice_of(r.text, r.text_len);
    if (r.error)
        return r.error;
    return r.is_over ? NULL : "xml-syntax";
}

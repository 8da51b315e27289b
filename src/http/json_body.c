// SPDX-License-Identifier: Apache-2.0
// One pass without recursion. The name of the value that comes next is built in one buffer; a level
// remembers where its part of it begins.
#include "http/json_body.h"

#include <string.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "base/num.h"
#include "base/utf8.h"

enum { INDEX_MAX = 24 }; // "[", digits, "]"

struct level {
    size_t name_len; // of everything above
    size_t index;    // of the next item
    bool is_array;
};

struct reader {
    const char *at, *end;
    struct arena *arena;
    struct http_params *out;
    size_t max;
    struct level levels[HTTP_JSON_DEPTH_MAX];
    size_t depth;
    char name[HTTP_JSON_NAME_MAX];
    size_t name_len;
    const char *error;
};

static bool fail(struct reader *r, const char *word)
{
    r->error = word;
    return false;
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

static bool take(struct reader *r, char c)
{
    skip_blanks(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

// --- names

static bool append_name(struct reader *r, struct slice text)
{
    if (text.len > HTTP_JSON_NAME_MAX - r->name_len)
        return fail(r, "json-name");
    if (text.len)
        memcpy(r->name + r->name_len, text.ptr, text.len);
    r->name_len += text.len;
    return true;
}

static bool name_item(struct reader *r, struct level *l)
{
    char text[INDEX_MAX] = "[";
    size_t len = 1 + num_write_decimal(text + 1, l->index++);
    text[len++] = ']';
    r->name_len = l->name_len;
    return append_name(r, slice_of(text, len));
}

static bool name_member(struct reader *r, const struct level *l, struct slice key)
{
    r->name_len = l->name_len;
    return (l->name_len == 0 || append_name(r, SLICE("."))) && append_name(r, key);
}

static bool add(struct reader *r, struct slice value)
{
    struct slice name = arena_copy(r->arena, slice_of(r->name, r->name_len));
    if (r->name_len && !name.ptr)
        return fail(r, "out-of-memory");
    return http_params_add(r->out, r->max, r->arena, name, value) ||
           fail(r, r->out->count == r->max ? "json-members" : "out-of-memory");
}

// --- strings

static bool take_hex(struct reader *r, uint32_t *code)
{
    if (r->end - r->at < 4)
        return false;
    *code = 0;
    for (int i = 0; i < 4; i++) {
        int digit = ascii_hex(r->at[i]);
        if (digit < 0)
            return false;
        *code = *code << 4 | (uint32_t)digit;
    }
    r->at += 4;
    return true;
}

static bool is_high(uint32_t code)
{
    return code >= 0xd800 && code < 0xdc00;
}

static bool is_low(uint32_t code)
{
    return code >= 0xdc00 && code < 0xe000;
}

// Half a pair means nothing; it is shown as what decoders show for it.
static bool take_unicode(struct reader *r, uint32_t *code)
{
    uint32_t low;
    if (!take_hex(r, code))
        return false;
    if (is_high(*code) && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u') {
        const char *before = r->at;
        r->at += 2;
        if (!take_hex(r, &low))
            return false;
        if (is_low(low)) {
            *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
            return true;
        }
        r->at = before;
    }
    if (is_high(*code) || is_low(*code))
        *code = 0xfffd;
    return true;
}

static bool take_escape(struct reader *r, char **to)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    uint32_t code;
    r->at++;
    if (r->at == r->end)
        return false;
    char c = *r->at++;
    const char *known = c ? strchr(names, c) : NULL;
    if (known) {
        *(*to)++ = values[known - names];
        return true;
    }
    if (c != 'u' || !take_unicode(r, &code))
        return false;
    *to += utf8_encode(code, *to);
    return true;
}

// Where the string that begins at `at` ends, NULL without an end; and whether it has escapes.
static const char *find_end(const char *at, const char *end, bool *has_escapes)
{
    *has_escapes = false;
    for (; at < end && *at != '"'; at++) {
        if ((unsigned char)*at < ' ')
            return NULL;
        if (*at == '\\') {
            *has_escapes = true;
            if (++at == end)
                return NULL;
        }
    }
    return at < end ? at : NULL;
}

// The opening quote has been taken. Without escapes it is a slice of the text. An escape is never
// shorter than what it stands for.
static bool take_string(struct reader *r, struct slice *out)
{
    bool has_escapes;
    const char *end = find_end(r->at, r->end, &has_escapes);
    if (!end)
        return fail(r, "json-syntax");
    struct slice raw = slice_of(r->at, (size_t)(end - r->at));
    if (!utf8_is_valid(raw))
        return fail(r, "json-utf8");
    if (!has_escapes) {
        *out = raw;
        r->at = end + 1;
        return true;
    }
    char *text = arena_alloc(r->arena, raw.len), *to = text;
    if (!text)
        return fail(r, "out-of-memory");
    while (r->at < end) {
        if (*r->at != '\\')
            *to++ = *r->at++;
        else if (!take_escape(r, &to))
            return fail(r, "json-syntax");
    }
    r->at = end + 1;
    *out = slice_of(text, (size_t)(to - text));
    return true;
}

// --- other scalars

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && ascii_is_digit(*at))
        at++;
    return at;
}

// RFC 8259, 6; as it is written.
static bool take_number(struct reader *r, struct slice *out)
{
    const char *at = r->at, *digits;
    at += *at == '-';
    digits = at;
    at = skip_digits(at, r->end);
    bool good = at > digits && (*digits != '0' || at == digits + 1);
    if (good && at < r->end && *at == '.') {
        digits = ++at;
        at = skip_digits(at, r->end);
        good = at > digits;
    }
    if (good && at < r->end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < r->end && (*at == '+' || *at == '-');
        digits = at;
        at = skip_digits(at, r->end);
        good = at > digits;
    }
    if (!good)
        return fail(r, "json-syntax");
    *out = slice_of(r->at, (size_t)(at - r->at));
    r->at = at;
    return true;
}

static bool take_word(struct reader *r, struct slice *out)
{
    static const struct slice words[] = {SLICE_INIT("true"), SLICE_INIT("false"),
                                         SLICE_INIT("null")};
    struct slice rest = slice_of(r->at, (size_t)(r->end - r->at));
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!slice_begins(rest, words[i]))
            continue;
        *out = i == 2 ? (struct slice){0} : words[i];
        r->at += words[i].len;
        return true;
    }
    return fail(r, "json-syntax");
}

static bool take_scalar(struct reader *r)
{
    struct slice value;
    char c = *r->at;
    if (c == '"') {
        r->at++;
        return take_string(r, &value) && add(r, value);
    }
    if (c == '-' || ascii_is_digit(c))
        return take_number(r, &value) && add(r, value);
    return take_word(r, &value) && add(r, value);
}

// --- structure

static bool push(struct reader *r, bool is_array)
{
    r->at++;
    if (r->depth == HTTP_JSON_DEPTH_MAX)
        return fail(r, "json-depth");
    r->levels[r->depth++] = (struct level){.name_len = r->name_len, .is_array = is_array};
    return true;
}

// Names what comes next on this level.
static bool next_item(struct reader *r)
{
    struct level *l = &r->levels[r->depth - 1];
    struct slice key;
    if (l->is_array)
        return name_item(r, l);
    if (!take(r, '"'))
        return fail(r, "json-syntax");
    return take_string(r, &key) && name_member(r, l, key) &&
           (take(r, ':') || fail(r, "json-syntax"));
}

// Closes levels as long as they end, up to the next item of one. False at the end of all, or with
// an error.
static bool go_on(struct reader *r)
{
    while (r->depth > 0) {
        const struct level *l = &r->levels[r->depth - 1];
        if (take(r, ','))
            return next_item(r);
        if (!take(r, l->is_array ? ']' : '}'))
            return fail(r, "json-syntax");
        r->name_len = l->name_len;
        r->depth--;
    }
    return false;
}

// A value that begins here. True when its first item has been named and comes next.
static bool take_value(struct reader *r)
{
    skip_blanks(r);
    if (r->at == r->end)
        return fail(r, "json-syntax");
    bool is_array = *r->at == '[';
    if (!is_array && *r->at != '{')
        return take_scalar(r) && go_on(r);
    if (!push(r, is_array))
        return false;
    if (!take(r, is_array ? ']' : '}'))
        return next_item(r);
    r->depth--;
    return add(r, (struct slice){0}) && go_on(r);
}

const char *http_json_parse(struct slice text, size_t max, struct arena *arena,
                            struct http_params *out)
{
    struct reader r = {
        .at = text.ptr, .end = text.ptr + text.len, .arena = arena, .out = out, .max = max};
    *out = (struct http_params){0};
    if (text.len == 0)
        return NULL;
    skip_blanks(&r);
    if (r.at == r.end)
        return NULL;
    while (take_value(&r))
        ;
    if (r.error)
        return r.error;
    skip_blanks(&r);
    return r.at == r.end ? NULL : "json-syntax";
}

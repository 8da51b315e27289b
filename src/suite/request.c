// SPDX-License-Identifier: Apache-2.0
// What test runners of the core rule set do with an input, so that the same file means the same
// request here.
#include "suite/request.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/num.h"

enum { BODY_MAX = 4 * 1024 * 1024, HEADERS_MAX = 200 };

struct header {
    struct slice name, value;
};

struct request {
    const struct suite_yaml *input;
    struct header headers[HEADERS_MAX];
    size_t header_count;
    bool fills_in, is_old;
    struct buf body;
};

static bool fail(char *why, const char *reason)
{
    (void)snprintf(why, SUITE_WHY_MAX, "%s", reason);
    return false;
}

static bool is_true(struct slice text)
{
    return ascii_eq_nocase(text, SLICE("true")) || ascii_eq_nocase(text, SLICE("yes")) ||
           ascii_eq_nocase(text, SLICE("on")) || slice_eq(text, SLICE("1"));
}

static const struct header *find(const struct request *r, const char *name)
{
    for (size_t i = 0; i < r->header_count; i++) {
        if (ascii_eq_nocase(r->headers[i].name, slice_str(name)))
            return &r->headers[i];
    }
    return NULL;
}

static bool add_header(struct request *r, struct slice name, struct slice value)
{
    if (r->header_count == HEADERS_MAX)
        return false;
    r->headers[r->header_count++] = (struct header){name, value};
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct header *x = a, *y = b;
    size_t shorter = x->name.len < y->name.len ? x->name.len : y->name.len;
    int order = shorter ? memcmp(x->name.ptr, y->name.ptr, shorter) : 0;
    return order ? order : (x->name.len > y->name.len) - (x->name.len < y->name.len);
}

// A map, which has no order, comes sorted; "ordered_headers" as it stands.
static bool read_headers(struct request *r)
{
    const struct suite_yaml *ordered = suite_yaml_get(r->input, "ordered_headers");
    bool ok = true;
    if (ordered) {
        SUITE_YAML_EACH (item, ordered)
            ok &= add_header(r, suite_yaml_text(item, "name"), suite_yaml_text(item, "value"));
        return ok;
    }
    SUITE_YAML_EACH (item, suite_yaml_get(r->input, "headers"))
        ok &= add_header(r, item->key, item->text);
    qsort(r->headers, r->header_count, sizeof *r->headers, by_name);
    return ok;
}

// {{ "text" | repeat 3 }}: the one template that the tests use. The octets it takes; 0 for none.
static size_t repeat(struct slice text, struct buf *out)
{
    struct slice rest = slice_from(text, 2);
    uint64_t times;
    size_t digits = 0, len;
    while (rest.len > 0 && rest.ptr[0] == ' ')
        rest = slice_from(rest, 1);
    if (rest.len == 0 || rest.ptr[0] != '"')
        return 0;
    len = slice_index(slice_from(rest, 1), '"');
    struct slice word = slice_first(slice_from(rest, 1), len);
    rest = slice_from(rest, len + 2);
    size_t at = slice_find(rest, SLICE("repeat ")), end = slice_find(rest, SLICE("}}"));
    if (at > end || end == rest.len)
        return 0;
    struct slice number = slice_from(slice_first(rest, end), at + 7);
    while (digits < number.len && ascii_is_digit(number.ptr[digits]))
        digits++;
    if (!num_decimal(slice_first(number, digits), BODY_MAX, &times))
        return 0;
    for (uint64_t i = 0; i < times && !out->failed; i++)
        buf_slice(out, word);
    return text.len - rest.len + end + 2;
}

static void put_data(struct request *r, struct slice text)
{
    while (text.len > 0) {
        size_t at = slice_find(text, SLICE("{{"));
        buf_slice(&r->body, slice_first(text, at));
        text = slice_from(text, at);
        size_t taken = text.len > 0 ? repeat(text, &r->body) : 0;
        if (text.len > 0 && taken == 0)
            buf_slice(&r->body, slice_first(text, 2));
        text = slice_from(text, taken ? taken : 2);
    }
}

static bool decode(struct slice text, struct buf *out)
{
    char *room = buf_reserve(out, text.len + 1);
    size_t len;
    if (!room || !base64_decode(text, room, text.len, &len))
        return false;
    buf_commit(out, len);
    return true;
}

static bool read_data(struct request *r)
{
    const struct suite_yaml *data = suite_yaml_get(r->input, "data");
    if (!data)
        return decode(suite_yaml_text(r->input, "encoded_data"), &r->body);
    if (data->kind == SUITE_TEXT)
        put_data(r, data->text);
    SUITE_YAML_EACH (line, data->kind == SUITE_LIST ? data : NULL) {
        if (line != data->first)
            buf_str(&r->body, "\r\n");
        put_data(r, line->text);
    }
    return !r->body.failed;
}

static bool is_unreserved(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_' || c == '.' || c == '~';
}

// Form data in which nothing is escaped yet.
static bool escape_form(struct request *r)
{
    struct buf out;
    struct slice data = buf_view(&r->body);
    bool after_equals = false;
    if (slice_index(data, '%') < data.len || slice_index(data, '+') < data.len)
        return true;
    buf_new(&out, BODY_MAX);
    for (size_t i = 0; i < data.len; i++) {
        char c = data.ptr[i];
        bool is_mark = c == '&' || (c == '=' && !after_equals);
        after_equals = c == '&' ? false : after_equals || c == '=';
        if (is_mark || is_unreserved(c))
            buf_char(&out, c);
        else if (c == ' ')
            buf_char(&out, '+');
        else
            buf_printf(&out, "%%%02X", (unsigned)(unsigned char)c);
    }
    buf_free(&r->body);
    r->body = out;
    return !out.failed;
}

// Every line end of a multipart body is CR LF.
static bool normalize_lines(struct request *r)
{
    struct buf out;
    struct slice data = buf_view(&r->body);
    buf_new(&out, BODY_MAX);
    for (size_t i = 0; i < data.len; i++) {
        bool is_crlf = data.ptr[i] == '\r' && i + 1 < data.len && data.ptr[i + 1] == '\n';
        if (r->is_old && is_crlf)
            continue;
        if (data.ptr[i] == '\n')
            buf_char(&out, '\r');
        buf_char(&out, data.ptr[i]);
    }
    buf_free(&r->body);
    r->body = out;
    return !out.failed;
}

static bool finish_body(struct request *r)
{
    const struct header *type = find(r, "content-type");
    if (r->fills_in && r->body.len > 0) {
        if (!type &&
            !add_header(r, SLICE("Content-Type"), SLICE("application/x-www-form-urlencoded")))
            return false;
        type = find(r, "content-type");
        if (ascii_eq_nocase(type->value, SLICE("application/x-www-form-urlencoded")) &&
            !escape_form(r))
            return false;
    }
    return !type || !ascii_begins_nocase(type->value, SLICE("multipart/form-data;")) ||
           normalize_lines(r);
}

static bool has_body_method(struct slice method)
{
    return slice_begins(method, SLICE("POST")) || slice_find(method, SLICE("PUT")) < method.len ||
           slice_find(method, SLICE("PATCH")) < method.len || slice_ends(method, SLICE("DELETE"));
}

static struct slice word(const struct request *r, const char *key, const char *fallback)
{
    return suite_yaml_get(r->input, key) ? suite_yaml_text(r->input, key) : slice_str(fallback);
}

static void write(struct request *r, struct buf *out)
{
    struct slice method = word(r, "method", "GET");
    buf_slice(out, method);
    buf_char(out, ' ');
    buf_slice(out, word(r, "uri", "/"));
    buf_char(out, ' ');
    buf_slice(out, word(r, "version", "HTTP/1.1"));
    buf_str(out, "\r\n");
    for (size_t i = 0; i < r->header_count; i++) {
        buf_slice(out, r->headers[i].name);
        buf_str(out, ": ");
        buf_slice(out, r->headers[i].value);
        buf_str(out, "\r\n");
    }
    if (r->fills_in && !find(r, "connection"))
        buf_str(out, "Connection: close\r\n");
    if (r->fills_in && !find(r, "content-length") &&
        (r->body.len > 0 || (!r->is_old && has_body_method(method))))
        buf_printf(out, "Content-Length: %zu\r\n", r->body.len);
    buf_str(out, "\r\n");
    buf_slice(out, buf_view(&r->body));
}

static bool fills_in(const struct suite_yaml *input)
{
    if (suite_yaml_get(input, "autocomplete_headers"))
        return is_true(suite_yaml_text(input, "autocomplete_headers"));
    return !is_true(suite_yaml_text(input, "stop_magic"));
}

bool suite_request_write(const struct suite_yaml *input, bool is_old, struct buf *out, char *why)
{
    struct slice encoded = suite_yaml_text(input, "encoded_request");
    if (encoded.len > 0)
        return decode(encoded, out) || fail(why, "encoded_request is no base64");
    if (suite_yaml_get(input, "raw_request")) {
        buf_slice(out, suite_yaml_text(input, "raw_request"));
        return !out->failed;
    }
    struct request *r = calloc(1, sizeof *r);
    if (!r)
        return fail(why, "out of memory");
    r->input = input;
    r->is_old = is_old;
    r->fills_in = fills_in(input);
    buf_new(&r->body, BODY_MAX);
    bool ok = read_headers(r) && read_data(r) && finish_body(r);
    if (ok)
        write(r, out);
    buf_free(&r->body);
    free(r);
    return (ok && !out->failed) || fail(why, "the request is too large, or its data no base64");
}

// SPDX-License-Identifier: Apache-2.0
// Which fields a query has depends on who reads it: some servers split at ';' too, decode names,
// know user[password] and user.password. A secret must not slip through because ours reads it
// differently from the backend, so every doubt is decided for hiding: a field may begin after any
// of "?&;", its hidden value ends only at '&', and a name counts as listed when one of its parts
// between dots, brackets and blanks does. Not handled: secrets in values that are themselves
// encoded URLs, and secrets in path segments.
#include "audit/redact.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/num.h"

enum { NAME_MAX_LEN = 128 }; // longer names in a query are compared by their beginning only

struct audit_redaction {
    size_t count;
    uint64_t lengths; // bit n: a name of n (or, at 63, more) octets is listed
    struct slice names[];
};

static uint64_t length_bit(size_t len)
{
    return (uint64_t)1 << (len < 63 ? len : 63);
}

struct audit_redaction *audit_redaction_new(const struct slice *names, size_t count)
{
    size_t bytes = sizeof(struct audit_redaction), slices;
    if (!num_mul(count, sizeof(names[0]), &slices) || !num_add(bytes, slices, &bytes))
        return NULL;
    size_t text_at = bytes;
    for (size_t i = 0; i < count; i++) {
        if (!num_add(bytes, names[i].len, &bytes))
            return NULL;
    }
    struct audit_redaction *r = calloc(1, bytes);
    if (!r)
        return NULL;
    char *text = (char *)r + text_at;
    for (size_t i = 0; i < count; i++) {
        ascii_lower_copy(text, names[i]);
        r->names[i] = slice_of(text, names[i].len);
        r->lengths |= length_bit(names[i].len);
        text += names[i].len;
    }
    r->count = count;
    return r;
}

void audit_redaction_free(struct audit_redaction **r)
{
    free(*r);
    *r = NULL;
}

static bool is_listed(const struct audit_redaction *r, struct slice name)
{
    if (!(r->lengths & length_bit(name.len)))
        return false;
    for (size_t i = 0; i < r->count; i++) {
        if (ascii_eq_nocase(r->names[i], name))
            return true;
    }
    return false;
}

static bool parts_name(char c)
{
    return c == '.' || c == '[' || c == ']' || c == ' ' || c == '+' || c == '\t';
}

bool audit_redaction_has(const struct audit_redaction *r, struct slice name)
{
    if (!r || r->count == 0)
        return false;
    if (is_listed(r, name))
        return true;
    size_t begin = 0;
    for (size_t i = 0; i <= name.len; i++) {
        if (i < name.len && !parts_name(name.ptr[i]))
            continue;
        if (i > begin && i - begin < name.len &&
            is_listed(r, slice_of(name.ptr + begin, i - begin)))
            return true;
        begin = i + 1;
    }
    return false;
}

// The same for a name that is still percent-encoded.
static bool has_encoded(const struct audit_redaction *r, struct slice name)
{
    if (slice_index(name, '%') == name.len)
        return audit_redaction_has(r, name);
    char decoded[NAME_MAX_LEN];
    size_t len = 0;
    for (size_t i = 0; i < name.len && len < sizeof(decoded); i++) {
        char c = name.ptr[i];
        if (c == '%' && name.len - i > 2 && ascii_hex(name.ptr[i + 1]) >= 0 &&
            ascii_hex(name.ptr[i + 2]) >= 0) {
            c = (char)(ascii_hex(name.ptr[i + 1]) * 16 + ascii_hex(name.ptr[i + 2]));
            i += 2;
        }
        decoded[len++] = c;
    }
    return audit_redaction_has(r, slice_of(decoded, len));
}

bool redact_hides_header(const struct audit_redaction *r, struct slice name)
{
    static const struct slice secret[] = {
        SLICE_INIT("authorization"),
        SLICE_INIT("cookie"),
        SLICE_INIT("proxy-authorization"),
        SLICE_INIT("set-cookie"),
    };
    for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
        if (ascii_eq_nocase(secret[i], name))
            return true;
    }
    return audit_redaction_has(r, name);
}

// A piece of the whole query or body may be the middle of a secret, with the name that would tell
// outside the piece.
static bool hides_whole(const struct audit_redaction *r, struct slice target, struct slice query)
{
    if (!r || r->count == 0)
        return false;
    if (ascii_eq_nocase(target, SLICE("body")) || ascii_eq_nocase(target, SLICE("headers.referer")))
        return true;
    if (!ascii_eq_nocase(target, SLICE("query")) && !ascii_eq_nocase(target, SLICE("target")) &&
        !ascii_eq_nocase(target, SLICE("request_line")))
        return false;
    size_t begin = 0;
    for (size_t i = 0; i <= query.len; i++) {
        if (i < query.len && query.ptr[i] != '&' && query.ptr[i] != ';' && query.ptr[i] != '?')
            continue;
        struct slice field = slice_of(query.ptr + begin, i - begin);
        if (field.len && has_encoded(r, slice_first(field, slice_index(field, '='))))
            return true;
        begin = i + 1;
    }
    return false;
}

bool redact_hides_target(const struct audit_redaction *r, struct slice target, struct slice query)
{
    size_t dot = slice_index(target, '.');
    struct slice kind = slice_first(target, dot);
    struct slice name = slice_from(target, dot + 1);
    if (ascii_eq_nocase(kind, SLICE("response"))) {
        dot = slice_index(name, '.');
        kind = slice_first(name, dot);
        name = slice_from(name, dot + 1);
    }
    if (ascii_eq_nocase(kind, SLICE("cookies")))
        return true;
    if (ascii_eq_nocase(kind, SLICE("headers")) && redact_hides_header(r, name))
        return true;
    return (name.len && has_encoded(r, name)) || hides_whole(r, target, query);
}

bool redact_may_change(const struct audit_redaction *r, enum redact_text kind, struct slice text)
{
    if (kind == REDACT_TARGET && text.len && text.ptr[0] != '/' &&
        slice_index(text, '@') < text.len)
        return true;
    return r && r->count && slice_index(text, '=') < text.len;
}

// As much of `s` as fits: a cut copy is noticed by its length.
static void append_cut(struct buf *out, struct slice s)
{
    buf_slice(out, slice_first(s, out->max - out->len));
}

// Length of the userinfo with its '@' in "http://user:secret@host/" or "user:secret@host", *at
// being where it begins; 0 without.
static size_t find_userinfo(struct slice text, size_t *at)
{
    size_t scheme = slice_find(text, SLICE("://"));
    *at = scheme < text.len ? scheme + 3 : 0;
    size_t end = 0;
    for (size_t i = *at; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '/' || c == '?' || c == '#')
            break;
        if (c == '@')
            end = i + 1;
    }
    return end ? end - *at : 0;
}

static void redact_fields(const struct audit_redaction *r, struct slice text, struct buf *out)
{
    size_t copied = 0, begin = 0; // of the field
    bool in_name = true;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '&' || c == ';' || c == '?') {
            begin = i + 1;
            in_name = true;
            continue;
        }
        if (c != '=' || !in_name)
            continue;
        in_name = false;
        if (!has_encoded(r, slice_of(text.ptr + begin, i - begin)))
            continue;
        append_cut(out, slice_of(text.ptr + copied, i + 1 - copied));
        append_cut(out, SLICE(REDACT_MARK));
        i += slice_index(slice_from(text, i), '&');
        copied = i;
        begin = i + 1;
        in_name = true;
    }
    append_cut(out, slice_from(text, copied));
}

void redact_url(const struct audit_redaction *r, enum redact_text kind, struct slice text,
                struct buf *out)
{
    size_t at = 0;
    size_t userinfo = kind == REDACT_TARGET ? find_userinfo(text, &at) : 0;
    if (userinfo) {
        append_cut(out, slice_first(text, at));
        append_cut(out, SLICE(REDACT_MARK "@"));
        text = slice_from(text, at + userinfo);
    }
    if (r && r->count)
        redact_fields(r, text, out);
    else
        append_cut(out, text);
}

// SPDX-License-Identifier: Apache-2.0
// Every audit record passes through here, and nearly all of its bytes need no escape. So a table
// marks those that stand for themselves, and what lies between two others is copied in one piece.
// Bytes from 80 up are looked at as UTF-8 sequences.
#include "base/json_write.h"

#include "base/ascii.h"
#include "base/utf8.h"

// One bit per byte below 80 that is written as it is: printable ASCII but for the quote and the
// backslash.
static const uint64_t plain_bits[2] = {
    0xfffffffb00000000u, // 20-3f without "
    0x7fffffffefffffffu, // 40-7e without the backslash
};

static inline bool is_plain(unsigned char c)
{
    return c < 0x80 && (plain_bits[c >> 6] >> (c & 63) & 1);
}

#define EACH_BYTE(value) (0x0101010101010101u * (uint64_t)(value))

// Nonzero when one of the eight bytes in `x` is zero.
static inline uint64_t has_zero(uint64_t x)
{
    return (x - EACH_BYTE(1)) & ~x & EACH_BYTE(0x80);
}

// How many bytes from `at` on are plain, as far as whole groups of eight tell.
static inline size_t count_plain(struct slice s, size_t at)
{
    size_t begin = at;
    for (; s.len - at >= 8; at += 8) {
        uint64_t x;
        memcpy(&x, s.ptr + at, sizeof(x));
        uint64_t special = (x & EACH_BYTE(0x80)) | ((x - EACH_BYTE(0x20)) & ~x & EACH_BYTE(0x80)) |
                           has_zero(x ^ EACH_BYTE('"')) | has_zero(x ^ EACH_BYTE('\\')) |
                           has_zero(x ^ EACH_BYTE(0x7f));
        if (special)
            break;
    }
    return at - begin;
}

void json_write_init(struct json_writer *w, struct buf *out)
{
    *w = (struct json_writer){.out = out};
}

// The comma that an earlier value beside this one calls for; afterwards the next one needs it too.
static void begin_value(struct json_writer *w)
{
    if (w->needs_comma)
        buf_char(w->out, ',');
    w->needs_comma = true;
}

static void open_container(struct json_writer *w, char bracket)
{
    begin_value(w);
    buf_char(w->out, bracket);
    w->needs_comma = false;
}

static void close_container(struct json_writer *w, char bracket)
{
    buf_char(w->out, bracket);
    w->needs_comma = true;
}

void json_write_object(struct json_writer *w)
{
    open_container(w, '{');
}

void json_write_end_object(struct json_writer *w)
{
    close_container(w, '}');
}

void json_write_array(struct json_writer *w)
{
    open_container(w, '[');
}

void json_write_end_array(struct json_writer *w)
{
    close_container(w, ']');
}

void json_write_key(struct json_writer *w, const char *key)
{
    struct slice text = slice_str(key);
    char *at = buf_reserve(w->out, text.len + 4);
    if (at) {
        char *end = at;
        if (w->needs_comma)
            *end++ = ',';
        *end++ = '"';
        if (text.len)
            memcpy(end, text.ptr, text.len);
        end += text.len;
        *end++ = '"';
        *end++ = ':';
        buf_commit(w->out, (size_t)(end - at));
    }
    w->needs_comma = false;
}

// `\xHH` in the text; in JSON its backslash is doubled.
static void put_byte_mark(struct buf *out, unsigned char byte)
{
    static const char digits[] = "0123456789ABCDEF";
    const char mark[5] = {'\\', '\\', 'x', digits[byte >> 4], digits[byte & 15]};
    buf_append(out, mark, sizeof(mark));
}

static void put_unicode(struct buf *out, unsigned code)
{
    static const char digits[] = "0123456789abcdef";
    const char text[6] = {'\\',
                          'u',
                          digits[code >> 12 & 15],
                          digits[code >> 8 & 15],
                          digits[code >> 4 & 15],
                          digits[code & 15]};
    buf_append(out, text, sizeof(text));
}

static bool looks_like_byte_mark(struct slice s)
{
    return s.len >= 4 && s.ptr[1] == 'x' && ascii_hex(s.ptr[2]) >= 0 && ascii_hex(s.ptr[3]) >= 0;
}

// Writes the ASCII byte at the start of `s`, which is not plain.
static void put_special(struct buf *out, struct slice s)
{
    char c = s.ptr[0];
    static const char letters[] = "btn?fr"; // 08-0d; 0b has none
    if (c == '\\' && looks_like_byte_mark(s)) {
        put_byte_mark(out, '\\');
    } else if (c == '\\' || c == '"') {
        buf_append(out, (char[2]){'\\', c}, 2);
    } else if (c >= '\b' && c <= '\r' && c != '\v') {
        buf_append(out, (char[2]){'\\', letters[c - '\b']}, 2);
    } else {
        put_unicode(out, (unsigned char)c);
    }
}

// Whether `s` begins with U+2028 or U+2029, which end a line for some readers.
static bool is_line_separator(struct slice s)
{
    return s.len >= 3 && memcmp(s.ptr, "\xe2\x80", 2) == 0 && (s.ptr[2] & ~1) == (char)0xa8;
}

static void put_text(struct buf *out, struct slice s)
{
    size_t at = count_plain(s, 0), copied = 0; // [copied, at) is plain and not written yet
    while (at < s.len) {
        unsigned char c = (unsigned char)s.ptr[at];
        if (is_plain(c)) {
            at++;
            continue;
        }
        struct slice rest = slice_from(s, at);
        size_t length = utf8_sequence(rest);
        if (length > 1 && !is_line_separator(rest)) {
            at += length;
            continue;
        }
        buf_append(out, s.ptr + copied, at - copied);
        if (length == 0)
            put_byte_mark(out, c);
        else if (length == 1)
            put_special(out, rest);
        else
            put_unicode(out, rest.ptr[2] == (char)0xa8 ? 0x2028 : 0x2029);
        at += length ? length : 1;
        copied = at;
        at += count_plain(s, at);
    }
    if (copied < s.len)
        buf_append(out, s.ptr + copied, s.len - copied);
}

void json_write_slice(struct json_writer *w, struct slice value)
{
    begin_value(w);
    buf_char(w->out, '"');
    put_text(w->out, value);
    buf_char(w->out, '"');
}

// Where to cut so that no valid sequence is split: at `max` or up to three bytes before.
static size_t cut_before(struct slice value, size_t max)
{
    for (size_t back = 1; back <= 3 && back <= max; back++) {
        if (utf8_sequence(slice_from(value, max - back)) > back)
            return max - back;
    }
    return max;
}

void json_write_shortened(struct json_writer *w, struct slice value, size_t max)
{
    if (value.len <= max) {
        json_write_slice(w, value);
        return;
    }
    begin_value(w);
    buf_char(w->out, '"');
    put_text(w->out, slice_first(value, cut_before(value, max)));
    buf_append(w->out, "...\"", 4);
}

void json_write_u64(struct json_writer *w, uint64_t value)
{
    begin_value(w);
    buf_decimal(w->out, value);
}

void json_write_i64(struct json_writer *w, int64_t value)
{
    begin_value(w);
    if (value < 0)
        buf_char(w->out, '-');
    // Negating as unsigned is defined for the smallest value too.
    buf_decimal(w->out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void json_write_bool(struct json_writer *w, bool value)
{
    begin_value(w);
    buf_str(w->out, value ? "true" : "false");
}

void json_write_null(struct json_writer *w)
{
    begin_value(w);
    buf_str(w->out, "null");
}

void json_write_key_slice(struct json_writer *w, const char *key, struct slice value)
{
    json_write_key(w, key);
    json_write_slice(w, value);
}

void json_write_key_str(struct json_writer *w, const char *key, const char *value)
{
    json_write_key_slice(w, key, slice_str(value));
}

void json_write_key_u64(struct json_writer *w, const char *key, uint64_t value)
{
    json_write_key(w, key);
    json_write_u64(w, value);
}

void json_write_key_bool(struct json_writer *w, const char *key, bool value)
{
    json_write_key(w, key);
    json_write_bool(w, value);
}

// SPDX-License-Identifier: Apache-2.0
// Line ends are put off until something follows, so that what was taken back leaves no trace.
#include "seclang/out.h"

#include "base/utf8.h"

enum { INDENT = 2 };

static void begin_line(struct seclang_out *o)
{
    buf_char(o->buf, '\n');
    for (unsigned i = 0; i < o->depth * INDENT; i++)
        buf_char(o->buf, ' ');
    o->begins_line = false;
}

static void comma(struct seclang_out *o)
{
    if (o->needs_comma)
        buf_str(o->buf, o->begins_line ? "," : ", ");
    if (o->begins_line)
        begin_line(o);
    o->needs_comma = true;
}

void seclang_out_open(struct seclang_out *o, char bracket)
{
    comma(o);
    buf_char(o->buf, bracket);
    o->needs_comma = false;
}

void seclang_out_close(struct seclang_out *o, char bracket)
{
    buf_char(o->buf, bracket);
    o->needs_comma = true;
    o->begins_line = false;
}

void seclang_out_open_lines(struct seclang_out *o, char bracket)
{
    seclang_out_open(o, bracket);
    o->depth++;
}

void seclang_out_line(struct seclang_out *o)
{
    o->begins_line = true;
}

void seclang_out_close_lines(struct seclang_out *o, char bracket)
{
    o->depth--;
    begin_line(o);
    seclang_out_close(o, bracket);
}

void seclang_out_key(struct seclang_out *o, const char *key)
{
    comma(o);
    buf_printf(o->buf, "\"%s\": ", key);
    o->needs_comma = false;
}

static void put_octet(struct buf *b, char c)
{
    if (c == '"' || c == '\\') {
        buf_char(b, '\\');
        buf_char(b, c);
    } else if (c == '\n') {
        buf_str(b, "\\n");
    } else if (c == '\t') {
        buf_str(b, "\\t");
    } else if ((unsigned char)c < 0x20 || c == 0x7f) {
        buf_printf(b, "\\u%04x", (unsigned)(unsigned char)c);
    } else {
        buf_char(b, c);
    }
}

static void put_text(struct seclang_out *o, struct slice text)
{
    comma(o);
    buf_char(o->buf, '"');
    for (size_t i = 0; i < text.len;) {
        size_t len = utf8_sequence(slice_from(text, i));
        if (len == 1)
            put_octet(o->buf, text.ptr[i]);
        else if (len > 1)
            buf_append(o->buf, text.ptr + i, len);
        else
            buf_printf(o->buf, "\\\\x%02x", (unsigned)(unsigned char)text.ptr[i]);
        i += len ? len : 1;
    }
    buf_char(o->buf, '"');
}

bool seclang_out_text(struct seclang_out *o, struct slice text)
{
    for (size_t i = 0; i < text.len;) {
        size_t len = utf8_sequence(slice_from(text, i));
        if (len == 0)
            return false;
        i += len;
    }
    put_text(o, text);
    return true;
}

void seclang_out_pattern(struct seclang_out *o, struct slice pattern)
{
    put_text(o, pattern);
}

void seclang_out_str(struct seclang_out *o, const char *text)
{
    put_text(o, slice_str(text));
}

void seclang_out_raw(struct seclang_out *o, const char *json)
{
    comma(o);
    buf_str(o->buf, json);
}

void seclang_out_number(struct seclang_out *o, long long number)
{
    comma(o);
    buf_printf(o->buf, "%lld", number);
}

void seclang_out_true(struct seclang_out *o)
{
    comma(o);
    buf_str(o->buf, "true");
}

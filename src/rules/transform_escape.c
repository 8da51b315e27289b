// SPDX-License-Identifier: Apache-2.0
// Escapes behind a backslash, as JavaScript, CSS and C have them, and character references of HTML.
#include "base/utf8.h"
#include "rules/entity.h"
#include "rules/transform_internal.h"

// The loop that all backslash escapes share. `decode` gets what begins with a backslash, writes at
// most one octet (*written tells) and answers how many it used: at least 1.
static struct slice unescape(struct slice in, char *out,
                             size_t (*decode)(struct slice in, char *out, size_t *written))
{
    size_t i = slice_index(in, '\\');
    if (i == in.len)
        return in;
    memcpy(out, in.ptr, i);
    size_t len = i;
    bool changed = false;
    while (i < in.len) {
        size_t used = 1, written = 1;
        if (in.ptr[i] == '\\')
            used = decode(slice_from(in, i), out + len, &written);
        else
            out[len] = in.ptr[i];
        changed |= used != written;
        i += used;
        len += written;
    }
    return changed ? slice_of(out, len) : in;
}

// Length of the octal number at `at`, at most three digits.
static size_t read_octal(struct slice in, size_t at, unsigned *value)
{
    size_t i = at;
    for (*value = 0; i < in.len && i < at + 3 && in.ptr[i] >= '0' && in.ptr[i] <= '7'; i++)
        *value = *value * 8 + (unsigned)(in.ptr[i] - '0');
    return i - at;
}

// What a letter behind a backslash stands for, or the character itself.
static char control_of(char c)
{
    switch (c) {
    case 'a':
        return '\a';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'v':
        return '\v';
    default:
        return c;
    }
}

static size_t decode_js(struct slice in, char *out, size_t *written)
{
    unsigned octal;
    *written = 1;
    if (in.len == 1) {
        *out = '\\';
        return 1;
    }
    if (in.ptr[1] == 'u' && transform_has_hex(in, 2, 4)) {
        *out = transform_narrow(transform_hex(in, 2, 4));
        return 6;
    }
    if (in.ptr[1] == 'x' && transform_has_hex(in, 2, 2)) {
        *out = (char)transform_hex(in, 2, 2);
        return 4;
    }
    size_t digits = read_octal(in, 1, &octal);
    if (digits > 0) { // one octet at most: \777 is \77 and a 7
        bool is_short = octal > 255;
        *out = (char)(is_short ? octal / 8 : octal);
        return 1 + digits - is_short;
    }
    *out = control_of(in.ptr[1]);
    return 2;
}

struct slice transform_js_decode(struct slice in, char *out)
{
    return unescape(in, out, decode_js);
}

// One to six digits, of which the last two count; then one blank belongs to the escape. Full-width
// forms are folded only where the digits say a code point of four: zeros in front of it.
static size_t decode_css_hex(struct slice in, size_t digits, char *out)
{
    uint32_t code = transform_hex(in, 1, digits);
    *out = digits >= 4 && code <= 0xffff ? transform_narrow(code) : (char)code;
    size_t used = 1 + digits;
    return used < in.len && transform_is_space(in.ptr[used]) ? used + 1 : used;
}

static size_t decode_css(struct slice in, char *out, size_t *written)
{
    size_t digits = 0;
    while (digits < 6 && transform_has_hex(in, 1 + digits, 1))
        digits++;
    if (digits > 0) {
        *written = 1;
        return decode_css_hex(in, digits, out);
    }
    // A line may be continued, and a text may end in mid-escape.
    *written = in.len > 1 && in.ptr[1] != '\n';
    if (*written)
        *out = in.ptr[1];
    return in.len > 1 ? 2 : 1;
}

struct slice transform_css_decode(struct slice in, char *out)
{
    return unescape(in, out, decode_css);
}

static size_t decode_c(struct slice in, char *out, size_t *written)
{
    unsigned octal;
    *written = 1;
    if (in.len == 1) {
        *out = '\\';
        return 1;
    }
    if (in.ptr[1] == 'x' && transform_has_hex(in, 2, 2)) {
        *out = (char)transform_hex(in, 2, 2);
        return 4;
    }
    size_t digits = read_octal(in, 1, &octal);
    if (digits > 0) {
        *out = (char)octal;
        return 1 + digits;
    }
    *out = control_of(in.ptr[1]);
    return 2;
}

struct slice transform_escape_seq_decode(struct slice in, char *out)
{
    return unescape(in, out, decode_c);
}

// A reference to one of the first 256 characters becomes that octet, as rules written for octets
// expect it; what is beyond becomes UTF-8.
struct slice transform_html_entity_decode(struct slice in, char *out)
{
    size_t i = slice_index(in, '&');
    if (i == in.len)
        return in;
    memcpy(out, in.ptr, i);
    size_t len = i;
    bool changed = false;
    while (i < in.len) {
        uint32_t code;
        size_t used = in.ptr[i] == '&' ? rules_entity(slice_from(in, i), &code) : 0, written = 0;
        if (used && code <= 0xff)
            out[len + written++] = (char)code;
        else if (used)
            written = utf8_encode(code, out + len);
        if (written == 0) {
            out[len++] = in.ptr[i++];
            continue;
        }
        changed = true;
        len += written;
        i += used;
    }
    return changed ? slice_of(out, len) : in;
}

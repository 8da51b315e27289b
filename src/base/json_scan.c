// SPDX-License-Identifier: Apache-2.0
// The library takes things RFC 8259 does not (01, control characters, \u with any letters, any
// control as a blank) and tells the place of an error only roughly. This walk over the text is the
// judge of syntax: a small state machine with the open brackets on a stack, so depth is bounded
// before anything recurses. It decodes nothing; the library does.
#include "base/json_scan.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/json_read.h"
#include "base/slice.h"
#include "base/utf8.h"

enum { NUMBER_MAX = 60 }; // the library reads no more than 63 characters of a number

// What may come next, blanks and comments aside.
enum expect {
    EXPECT_VALUE,          // at the start, after a colon
    EXPECT_ELEMENT,        // after a comma of an array
    EXPECT_VALUE_OR_CLOSE, // after [
    EXPECT_KEY,            // after a comma of an object
    EXPECT_KEY_OR_CLOSE,   // after {
    EXPECT_COLON,          // after a key
    EXPECT_COMMA_OR_CLOSE, // after a value inside brackets
    EXPECT_END,            // after the outermost value
};

struct scan {
    char *text; // a NUL stands behind the last byte
    size_t len;
    size_t at;
    size_t comma; // the comma seen last
    size_t depth;
    size_t open[JSON_DEPTH_MAX]; // where the brackets not closed yet stand
    enum expect expect;
    struct json_fault *fault;
};

PRINTF_LIKE(3, 4)
static bool refuse(struct scan *s, size_t offset, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    s->fault->offset = offset;
    (void)vsnprintf(s->fault->sentence, sizeof(s->fault->sentence), format, args);
    va_end(args);
    return false;
}

// How a sentence names the byte at `at`: out[24].
static const char *name_byte(const struct scan *s, size_t at, char *out)
{
    unsigned char c = (unsigned char)s->text[at];
    if (at == s->len)
        (void)snprintf(out, 24, "the end of the text");
    else if (c > ' ' && c < 0x7f)
        (void)snprintf(out, 24, "%c", c);
    else
        (void)snprintf(out, 24, "byte 0x%02x", c);
    return out;
}

// Blanks out the comment at s->at. Line ends stay, because places are counted by them.
static bool skip_comment(struct scan *s)
{
    size_t start = s->at;
    bool is_block = s->text[start + 1] == '*';
    if (!is_block && s->text[start + 1] != '/')
        return refuse(s, start, "a lone / is no JSON; comments begin with // or /*");
    const char *rest = s->text + start + 2;
    const char *stop = is_block ? strstr(rest, "*/") : strchr(rest, '\n');
    if (is_block && !stop)
        return refuse(s, start, "this comment is never closed with */");
    size_t end = is_block ? (size_t)(stop - s->text) + 2 : stop ? (size_t)(stop - s->text) : s->len;
    for (; s->at < end; s->at++) {
        if (s->text[s->at] != '\n')
            s->text[s->at] = ' ';
    }
    return true;
}

size_t json_skip_blanks(const char *text, size_t at)
{
    return at + strspn(text + at, " \t\r\n");
}

static bool skip_blanks(struct scan *s)
{
    for (;;) {
        s->at = json_skip_blanks(s->text, s->at);
        if (s->text[s->at] != '/')
            return true;
        if (!skip_comment(s))
            return false;
    }
}

// The code of the four digits after \u, or -1.
static int hex_code(const char *digits)
{
    int code = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = ascii_hex(digits[i]); // -1 for the NUL too, so nothing behind the end is read
        if (digit < 0)
            return -1;
        code = code * 16 + digit;
    }
    return code;
}

static bool is_high_surrogate(int code)
{
    return code >= 0xd800 && code <= 0xdbff;
}

static bool is_low_surrogate(int code)
{
    return code >= 0xdc00 && code <= 0xdfff;
}

// The escape whose backslash is at s->at.
static bool scan_escape(struct scan *s)
{
    const char *escape = s->text + s->at;
    if (escape[1] != 'u') {
        if (escape[1] == '\0' || !strchr("\"\\/bfnrt", escape[1]))
            return refuse(s, s->at, "no such escape in JSON; a backslash itself is written \\\\");
        s->at += 2;
        return true;
    }
    int code = hex_code(escape + 2);
    if (code < 0)
        return refuse(s, s->at, "\\u needs four hexadecimal digits");
    if (is_low_surrogate(code))
        return refuse(s, s->at, "\\u%.4s is the second half of a pair without its first",
                      escape + 2);
    if (!is_high_surrogate(code)) {
        s->at += 6;
        return true;
    }
    if (escape[6] != '\\' || escape[7] != 'u' || !is_low_surrogate(hex_code(escape + 8)))
        return refuse(s, s->at, "\\u%.4s is the first half of a pair without its second",
                      escape + 2);
    s->at += 12;
    return true;
}

static bool scan_string(struct scan *s)
{
    size_t start = s->at++;
    for (;;) {
        unsigned char c = (unsigned char)s->text[s->at];
        if (c == '"') {
            s->at++;
            return true;
        }
        if (s->at == s->len || c == '\n' || c == '\r')
            return refuse(s, start, "this string has no closing quote on its line");
        if (c < 0x20)
            return refuse(s, s->at, "byte 0x%02x must be written \\u%04x in a string", c, c);
        if (c != '\\')
            s->at++;
        else if (!scan_escape(s))
            return false;
    }
}

static size_t skip_digits(struct scan *s)
{
    size_t from = s->at;
    while (ascii_is_digit(s->text[s->at]))
        s->at++;
    return s->at - from;
}

// number = [ "-" ] int [ "." 1*DIGIT ] [ "e" [ "+" / "-" ] 1*DIGIT ] (RFC 8259, 6)
static bool scan_number(struct scan *s)
{
    size_t start = s->at;
    if (s->text[s->at] == '-')
        s->at++;
    bool leading_zero = s->text[s->at] == '0';
    size_t digits = skip_digits(s);
    if (leading_zero && digits > 1)
        return refuse(s, start, "a number must not begin with 0");
    bool ok = digits > 0;
    if (ok && s->text[s->at] == '.') {
        s->at++;
        ok = skip_digits(s) > 0;
    }
    if (ok && (s->text[s->at] == 'e' || s->text[s->at] == 'E')) {
        s->at++;
        if (s->text[s->at] == '+' || s->text[s->at] == '-')
            s->at++;
        ok = skip_digits(s) > 0;
    }
    if (ok && ascii_is_alpha(s->text[s->at]))
        return refuse(s, start, "a number with a unit must stand in quotes");
    if (ok && s->at - start > NUMBER_MAX)
        return refuse(s, start, "a number has at most %d characters here", NUMBER_MAX);
    return ok || refuse(s, start, "not a number as JSON writes it");
}

static bool scan_word(struct scan *s)
{
    static const struct slice words[] = {SLICE_INIT("true"), SLICE_INIT("false"),
                                         SLICE_INIT("null")};
    size_t end = s->at;
    while (ascii_is_alpha(s->text[end]) || ascii_is_digit(s->text[end]) || s->text[end] == '_')
        end++;
    struct slice word = slice_of(s->text + s->at, end - s->at);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (slice_eq(word, words[i])) {
            s->at = end;
            return true;
        }
        if (ascii_eq_nocase(word, words[i]))
            return refuse(s, s->at, "write %s in lower case", words[i].ptr);
    }
    return refuse(s, s->at, "%.*s must stand in double quotes", word.len < 40 ? (int)word.len : 40,
                  word.ptr);
}

static void after_value(struct scan *s)
{
    s->expect = s->depth ? EXPECT_COMMA_OR_CLOSE : EXPECT_END;
}

static bool open_bracket(struct scan *s)
{
    if (s->depth == JSON_DEPTH_MAX)
        return refuse(s, s->at, "more than %d brackets inside each other", JSON_DEPTH_MAX);
    s->open[s->depth++] = s->at;
    s->expect = s->text[s->at] == '{' ? EXPECT_KEY_OR_CLOSE : EXPECT_VALUE_OR_CLOSE;
    s->at++;
    return true;
}

static bool close_bracket(struct scan *s)
{
    char opened = s->text[s->open[s->depth - 1]];
    char needed = opened == '{' ? '}' : ']';
    if (s->text[s->at] != needed)
        return refuse(s, s->at, "found %c where %c must close the bracket", s->text[s->at], needed);
    s->depth--;
    s->at++;
    after_value(s);
    return true;
}

static bool refuse_end(struct scan *s)
{
    if (s->depth == 0)
        return refuse(s, s->at, "the text has no value");
    size_t line = 1;
    for (size_t i = 0; i < s->open[s->depth - 1]; i++)
        line += s->text[i] == '\n';
    return refuse(s, s->at, "the text ends, but the %c of line %zu is not closed",
                  s->text[s->open[s->depth - 1]], line);
}

static bool scan_value(struct scan *s)
{
    char found[24];
    char c = s->text[s->at];
    if (c == '{' || c == '[')
        return open_bracket(s);
    bool ok;
    if (c == '"')
        ok = scan_string(s);
    else if (c == '-' || ascii_is_digit(c))
        ok = scan_number(s);
    else if (ascii_is_alpha(c))
        ok = scan_word(s);
    else if (c == '\'')
        ok = refuse(s, s->at, "strings stand in double quotes");
    else
        ok = refuse(s, s->at, "expected a value, found %s", name_byte(s, s->at, found));
    if (ok)
        after_value(s);
    return ok;
}

static bool scan_key(struct scan *s)
{
    char found[24];
    char c = s->text[s->at];
    if (c == '"') {
        s->expect = EXPECT_COLON;
        return scan_string(s);
    }
    if (c == '\'' || c == '_' || ascii_is_alpha(c))
        return refuse(s, s->at, "a name must stand in double quotes");
    return refuse(s, s->at, "expected a name in double quotes, found %s",
                  name_byte(s, s->at, found));
}

static bool scan_separator(struct scan *s)
{
    char found[24];
    char c = s->text[s->at];
    if (c == ',') {
        s->comma = s->at++;
        s->expect = s->text[s->open[s->depth - 1]] == '{' ? EXPECT_KEY : EXPECT_ELEMENT;
        return true;
    }
    if (c == '"' || c == '{' || c == '[' || c == '-' || ascii_is_digit(c) || ascii_is_alpha(c))
        return refuse(s, s->at, "a comma is missing before this");
    return refuse(s, s->at, "expected a comma or a closing bracket, found %s",
                  name_byte(s, s->at, found));
}

static bool is_close(char c)
{
    return c == '}' || c == ']';
}

// Takes the next token, which begins at s->at and is not the end.
static bool scan_token(struct scan *s)
{
    char found[24];
    bool closes = is_close(s->text[s->at]) && s->depth > 0;
    switch (s->expect) {
    case EXPECT_KEY_OR_CLOSE:
    case EXPECT_VALUE_OR_CLOSE:
        if (closes)
            return close_bracket(s);
        return s->expect == EXPECT_KEY_OR_CLOSE ? scan_key(s) : scan_value(s);
    case EXPECT_KEY:
    case EXPECT_ELEMENT:
        if (closes)
            return refuse(s, s->comma, "the comma before %c is one too many", s->text[s->at]);
        return s->expect == EXPECT_KEY ? scan_key(s) : scan_value(s);
    case EXPECT_VALUE:
        return scan_value(s);
    case EXPECT_COLON:
        if (s->text[s->at] != ':')
            return refuse(s, s->at, "expected a colon after the name, found %s",
                          name_byte(s, s->at, found));
        s->at++;
        s->expect = EXPECT_VALUE;
        return true;
    case EXPECT_COMMA_OR_CLOSE:
        return closes ? close_bracket(s) : scan_separator(s);
    case EXPECT_END:
        break;
    }
    return refuse(s, s->at, "expected nothing behind the value, found %s",
                  name_byte(s, s->at, found));
}

// Also refuses NUL anywhere, so that below the NUL behind the text ends every search.
static bool check_octets(struct scan *s)
{
    struct slice text = slice_of(s->text, s->len);
    size_t at = slice_index(text, '\0');
    if (at < s->len)
        return refuse(s, at, "a NUL byte has no place in JSON");
    if (utf8_is_valid(text))
        return true;
    at = 0;
    for (size_t n; (n = utf8_sequence(slice_from(text, at))) > 0;)
        at += n;
    return refuse(s, at, "byte 0x%02x is not valid UTF-8", (unsigned char)s->text[at]);
}

bool json_scan(char *text, size_t len, struct json_fault *fault)
{
    struct scan s = {.text = text, .len = len, .fault = fault, .expect = EXPECT_VALUE};
    if (!check_octets(&s))
        return false;
    if (slice_begins(slice_of(text, len), SLICE("\xef\xbb\xbf")))
        memset(text, ' ', 3); // editors of one system put a byte order mark there (RFC 8259, 8.1)
    for (;;) {
        if (!skip_blanks(&s))
            return false;
        if (s.at == len)
            return s.expect == EXPECT_END || refuse_end(&s);
        if (!scan_token(&s))
            return false;
    }
}

size_t json_skip_string(const char *text, size_t at, size_t *decoded)
{
    *decoded = 0;
    for (at++; text[at] != '"';) {
        if (text[at] != '\\') {
            at++;
            *decoded += 1;
            continue;
        }
        if (text[at + 1] != 'u') {
            at += 2;
            *decoded += 1;
            continue;
        }
        int code = hex_code(text + at + 2);
        bool is_pair = is_high_surrogate(code);
        *decoded += is_pair ? 4 : code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
        at += is_pair ? 12 : 6;
    }
    return at + 1;
}

size_t json_skip_word(const char *text, size_t at)
{
    return at + strcspn(text + at, ",]} \t\r\n");
}

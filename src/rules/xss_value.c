// SPDX-License-Identifier: Apache-2.0
// Values are decoded octet by octet into a few octets of lower case; nothing is copied as a whole.
#include "rules/xss_value.h"

#include "base/ascii.h"
#include "base/attr.h"
#include "rules/entity.h"

struct reader {
    struct slice rest;
    bool is_style;
};

// The next character behind references; more than an octet counts as '?'. -1 at the end.
static int next_plain(struct reader *r)
{
    uint32_t code = 0;
    if (r->rest.len == 0)
        return -1;
    size_t used = r->rest.ptr[0] == '&' ? rules_entity(r->rest, &code) : 0;
    if (used == 0)
        code = (unsigned char)r->rest.ptr[0];
    r->rest = slice_from(r->rest, used ? used : 1);
    return code > 0xff ? '?' : (int)code;
}

static int peek_plain(const struct reader *r)
{
    struct reader ahead = *r;
    return next_plain(&ahead);
}

// Behind a backslash of CSS: up to six digits and a blank, or the character itself.
static int next_escaped(struct reader *r)
{
    int c = next_plain(r);
    uint32_t code = 0;
    if (c < 0 || ascii_hex((char)c) < 0)
        return c;
    for (size_t i = 0; c >= 0 && i < 6 && ascii_hex((char)c) >= 0; i++) {
        code = code * 16 + (uint32_t)ascii_hex((char)c);
        int ahead = peek_plain(r);
        if (i == 5 || ahead < 0 || ascii_hex((char)ahead) < 0)
            break;
        c = next_plain(r);
    }
    if (peek_plain(r) == ' ')
        (void)next_plain(r);
    return code > 0xff ? '?' : (int)code;
}

static void skip_style_comment(struct reader *r)
{
    size_t end = slice_find(r->rest, SLICE("*/"));
    r->rest = slice_from(r->rest, end + 2);
}

// Without blanks and control octets, which browsers pass over, in lower case.
static int next_char(struct reader *r)
{
    for (;;) {
        int c = next_plain(r);
        if (r->is_style && c == '/' && slice_begins(r->rest, SLICE("*"))) {
            skip_style_comment(r);
            continue;
        }
        if (r->is_style && c == '\\')
            c = next_escaped(r);
        if (c < 0)
            return -1;
        if (c > ' ')
            return (unsigned char)ascii_lower((char)c);
    }
}

// The scheme, up to a colon, into `out`; its length, or 0 when there is none that short.
static size_t read_scheme(struct reader *r, char *out, size_t room)
{
    size_t len = 0;
    for (;;) {
        int c = next_char(r);
        if (c == ':')
            return len;
        if (c < 0 || len == room || (!ascii_is_alpha((char)c) && c != '-'))
            return 0;
        out[len++] = (char)c;
    }
}

static bool is_script_scheme(struct slice scheme)
{
    static const struct slice schemes[] = {SLICE_INIT("javascript"), SLICE_INIT("vbscript"),
                                           SLICE_INIT("livescript"), SLICE_INIT("jscript"),
                                           SLICE_INIT("mocha"),      SLICE_INIT("vbs")};
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (slice_eq(scheme, schemes[i]))
            return true;
    }
    return false;
}

// Has the text one of the words?
static bool has_any(struct slice text, const struct slice *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_find(text, words[i]) < text.len)
            return true;
    }
    return false;
}

// Behind "data:": a type that a browser opens as a document, or runs.
static bool is_script_data(struct reader *r)
{
    static const struct slice types[] = {SLICE_INIT("html"), SLICE_INIT("xml"), SLICE_INIT("svg"),
                                         SLICE_INIT("script"), SLICE_INIT("xsl")};
    char type[64];
    size_t len = 0;
    for (int c = next_char(r); c >= 0 && c != ',' && c != ';' && len < sizeof type;
         c = next_char(r))
        type[len++] = (char)c;
    return has_any(slice_of(type, len), types, ARRAY_LEN(types));
}

enum { SCHEME_MAX = 16 };

bool xss_is_script_address(struct slice value)
{
    char scheme[SCHEME_MAX];
    struct reader r = {.rest = value};
    for (unsigned wrapped = 0; wrapped < 4; wrapped++) { // feed:javascript:
        size_t len = read_scheme(&r, scheme, sizeof scheme);
        struct slice s = slice_of(scheme, len);
        if (is_script_scheme(s))
            return true;
        if (slice_eq(s, SLICE("data")))
            return is_script_data(&r);
        if (!slice_eq(s, SLICE("feed")) && !slice_eq(s, SLICE("view-source")) &&
            !slice_eq(s, SLICE("jar")) && !slice_eq(s, SLICE("wyciwyg")))
            return false;
    }
    return false;
}

// What pages put into links that do nothing, and so into records of clicks.
static bool is_idle(struct slice code)
{
    return slice_begins(code, SLICE("void(0)")) || slice_begins(code, SLICE("void 0")) ||
           slice_begins(code, SLICE("history.")) || slice_eq(code, SLICE(";"));
}

bool xss_is_bare_script_address(struct slice value)
{
    char scheme[SCHEME_MAX];
    struct reader r = {.rest = value};
    size_t len = read_scheme(&r, scheme, sizeof scheme), blanks = 0;
    if (!is_script_scheme(slice_of(scheme, len)) || is_idle(r.rest))
        return false;
    for (size_t i = 0; i < r.rest.len && blanks < 2; i++) {
        if (r.rest.ptr[i] && strchr("(`=[%&\\", r.rest.ptr[i]))
            return true;
        blanks += r.rest.ptr[i] == ' ';
    }
    return false;
}

bool xss_is_script_style(struct slice value)
{
    static const struct slice words[] = {
        SLICE_INIT("expression("),  SLICE_INIT("javascript:"),  SLICE_INIT("vbscript:"),
        SLICE_INIT("behavior:url"), SLICE_INIT("-moz-binding"), SLICE_INIT("@import"),
    };
    enum { ROOM = 256, KEPT = 16 }; // no word is longer than what is kept
    char text[ROOM];
    struct reader r = {.rest = value, .is_style = true};
    size_t len = 0;
    for (;;) {
        int c = next_char(&r);
        if (c >= 0)
            text[len++] = (char)c;
        if (c >= 0 && len < ROOM)
            continue;
        if (has_any(slice_of(text, len), words, ARRAY_LEN(words)))
            return true;
        if (c < 0)
            return false;
        memmove(text, text + len - KEPT, KEPT);
        len = KEPT;
    }
}

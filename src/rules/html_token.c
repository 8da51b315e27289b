// SPDX-License-Identifier: Apache-2.0
// The tokenizer of the HTML standard as far as it matters: content that a browser would not look
// for tags in (scripts, text areas) is looked at like any other, and so is a comment that does not
// end, because what follows the value is not known.
#include "rules/html_token.h"

#include "base/ascii.h"

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct slice rest_of(const struct html_lexer *l)
{
    return slice_from(l->text, l->at);
}

static void skip_blanks(struct html_lexer *l, bool slashes_too)
{
    while (l->at < l->text.len &&
           (is_blank(l->text.ptr[l->at]) || (slashes_too && l->text.ptr[l->at] == '/')))
        l->at++;
}

// Up to a blank, '>', or one of the two octets.
static struct slice take_word(struct html_lexer *l, char stop, char other)
{
    size_t from = l->at;
    while (l->at < l->text.len) {
        char c = l->text.ptr[l->at];
        // What looks like the end may be a part of the name at its very beginning: "=x".
        if (is_blank(c) || c == '>' || ((c == stop || c == other) && l->at > from))
            break;
        l->at++;
    }
    return slice_of(l->text.ptr + from, l->at - from);
}

// `l` stands behind the opening quote.
static struct slice take_quoted(struct html_lexer *l, char quote)
{
    struct slice value = slice_first(rest_of(l), slice_index(rest_of(l), quote));
    l->at += value.len;
    l->at += l->at < l->text.len;
    return value;
}

static struct slice take_value(struct html_lexer *l)
{
    skip_blanks(l, false);
    char first = l->at < l->text.len ? l->text.ptr[l->at] : '\0';
    if (first == '"' || first == '\'') {
        l->at++;
        return take_quoted(l, first);
    }
    return take_word(l, '>', '>');
}

// True when there is an attribute; false when the tag ends.
static bool take_attribute(struct html_lexer *l, struct html_token *out)
{
    skip_blanks(l, true);
    if (l->at == l->text.len || l->text.ptr[l->at] == '>') {
        l->is_in_tag = false;
        l->at += l->at < l->text.len;
        return false;
    }
    *out = (struct html_token){.kind = HTML_ATTRIBUTE, .at = l->at};
    out->name = take_word(l, '=', '/');
    size_t behind = l->at;
    skip_blanks(l, false);
    if (l->at < l->text.len && l->text.ptr[l->at] == '=') {
        l->at++;
        out->has_value = true;
        out->value = take_value(l);
    } else {
        l->at = behind;
    }
    return true;
}

// `l` stands behind '<' or '</'.
static void take_tag(struct html_lexer *l, enum html_kind kind, size_t at, struct html_token *out)
{
    *out = (struct html_token){.kind = kind, .at = at, .name = take_word(l, '/', '/')};
    l->is_in_tag = true;
}

// Up to `end`; where there is none only the mark has been passed over, and *is_lacking is set.
static void take_until(struct html_lexer *l, struct slice end, bool *is_lacking,
                       enum html_kind kind, struct html_token *out)
{
    size_t len = *is_lacking ? rest_of(l).len : slice_find(rest_of(l), end);
    *is_lacking = len == rest_of(l).len;
    *out = (struct html_token){.kind = kind, .at = l->at, .value = slice_first(rest_of(l), len)};
    l->at += *is_lacking ? 0 : len + end.len;
}

static bool is_cdata(struct slice rest)
{
    return slice_begins(rest, SLICE("[CDATA["));
}

// `l` stands behind "<!". False when there is nothing to tell.
static bool take_declaration(struct html_lexer *l, struct html_token *out)
{
    struct slice rest = rest_of(l);
    if (is_cdata(rest)) { // text to some, tags to others
        l->at += sizeof "[CDATA[" - 1;
        return false;
    }
    if (!slice_begins(rest, SLICE("--"))) {
        take_until(l, SLICE(">"), &l->lacks_end, HTML_DECLARATION, out);
        return true;
    }
    l->at += 2;
    rest = rest_of(l);
    if (slice_begins(rest, SLICE(">")) || slice_begins(rest, SLICE("->"))) {
        l->at += rest.ptr[0] == '-' ? 2 : 1; // <!--> and <!---> end at once
        return false;
    }
    take_until(l, SLICE("-->"), &l->lacks_comment_end, HTML_COMMENT, out);
    return true;
}

// Finds the next '<' that begins something.
static bool take_markup(struct html_lexer *l, struct html_token *out)
{
    for (;;) {
        l->at += slice_index(rest_of(l), '<');
        if (l->at + 1 >= l->text.len) {
            l->at = l->text.len;
            return false;
        }
        size_t at = l->at;
        char c = l->text.ptr[at + 1];
        l->at++;
        if (ascii_is_alpha(c)) {
            take_tag(l, HTML_TAG, at, out);
            return true;
        }
        if (c == '/' && l->at + 1 < l->text.len && ascii_is_alpha(l->text.ptr[l->at + 1])) {
            l->at++;
            take_tag(l, HTML_END_TAG, at, out);
            return true;
        }
        if (c != '!' && c != '?')
            continue;
        l->at++;
        if (c == '?')
            take_until(l, SLICE(">"), &l->lacks_end, HTML_INSTRUCTION, out);
        else if (!take_declaration(l, out))
            continue;
        out->at = at;
        return true;
    }
}

void html_lexer_start(struct html_lexer *l, struct slice text, enum html_place place)
{
    static const char quotes[] = {
        [HTML_IN_SINGLE] = '\'', [HTML_IN_DOUBLE] = '"', [HTML_IN_BACK] = '`'};
    *l = (struct html_lexer){.text = text, .is_in_tag = place != HTML_IN_TEXT};
    if (place == HTML_IN_VALUE)
        (void)take_word(l, '>', '>');
    else if (place != HTML_IN_TEXT)
        (void)take_quoted(l, quotes[place]);
}

bool html_lexer_next(struct html_lexer *l, struct html_token *out)
{
    return (l->is_in_tag && take_attribute(l, out)) || take_markup(l, out);
}

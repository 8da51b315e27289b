// SPDX-License-Identifier: Apache-2.0
// What tells is the same in every place: a tag that runs or fetches script, an attribute that does.
// Where no tag has been seen, because the value itself may stand in one, only names count that
// browsers know, so that prose and programs are left alone.
#include "rules/xss.h"

#include "base/ascii.h"
#include "rules/html_names.h"
#include "rules/html_token.h"
#include "rules/xss_value.h"

enum { DECLARATION_MAX = 256 }; // octets looked at of one

struct view {
    const struct html_tag *tag; // of the last tag
    bool has_tag;               // one was seen at all
    bool is_end_tag;            // whose attributes nobody looks at
    size_t begin;               // of it, or of what else stands there, or of the value
};

// Programs have arguments that are called onerror: without a tag the value has to do something.
static bool reads_as_script(struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '`' || c == '=' || c == '&' || c == ':' || c == '[' ||
            (c == '(' && i > 0 && value.ptr[i - 1] != ' '))
            return true;
    }
    return false;
}

static bool has_text(struct slice value, const char *text)
{
    struct slice sought = slice_str(text);
    for (size_t i = 0; i + sought.len <= value.len; i++) {
        if (ascii_begins_nocase(slice_from(value, i), sought))
            return true;
    }
    return false;
}

// What pages say of themselves with <meta>, and not where to go or how to be read.
static bool is_plain_meta(const struct html_token *a)
{
    if (html_name_is(a->name, "http-equiv"))
        return has_text(a->value, "content-") || has_text(a->value, "x-ua-compatible") ||
               has_text(a->value, "cache-control") || has_text(a->value, "expires");
    return !has_text(a->value, "utf-7") && !has_text(a->value, "url") && !has_text(a->value, "&") &&
           !xss_is_script_address(a->value);
}

// A path of the same server.
static bool is_own_path(struct slice address)
{
    for (size_t i = 0; i < address.len; i++) {
        char c = address.ptr[i];
        if (!ascii_is_alpha(c) && !ascii_is_digit(c) && slice_index(SLICE("/._-?=#"), c) == 7)
            return false;
    }
    return address.len > 0 && !slice_begins(address, SLICE("//"));
}

// Is the attribute, which the tag takes, one as every page has it?
static bool is_ordinary_attribute(const struct html_tag *tag, const struct html_token *a)
{
    struct slice name = slice_str(tag->name);
    if (slice_eq(name, SLICE("meta")))
        return is_plain_meta(a);
    if (slice_eq(name, SLICE("frame")))
        return is_own_path(a->value);
    return slice_eq(name, SLICE("link")) &&
           (html_name_is(a->name, "rel")
                ? !has_text(a->value, "import")
                : is_own_path(a->value) || ascii_begins_nocase(a->value, SLICE("https://")));
}

static bool is_telling_attribute(const struct view *v, const struct html_token *a)
{
    if (v->tag && html_tag_takes(v->tag, a->name) && !is_ordinary_attribute(v->tag, a))
        return true;
    if (!a->has_value)
        return false;
    return (v->has_tag ? html_is_handler(a->name)
                       : html_is_event(a->name) && reads_as_script(a->value)) ||
           (v->has_tag && html_name_is(a->name, "srcdoc")) ||
           (v->has_tag && html_name_is(a->name, "attributename") &&
            html_name_is(a->value, "href")) ||
           (v->has_tag && html_name_is(a->name, "attributename") && html_is_handler(a->value)) ||
           (html_is_link(a->name) && xss_is_script_address(a->value)) ||
           (html_name_is(a->name, "style") && xss_is_script_style(a->value));
}

static bool begins_word(struct slice text, struct slice word)
{
    return ascii_begins_nocase(text, word) &&
           (text.len == word.len || !ascii_is_alpha(text.ptr[word.len]));
}

// What follows the name of the type: perhaps an address, then a bracket.
static bool has_subset(struct slice text)
{
    size_t end = slice_index(text, '[');
    for (size_t i = 0; i < end && i < text.len; i++) {
        if (slice_index(SLICE(",;{}()"), text.ptr[i]) < 6)
            return false;
    }
    return end < text.len;
}

// <!ENTITY, <!DOCTYPE x [
static bool is_telling_declaration(struct slice whole)
{
    struct slice text = slice_first(whole, DECLARATION_MAX);
    return begins_word(text, SLICE("entity")) ||
           (begins_word(text, SLICE("doctype")) && has_subset(slice_from(text, 7)));
}

static bool is_telling_instruction(struct slice text)
{
    return begins_word(text, SLICE("import")) || begins_word(text, SLICE("xml-stylesheet"));
}

// What a look at the attributes of a tag found.
struct tag_facts {
    bool has_source; // src
    bool is_own;     // which is a path of the same server
    bool is_secure;  // which begins with https:
    bool has_size;   // the frame or picture is made to be seen
    bool is_closed;  // nothing stands before the end tag
};

static bool is_for_the_eye(struct slice name)
{
    static const char *const names[] = {"width", "height", "viewbox", "allowfullscreen"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (html_name_is(name, names[i]))
            return true;
    }
    return false;
}

static bool is_blank(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != ' ' && text.ptr[i] != '\n' && text.ptr[i] != '\r')
            return false;
    }
    return true;
}

// Reads on behind the name of a tag.
static struct tag_facts look_ahead(struct html_lexer lexer)
{
    struct tag_facts facts = {0};
    struct html_token token;
    size_t end = lexer.at;
    bool goes_on = html_lexer_next(&lexer, &token);
    while (goes_on && token.kind == HTML_ATTRIBUTE) {
        if (html_name_is(token.name, "src")) {
            facts.has_source = true;
            facts.is_own = is_own_path(token.value);
            facts.is_secure = ascii_begins_nocase(token.value, SLICE("https://"));
        }
        facts.has_size |= is_for_the_eye(token.name);
        end = lexer.at;
        goes_on = html_lexer_next(&lexer, &token);
    }
    if (!goes_on || token.kind != HTML_END_TAG)
        return facts;
    struct slice between = slice_of(lexer.text.ptr + end, token.at - end);
    size_t close = slice_index(between, '>');
    facts.is_closed =
        is_blank(slice_first(between, close)) && is_blank(slice_from(between, close + 1));
    return facts;
}

// Behind "<style". What has tags of its own is none.
static bool is_plain_style(struct slice rest)
{
    size_t end = slice_index(rest, '<');
    return (end == rest.len || slice_begins(slice_from(rest, end), SLICE("</"))) &&
           !xss_is_script_style(slice_first(rest, end));
}

// As pages are made of: a script of the same server, a film of another, a drawing. What else such a
// tag has is looked at like that of any other.
static bool is_ordinary(const struct html_tag *tag, const struct html_lexer *lexer)
{
    struct slice name = slice_str(tag->name);
    if (slice_eq(name, SLICE("script"))) {
        struct tag_facts facts = look_ahead(*lexer);
        return facts.has_source && facts.is_own && facts.is_closed;
    }
    if (slice_eq(name, SLICE("iframe"))) {
        struct tag_facts facts = look_ahead(*lexer);
        return !facts.has_source || (facts.is_secure && facts.has_size);
    }
    if (slice_eq(name, SLICE("style")))
        return is_plain_style(slice_from(lexer->text, lexer->at));
    return (slice_eq(name, SLICE("svg")) || slice_eq(name, SLICE("math"))) &&
           look_ahead(*lexer).has_size;
}

static bool is_telling(struct view *v, const struct html_token *token,
                       const struct html_lexer *lexer)
{
    if (token->kind != HTML_ATTRIBUTE)
        v->begin = token->at;
    switch (token->kind) {
    case HTML_TAG:
        v->has_tag = true;
        v->is_end_tag = false;
        v->tag = html_tag_find(token->name);
        return v->tag && !v->tag->attributes && !is_ordinary(v->tag, lexer);
    case HTML_END_TAG:
        v->is_end_tag = true;
        return false;
    case HTML_ATTRIBUTE:
        return !v->is_end_tag && is_telling_attribute(v, token);
    case HTML_COMMENT: // of Internet Explorer, with tags inside
        return ascii_begins_nocase(token->value, SLICE("[if"));
    case HTML_DECLARATION:
        return is_telling_declaration(token->value);
    case HTML_INSTRUCTION:
        return is_telling_instruction(token->value);
    }
    return false;
}

static bool try_place(struct slice value, enum html_place place, struct slice *piece)
{
    struct html_lexer lexer;
    struct html_token token;
    struct view v = {.tag = NULL};
    html_lexer_start(&lexer, value, place);
    while (html_lexer_next(&lexer, &token)) {
        if (!is_telling(&v, &token, &lexer))
            continue;
        *piece = slice_of(value.ptr + v.begin, lexer.at - v.begin);
        return true;
    }
    return false;
}

static bool has(struct slice value, char octet)
{
    return slice_index(value, octet) < value.len;
}

bool xss_find(struct slice value, struct slice *piece)
{
    static const struct {
        enum html_place place;
        char quote;
    } places[] = {{HTML_IN_SINGLE, '\''}, {HTML_IN_DOUBLE, '"'}, {HTML_IN_BACK, '`'}};
    bool has_tag = has(value, '<');
    if (has_tag && try_place(value, HTML_IN_TEXT, piece))
        return true;
    if (xss_is_bare_script_address(value)) {
        *piece = value;
        return true;
    }
    // In a tag already, script needs an attribute of its own or another tag.
    if (!has_tag && !has(value, '='))
        return false;
    if (try_place(value, HTML_IN_VALUE, piece))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (has(value, places[i].quote) && try_place(value, places[i].place, piece))
            return true;
    }
    return false;
}

void xss_needs(struct rules_literals *out)
{
    static const struct slice needs[] = {SLICE_INIT("<"), SLICE_INIT("="), SLICE_INIT(":"),
                                         SLICE_INIT("&")};
    rules_literals_of_texts(needs, ARRAY_LEN(needs), out);
}

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

static bool is_telling_attribute(const struct view *v, const struct html_token *a)
{
    if (v->tag && html_tag_takes(v->tag, a->name))
        return true;
    if (!a->has_value)
        return false;
    return (v->has_tag ? html_is_handler(a->name)
                       : html_is_event(a->name) && reads_as_script(a->value)) ||
           (v->has_tag && html_name_is(a->name, "srcdoc")) ||
           (v->has_tag && html_name_is(a->name, "attributename") && html_is_handler(a->value)) ||
           (html_is_link(a->name) && xss_is_script_address(a->value)) ||
           (html_name_is(a->name, "style") && xss_is_script_style(a->value));
}

static bool begins_word(struct slice text, struct slice word)
{
    return ascii_begins_nocase(text, word) &&
           (text.len == word.len || !ascii_is_alpha(text.ptr[word.len]));
}

// <!ENTITY, <!DOCTYPE x [
static bool is_telling_declaration(struct slice whole)
{
    struct slice text = slice_first(whole, DECLARATION_MAX);
    return begins_word(text, SLICE("entity")) ||
           (begins_word(text, SLICE("doctype")) && slice_index(text, '[') < text.len);
}

static bool is_telling_instruction(struct slice text)
{
    return begins_word(text, SLICE("import")) || begins_word(text, SLICE("xml-stylesheet"));
}

static bool is_telling(struct view *v, const struct html_token *token)
{
    if (token->kind != HTML_ATTRIBUTE)
        v->begin = token->at;
    switch (token->kind) {
    case HTML_TAG:
        v->has_tag = true;
        v->is_end_tag = false;
        v->tag = html_tag_find(token->name);
        return v->tag && !v->tag->attributes;
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
        if (!is_telling(&v, &token))
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

// SPDX-License-Identifier: Apache-2.0
// The difficulty is where a part ends: a selector may be a regex between slashes with "|" inside,
// or stand in single quotes; an XPath begins with a slash and is no regex.
#include "seclang/parse.h"

#include "base/ascii.h"
#include "seclang/text.h"

static bool is_separator(char c)
{
    return c == '|' || c == ',';
}

// Length of 'text' with its quotes; a backslash protects a quote. 0 when it does not end.
static size_t quoted_length(struct slice text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '\'')
            return i + 1;
    }
    return 0;
}

// Length of /regex/ with its slashes, where it ends a variable; 0 when it is none.
static size_t regex_length(struct slice text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '/' && (i + 1 == text.len || is_separator(text.ptr[i + 1])))
            return i + 1;
    }
    return 0;
}

// Takes \' for '.
static bool unquote(struct seclang_set *s, struct slice text, struct slice *out)
{
    char *copy = seclang_take(s, text.len + 1);
    size_t len = 0;
    if (!copy)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] == '\'')
            i++;
        copy[len++] = text.ptr[i];
    }
    *out = slice_of(copy, len);
    return true;
}

static bool take_selector(struct seclang_set *s, struct slice *rest, struct seclang_variable *v)
{
    size_t len = 0, quotes = 0;
    v->has_selector = true;
    if (rest->len > 0 && rest->ptr[0] == '\'') {
        len = quoted_length(*rest);
        quotes = len ? 1 : 0;
    } else if (rest->len > 0 && rest->ptr[0] == '/' && !seclang_is_variable(v, "XML")) {
        len = regex_length(*rest);
    }
    while (len == 0 && v->selector.len < rest->len && !is_separator(rest->ptr[v->selector.len]))
        v->selector.len++;
    len = len ? len : v->selector.len;
    struct slice text = slice_of(rest->ptr + quotes, len - 2 * quotes);
    *rest = slice_from(*rest, len);
    if (quotes && !unquote(s, text, &text))
        return false;
    text = seclang_trim(text);
    v->is_regex = text.len >= 2 && text.ptr[0] == '/' && text.ptr[text.len - 1] == '/' &&
                  !seclang_is_variable(v, "XML");
    v->selector = v->is_regex ? slice_of(text.ptr + 1, text.len - 2) : text;
    return true;
}

static struct seclang_variable *take_variable(struct seclang_set *s, struct slice *rest)
{
    struct seclang_variable *v = seclang_take(s, sizeof *v);
    size_t len = 0;
    if (!v)
        return NULL;
    while (rest->len > 0 && (rest->ptr[0] == '!' || rest->ptr[0] == '&')) {
        v->is_taken_out |= rest->ptr[0] == '!';
        v->is_count |= rest->ptr[0] == '&';
        *rest = slice_from(*rest, 1);
    }
    while (len < rest->len && !is_separator(rest->ptr[len]) && rest->ptr[len] != ':')
        len++;
    v->name = seclang_trim(slice_first(*rest, len));
    *rest = slice_from(*rest, len);
    if (rest->len == 0 || rest->ptr[0] != ':')
        return v;
    *rest = slice_from(*rest, 1);
    return take_selector(s, rest, v) ? v : NULL;
}

bool seclang_parse_variables(struct seclang_set *s, const struct seclang_place *place,
                             struct slice text, struct seclang_variable **out)
{
    struct slice rest = seclang_trim(text);
    while (rest.len > 0) {
        if (is_separator(rest.ptr[0])) {
            rest = seclang_trim(slice_from(rest, 1));
            continue;
        }
        struct seclang_variable *v = take_variable(s, &rest);
        if (!v)
            return false;
        if (v->name.len == 0) {
            seclang_say(s->report, SECLANG_BROKEN, place, "a variable is expected at \"%.*s\"",
                        (int)slice_first(rest, 40).len, rest.ptr);
            return false;
        }
        *out = v;
        out = &v->next;
        rest = seclang_trim(rest);
    }
    return true;
}

void seclang_parse_operator(struct slice text, struct seclang_link *out)
{
    size_t len = 1;
    text = seclang_trim(text);
    out->is_negated = text.len > 0 && text.ptr[0] == '!';
    if (out->is_negated)
        text = seclang_trim(slice_from(text, 1));
    if (text.len == 0 || text.ptr[0] != '@') {
        out->operator_name = SLICE("rx");
        out->argument = text;
        return;
    }
    while (len < text.len && text.ptr[len] != ' ' && text.ptr[len] != '\t')
        len++;
    out->operator_name = slice_of(text.ptr + 1, len - 1);
    out->argument = seclang_trim(slice_from(text, len));
}

// A value ends at a comma, or at its closing quote.
static bool take_value(struct seclang_set *s, const struct seclang_place *place, struct slice *rest,
                       struct slice *out)
{
    *rest = seclang_trim(*rest);
    if (rest->len == 0 || rest->ptr[0] != '\'') {
        size_t end = slice_index(*rest, ',');
        *out = seclang_trim(slice_first(*rest, end));
        *rest = slice_from(*rest, end);
        return true;
    }
    size_t len = quoted_length(*rest);
    if (len == 0) {
        seclang_say(s->report, SECLANG_BROKEN, place, "a quote has no end: %.*s",
                    (int)slice_first(*rest, 60).len, rest->ptr);
        return false;
    }
    struct slice text = slice_of(rest->ptr + 1, len - 2);
    *rest = slice_from(*rest, len);
    return unquote(s, text, out);
}

bool seclang_parse_actions(struct seclang_set *s, const struct seclang_place *place,
                           struct slice text, struct seclang_action **out)
{
    struct slice rest = seclang_trim(text);
    while (rest.len > 0) {
        size_t len = 0;
        if (rest.ptr[0] == ',') {
            rest = seclang_trim(slice_from(rest, 1));
            continue;
        }
        struct seclang_action *a = seclang_take(s, sizeof *a);
        if (!a)
            return false;
        while (len < rest.len && rest.ptr[len] != ':' && rest.ptr[len] != ',')
            len++;
        a->name = seclang_trim(slice_first(rest, len));
        rest = slice_from(rest, len);
        if (rest.len > 0 && rest.ptr[0] == ':') {
            rest = slice_from(rest, 1);
            if (!take_value(s, place, &rest, &a->value))
                return false;
        }
        rest = seclang_trim(rest);
        *out = a;
        out = &a->next;
    }
    return true;
}

// SPDX-License-Identifier: Apache-2.0
// Regexes are compiled here once already, so that a pattern the engine refuses is a note and not a
// file that does not load.
#include "seclang/match.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/addr.h"
#include "base/ascii.h"
#include "base/num.h"
#include "rules/operator.h"
#include "seclang/macro.h"
#include "seclang/pattern.h"
#include "seclang/phrases.h"
#include "seclang/target.h"
#include "seclang/text.h"
#include "seclang/var.h"

enum { PREFIXES_MAX = 1024 };

struct job {
    struct seclang_set *set;
    const struct seclang_rule *rule;
    const struct seclang_link *link;
    struct seclang_out *out;
    char *why;
};

static bool fail(struct job *j, const char *reason)
{
    (void)snprintf(j->why, SECLANG_WHY_MAX, "%s", reason);
    return false;
}

static bool names_what_matched(const struct seclang_link *link)
{
    for (const struct seclang_variable *v = link->variables; v; v = v->next) {
        if (seclang_is_variable(v, "MATCHED_VARS_NAMES") ||
            seclang_is_variable(v, "MATCHED_VAR_NAME"))
            return true;
    }
    return false;
}

// Names of matches are spelled otherwise here: "TX:a" is "vars.a", "ARGS:a" one of two.
static bool rename_matches(struct job *j, struct slice *pattern)
{
    static const struct {
        const char *from, *to;
    } names[] = {{"TX:", "vars\\."},
                 {"ARGS:", "(?:query|body)\\."},
                 {"ARGS_GET:", "query\\."},
                 {"ARGS_POST:", "body\\."},
                 {"REQUEST_HEADERS:", "headers\\."},
                 {"REQUEST_COOKIES:", "cookies\\."}};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t at = slice_find(*pattern, slice_str(names[i].from));
        if (at == pattern->len)
            continue;
        const char *text =
            arena_printf(&j->set->arena, "%.*s%s%.*s", (int)at, pattern->ptr, names[i].to,
                         (int)(pattern->len - at - strlen(names[i].from)),
                         pattern->ptr + at + strlen(names[i].from));
        if (!text)
            return fail(j, "out of memory");
        *pattern = slice_str(text);
    }
    return true;
}

static bool write_regex(struct job *j)
{
    struct slice pattern;
    if (!seclang_macro_convert_pattern(j->set, j->link->argument, &pattern, j->why))
        return false;
    if (names_what_matched(j->link) && !rename_matches(j, &pattern))
        return false;
    struct slice folded;
    if (!seclang_macro_fold_pattern(j->set, pattern, &folded))
        return fail(j, "out of memory");
    if (!seclang_pattern_compiles(folded, j->why))
        return false;
    seclang_out_key(j->out, "regex");
    seclang_out_pattern(j->out, pattern);
    if (slice_index(pattern, '.') < pattern.len) {
        seclang_out_key(j->out, "dot_all");
        seclang_out_true(j->out);
    }
    return true;
}

static bool write_word(struct job *j)
{
    const char *pattern =
        arena_printf(&j->set->arena, "\\b\\Q%.*s\\E\\b", (int)j->link->argument.len,
                     j->link->argument.ptr ? j->link->argument.ptr : "");
    if (seclang_has_macro(j->link->argument) || !pattern)
        return fail(j, "@containsWord with a macro has nothing like it here");
    if (!seclang_pattern_compiles(slice_str(pattern), j->why))
        return false;
    seclang_out_key(j->out, "regex");
    seclang_out_pattern(j->out, slice_str(pattern));
    return true;
}

// An empty text is in every value.
static bool write_text(struct job *j, const char *key)
{
    const struct seclang_macro_place at = {.rule = j->rule, .link = j->link};
    struct slice text;
    if (!seclang_macro_convert(j->set, &at, j->link->argument, &text))
        return fail(j, "out of memory");
    if (seclang_count_macros(text) > SECLANG_MACROS_MAX)
        return fail(j, "the text has too many macros");
    if (text.len == 0 && strcmp(key, "equals") != 0 && strcmp(key, "within") != 0) {
        seclang_out_key(j->out, "always");
        seclang_out_true(j->out);
        return true;
    }
    seclang_out_key(j->out, key);
    return seclang_out_text(j->out, text) || fail(j, "the text is no UTF-8");
}

// A macro that is a number as far as anybody knows before it is asked.
static bool write_number_macro(struct job *j, const char *key)
{
    const struct seclang_macro_place at = {.rule = j->rule, .link = j->link};
    struct slice text, folded;
    int64_t number;
    if (!seclang_macro_convert(j->set, &at, j->link->argument, &text) ||
        !seclang_macro_fold_pattern(j->set, text, &folded))
        return fail(j, "out of memory");
    bool is_macro = slice_begins(text, SLICE("%{")) && slice_index(text, '}') + 1 == text.len;
    if (!is_macro ||
        (folded.len > 0 && !seclang_has_macro(folded) && !rules_number_read(folded, &number)))
        return fail(j, "what it compares with is no number");
    seclang_out_key(j->out, key);
    return seclang_out_text(j->out, text) || fail(j, "the text is no UTF-8");
}

static bool write_number(struct job *j, const char *key)
{
    struct slice text = j->link->argument;
    uint64_t number = 0;
    size_t digits = 0;
    if (seclang_has_macro(text))
        return write_number_macro(j, key);
    // As atoi reads it: what stands behind the digits does not count, and no digit is zero.
    bool is_negative = text.len > 0 && text.ptr[0] == '-';
    text = slice_from(text, is_negative ? 1 : 0);
    while (digits < text.len && ascii_is_digit(text.ptr[digits]))
        digits++;
    if (digits > 0 && !num_decimal(slice_first(text, digits), INT32_MAX, &number))
        number = INT32_MAX;
    seclang_out_key(j->out, key);
    seclang_out_number(j->out, is_negative ? -(long long)number : (long long)number);
    return true;
}

static bool write_phrases(struct job *j)
{
    seclang_out_key(j->out, "contains_any");
    if (!seclang_phrases_write(j->set, j->link->argument, j->out, j->why))
        return false;
    seclang_out_key(j->out, "ignore_case");
    seclang_out_true(j->out);
    return true;
}

static bool write_phrase_files(struct job *j)
{
    seclang_out_key(j->out, "contains_any");
    if (!seclang_phrases_write_files(j->set, &j->link->place, j->link->argument, j->out, j->why))
        return false;
    seclang_out_key(j->out, "ignore_case");
    seclang_out_true(j->out);
    return true;
}

static bool write_prefixes(struct job *j, struct slice list)
{
    size_t count = 0;
    seclang_out_key(j->out, "ip_in");
    seclang_out_open(j->out, '[');
    while (list.len > 0) {
        size_t end = 0;
        struct addr_prefix prefix;
        while (end < list.len && list.ptr[end] != ',' && list.ptr[end] != '\n')
            end++;
        struct slice word = seclang_trim(slice_first(list, end));
        list = slice_from(list, end + 1);
        if (word.len == 0)
            continue;
        if (!addr_parse_prefix(word, false, &prefix)) {
            (void)snprintf(j->why, SECLANG_WHY_MAX,
                           "\"%.*s\" is no address or prefix without host bits",
                           (int)slice_first(word, 60).len, word.ptr);
            return false;
        }
        if (!seclang_out_text(j->out, word))
            return false;
        if (++count > PREFIXES_MAX)
            return fail(j, "more than 1024 addresses belong into an ip_list");
    }
    seclang_out_close(j->out, ']');
    return count > 0 || fail(j, "there are no addresses");
}

static bool write_addresses(struct job *j)
{
    return write_prefixes(j, j->link->argument);
}

static bool write_address_files(struct job *j)
{
    struct slice lines;
    return seclang_phrases_read(j->set, &j->link->place, j->link->argument, &lines, j->why) &&
           write_prefixes(j, lines);
}

// "32-126,9"
static bool are_ranges(struct slice text)
{
    do {
        uint64_t from, to;
        struct slice range = slice_first(text, slice_index(text, ','));
        size_t dash = slice_index(range, '-');
        text = slice_from(text, range.len + 1);
        if (!num_decimal(slice_first(range, dash), 255, &from))
            return false;
        if (dash < range.len && (!num_decimal(slice_from(range, dash + 1), 255, &to) || to < from))
            return false;
    } while (text.len > 0);
    return true;
}

static bool write_ranges(struct job *j)
{
    struct buf b;
    char room[1024];
    buf_init(&b, room, sizeof room);
    for (size_t i = 0; i < j->link->argument.len; i++) {
        char c = j->link->argument.ptr[i];
        if (c != ' ' && c != '\t')
            buf_char(&b, c);
    }
    seclang_out_key(j->out, "bytes_outside");
    return (!b.failed && are_ranges(buf_view(&b)) && seclang_out_text(j->out, buf_view(&b))) ||
           fail(j, "the byte ranges cannot be read");
}

static bool write_never(struct job *j)
{
    if (j->link->is_negated)
        return fail(j, "!@noMatch is @unconditionalMatch: write that");
    seclang_out_key(j->out, "always");
    seclang_out_true(j->out);
    seclang_out_key(j->out, "not");
    seclang_out_true(j->out);
    return true;
}

static const struct {
    const char *name, *match;
    bool (*write)(struct job *j);
    bool (*write_as)(struct job *j, const char *key);
} words[] = {
    {"rx", NULL, write_regex, NULL},
    {"pm", NULL, write_phrases, NULL},
    {"pmf", NULL, write_phrase_files, NULL},
    {"pmFromFile", NULL, write_phrase_files, NULL},
    {"containsWord", NULL, write_word, NULL},
    {"ipMatch", NULL, write_addresses, NULL},
    {"ipMatchF", NULL, write_address_files, NULL},
    {"ipMatchFromFile", NULL, write_address_files, NULL},
    {"validateByteRange", NULL, write_ranges, NULL},
    {"contains", "contains", NULL, write_text},
    {"strmatch", "contains", NULL, write_text},
    {"streq", "equals", NULL, write_text},
    {"within", "within", NULL, write_text},
    {"beginsWith", "begins_with", NULL, write_text},
    {"endsWith", "ends_with", NULL, write_text},
    {"eq", "number_is", NULL, write_number},
    {"gt", "greater_than", NULL, write_number},
    {"lt", "less_than", NULL, write_number},
    {"ge", "at_least", NULL, write_number},
    {"le", "at_most", NULL, write_number},
    {"validateUrlEncoding", "invalid_url_encoding", NULL, NULL},
    {"validateUtf8Encoding", "invalid_utf8", NULL, NULL},
    {"detectSQLi", "sql_injection", NULL, NULL},
    {"detectXSS", "xss", NULL, NULL},
    {"unconditionalMatch", "always", NULL, NULL},
    {"noMatch", NULL, write_never, NULL},
    {"geoLookup", "always", NULL, NULL},
};

static bool engine_knows(const char *match)
{
    static const char *const known[] = {
#define X(name, word) word,
        RULES_OPERATORS(X)
#undef X
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcmp(known[i], match) == 0)
            return true;
    }
    return false;
}

static bool write_operator(struct job *j)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!ascii_eq_nocase(j->link->operator_name, slice_str(words[i].name)))
            continue;
        if (words[i].write)
            return words[i].write(j);
        if (words[i].write_as)
            return words[i].write_as(j, words[i].match);
        if (!engine_knows(words[i].match))
            break;
        seclang_out_key(j->out, words[i].match);
        seclang_out_true(j->out);
        return true;
    }
    (void)snprintf(j->why, SECLANG_WHY_MAX, "@%.*s has nothing like it here",
                   (int)slice_first(j->link->operator_name, 60).len, j->link->operator_name.ptr);
    return false;
}

bool seclang_match_write(struct seclang_set *s, const struct seclang_rule *rule,
                         const struct seclang_link *link, struct seclang_out *out, char *why)
{
    struct job j = {s, rule, link, out, why};
    seclang_out_open(out, '{');
    if (!write_operator(&j))
        return false;
    if (link->is_negated) {
        seclang_out_key(out, "not");
        seclang_out_true(out);
    }
    seclang_out_close(out, '}');
    return true;
}

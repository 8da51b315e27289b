// SPDX-License-Identifier: Apache-2.0
// Reads the "match" of a condition: exactly one comparison, perhaps turned around by "not".
#include <stdlib.h>

#include "base/addr.h"
#include "base/ascii.h"
#include "base/conf.h"
#include "base/json_read.h"
#include "base/num.h"
#include "rules/automaton.h"
#include "rules/loader.h"
#include "rules/operator.h"
#include "rules/program.h"
#include "rules/xss.h"

static const char *const keys[] = {
#define X(name, word) word,
    RULES_OPERATORS(X)
#undef X
        "not",
    "ignore_case",
    "dot_all",
    NULL,
};

enum {
    PREFIXES_MAX = 1024, // more belong into an ip_list
    OCTETS = 256,
    NUMBER_MAX = INT32_MAX,
};

static const struct json *find_operator(struct rules_loader *l, const struct json *match,
                                        struct rules_operator *out)
{
    const struct json *found = NULL;
    JSON_EACH (member, match) {
        for (size_t i = 0; i < RULES_OPERATOR_COUNT; i++) {
            if (!slice_eq(member->key, slice_str(keys[i])))
                continue;
            if (found) {
                rules_loader_problem(
                    l, member, "match has more than one comparison; write a chain with \"all_of\"");
                return NULL;
            }
            found = member;
            out->kind = (enum rules_operator_kind)i;
        }
    }
    if (!found)
        rules_loader_problem(l, match,
                             "match needs one comparison, such as \"regex\" or \"contains\"");
    return found;
}

// The flag in front of the pattern as well, so that whoever reads it for literals knows.
static struct slice with_flags(struct rules_loader *l, struct slice pattern, bool ignore_case,
                               bool dot_all)
{
    const struct slice flags = slice_str(ignore_case && dot_all ? "(?is)"
                                         : ignore_case          ? "(?i)"
                                                                : "(?s)");
    if (!ignore_case && !dot_all)
        return pattern;
    char *text = rules_loader_take(l, pattern.len + flags.len + 1, 1);
    if (!text)
        return (struct slice){0};
    memcpy(text, flags.ptr, flags.len);
    if (pattern.len)
        memcpy(text + flags.len, pattern.ptr, pattern.len);
    return slice_of(text, pattern.len + flags.len);
}

static bool load_regex(struct rules_loader *l, const struct json *match, const struct json *value,
                       struct rules_operator *out)
{
    struct slice pattern;
    bool dot_all = false;
    (void)conf_bool(match, "dot_all", l->problems, &dot_all);
    if (!conf_is_string(value, l->problems) || !rules_macro_fold(l, value, value->text, &pattern))
        return false;
    out->regex = rules_loader_regex(l, value, pattern, out->ignores_case, dot_all);
    rules_literals_of_pattern(with_flags(l, pattern, out->ignores_case, dot_all), &out->needs);
    return out->regex != NULL;
}

// Sorts the list and drops texts that stand in it twice, quietly for those of files.
static bool sort_texts(struct rules_loader *l, const struct json *value, bool complains,
                       struct rules_operator *out)
{
    struct slice *texts = rules_loader_take(l, out->text_count, sizeof *texts);
    size_t kept = 0;
    if (!texts)
        return false;
    memcpy(texts, out->texts, out->text_count * sizeof *texts);
    for (size_t i = 0; out->ignores_case && i < out->text_count; i++) {
        char *lower = rules_loader_take(l, texts[i].len + 1, 1);
        if (!lower)
            return false;
        ascii_lower_copy(lower, texts[i]);
        texts[i].ptr = lower;
    }
    qsort(texts, out->text_count, sizeof *texts, rules_text_order);
    for (size_t i = 0; i < out->text_count; i++) {
        if (i == 0 || !slice_eq(texts[i - 1], texts[i])) {
            texts[kept++] = texts[i];
            continue;
        }
        if (!complains)
            continue;
        rules_loader_problem(l, value, "\"%.*s\" stands in the list twice",
                             (int)slice_first(texts[i], 80).len, texts[i].ptr);
        return false;
    }
    out->texts = texts;
    out->text_count = kept;
    return true;
}

// A list, or the lines of a file.
static bool load_list(struct rules_loader *l, const struct json *value, size_t max,
                      struct rules_operator *out)
{
    if (value->type == JSON_OBJECT)
        return rules_loader_lines(l, value, max, &out->texts, &out->text_count);
    return conf_is_array(value, l->problems) &&
           rules_loader_texts(l, value, max, &out->texts, &out->text_count);
}

static bool build_any(struct rules_loader *l, struct rules_operator *out)
{
    out->any =
        rules_automaton_build(&l->program->arena, out->texts, out->text_count, out->ignores_case);
    l->has_no_memory |= !out->any;
    return out->any != NULL;
}

static bool load_any(struct rules_loader *l, const struct json *value, struct rules_operator *out)
{
    return load_list(l, value, RULES_LIST_MAX, out) &&
           sort_texts(l, value, value->type == JSON_ARRAY && !out->ignores_case, out) &&
           build_any(l, out);
}

// One text, which may hold macros.
static bool load_text(struct rules_loader *l, const struct json *value, struct rules_operator *out)
{
    if (!conf_is_string(value, l->problems) ||
        !rules_macro_load(l, value, value->text, &out->argument))
        return false;
    if (out->argument.part_count > 0)
        return true;
    struct slice *text = rules_loader_take(l, 1, sizeof *text);
    if (!text)
        return false;
    *text = out->argument.text;
    out->texts = text;
    out->text_count = 1;
    if (text->len > 0 || out->kind == RULES_OPERATOR_WITHIN || out->kind == RULES_OPERATOR_EQUALS ||
        !slice_eq(value->text, out->argument.text))
        return true;
    rules_loader_problem(l, value, "the text must not be empty");
    return false;
}

static bool load_equals(struct rules_loader *l, const struct json *value,
                        struct rules_operator *out)
{
    if (value->type == JSON_STRING)
        return load_text(l, value, out) && (out->texts == NULL || sort_texts(l, value, true, out));
    return rules_loader_texts(l, value, RULES_LIST_MAX, &out->texts, &out->text_count) &&
           sort_texts(l, value, !out->ignores_case, out);
}

static bool load_number(struct rules_loader *l, const struct json *value,
                        struct rules_operator *out)
{
    if (value->type == JSON_STRING) {
        if (!rules_macro_load(l, value, value->text, &out->argument))
            return false;
        if (out->argument.part_count > 0 || rules_number_read(out->argument.text, &out->number))
            return true;
        // A variable that nobody sets is no number, at run time as well as now.
        out->lacks_number = out->argument.text.len == 0 && value->text.len > 0;
        if (out->lacks_number)
            return true;
        rules_loader_problem(l, value, "a number, or a macro that is one, is expected");
        return false;
    }
    bool is_whole = value->type == JSON_NUMBER && value->number >= -NUMBER_MAX &&
                    value->number <= (double)(UINT64_C(1) << 53) &&
                    value->number == (double)(int64_t)value->number;
    if (!is_whole) {
        rules_loader_problem(l, value, "a whole number is expected");
        return false;
    }
    out->number = (int64_t)value->number;
    return true;
}

static bool load_prefixes(struct rules_loader *l, const struct json *value,
                          struct rules_operator *out)
{
    if (!load_list(l, value, PREFIXES_MAX, out))
        return false;
    struct addr_prefix *prefixes = rules_loader_take(l, out->text_count, sizeof *prefixes);
    if (!prefixes)
        return false;
    out->prefixes = prefixes;
    bool ok = true;
    for (size_t i = 0; i < out->text_count; i++) {
        if (addr_parse_prefix(out->texts[i], false, &prefixes[out->prefix_count++]))
            continue;
        ok = false;
        rules_loader_problem(
            l, value, "\"%.*s\" is no address or prefix (such as 192.0.2.0/24) without host bits",
            (int)slice_first(out->texts[i], 80).len, out->texts[i].ptr);
    }
    return ok;
}

// "32-126,9": one octet or a range.
static bool read_range(struct slice text, bool *allowed)
{
    uint64_t from, to;
    size_t dash = slice_index(text, '-');
    if (!num_decimal(slice_first(text, dash), OCTETS - 1, &from))
        return false;
    to = from;
    if (dash < text.len && !num_decimal(slice_from(text, dash + 1), OCTETS - 1, &to))
        return false;
    for (uint64_t i = from; i <= to; i++)
        allowed[i] = true;
    return from <= to;
}

static bool load_ranges(struct rules_loader *l, const struct json *value,
                        struct rules_operator *out)
{
    bool *allowed = rules_loader_take(l, OCTETS, sizeof *allowed);
    if (!conf_is_string(value, l->problems) || !allowed)
        return false;
    struct slice rest = value->text;
    do {
        size_t comma = slice_index(rest, ',');
        struct slice range = slice_first(rest, comma);
        while (range.len > 0 && range.ptr[0] == ' ')
            range = slice_from(range, 1);
        if (!read_range(range, allowed)) {
            rules_loader_problem(l, value, "octets are written as \"32-126,9,10,13\"");
            return false;
        }
        rest = slice_from(rest, comma + 1);
    } while (rest.len > 0);
    out->allowed = allowed;
    return true;
}

static bool load_flag(struct rules_loader *l, const struct json *value)
{
    if (value->type == JSON_BOOL && value->boolean)
        return true;
    rules_loader_problem(l, value, "the only value is true; \"not\" turns a comparison around");
    return false;
}

static bool load_sql(struct rules_loader *l, struct rules_operator *out)
{
    out->sql = sql_dictionary_new(&l->program->arena);
    l->has_no_memory |= !out->sql;
    sql_injection_needs(&out->needs);
    return out->sql != NULL;
}

static bool load_argument(struct rules_loader *l, const struct json *match,
                          const struct json *value, struct rules_operator *out)
{
    switch (out->kind) {
    case RULES_OPERATOR_REGEX:
        return load_regex(l, match, value, out);
    case RULES_OPERATOR_CONTAINS:
    case RULES_OPERATOR_WITHIN:
    case RULES_OPERATOR_BEGINS_WITH:
    case RULES_OPERATOR_ENDS_WITH:
        return load_text(l, value, out);
    case RULES_OPERATOR_CONTAINS_ANY:
        return load_any(l, value, out);
    case RULES_OPERATOR_EQUALS:
        return load_equals(l, value, out);
    case RULES_OPERATOR_NUMBER_IS:
    case RULES_OPERATOR_GREATER_THAN:
    case RULES_OPERATOR_LESS_THAN:
    case RULES_OPERATOR_AT_LEAST:
    case RULES_OPERATOR_AT_MOST:
        return load_number(l, value, out);
    case RULES_OPERATOR_IP_IN:
        return load_prefixes(l, value, out);
    case RULES_OPERATOR_BYTES_OUTSIDE:
        return load_ranges(l, value, out);
    case RULES_OPERATOR_INVALID_URL_ENCODING:
    case RULES_OPERATOR_INVALID_UTF8:
    case RULES_OPERATOR_ALWAYS:
        return load_flag(l, value);
    case RULES_OPERATOR_XSS:
        xss_needs(&out->needs);
        return load_flag(l, value);
    case RULES_OPERATOR_SQL_INJECTION:
        return load_flag(l, value) && load_sql(l, out);
    case RULES_OPERATOR_COUNT:
        break;
    }
    return false;
}

// Whether a value that matches must hold one of op->texts (from their beginning on).
static bool needs_texts(const struct rules_operator *op)
{
    return op->texts && op->kind != RULES_OPERATOR_IP_IN && op->kind != RULES_OPERATOR_WITHIN;
}

bool rules_operator_load(struct rules_loader *l, const struct json *match,
                         struct rules_operator *out)
{
    if (!conf_is_object(match, l->problems))
        return false;
    conf_known_keys(match, keys, l->problems);
    (void)conf_bool(match, "not", l->problems, &out->is_negated);
    (void)conf_bool(match, "ignore_case", l->problems, &out->ignores_case);
    const struct json *value = find_operator(l, match, out);
    if (!value || !load_argument(l, match, value, out))
        return false;
    if (json_get(match, "dot_all") && out->kind != RULES_OPERATOR_REGEX)
        rules_loader_problem(l, match, "\"dot_all\" belongs to a regex");
    if (needs_texts(out))
        rules_literals_of_texts(out->texts, out->text_count, &out->needs);
    // What a value lacks rules a match out, and so makes a negated comparison true: nothing to
    // skip.
    if (out->is_negated)
        out->needs.count = 0;
    return true;
}

// SPDX-License-Identifier: Apache-2.0
// Target words are one table; the reader is a walk over it. A name that looks like a pattern of
// another tool ("user_*") is refused with the spelling that works here, rather than matched
// literally and never.
#include "rules/target.h"

#include <stdio.h>

#include "base/ascii.h"
#include "base/conf.h"
#include "http/field.h"

static const struct rules_collection_facts collections[RULES_COLLECTION_COUNT] = {
#define X(name, text, at, sort, from)                                                              \
    [RULES_OF_##name] = {.word = text, .phase = at, .kind = RULES_##sort, .source = RULES_##from},
    RULES_COLLECTIONS(X)
#undef X
};

// For suggestions: the words as the table has them; what stands behind a dot is up to the author.
static const char *const spellings[] = {
#define X(name, text, at, sort, from) text,
    RULES_COLLECTIONS(X)
#undef X
        "args.",
    "args.names",
    NULL,
};

const struct rules_collection_facts *rules_collection_facts(enum rules_collection c)
{
    return &collections[c];
}

bool rules_collection_ignores_case(enum rules_collection c)
{
    return collections[c].kind == RULES_FIELDS || collections[c].kind == RULES_FIELD_NAMES;
}

bool rules_collection_is_names(enum rules_collection c)
{
    return collections[c].kind == RULES_NAMES || collections[c].kind == RULES_FIELD_NAMES;
}

static bool is_map(const struct rules_collection_facts *facts)
{
    return facts->kind == RULES_MAP || facts->kind == RULES_FIELDS;
}

static bool is_names(const struct rules_collection_facts *facts)
{
    return facts->kind == RULES_NAMES || facts->kind == RULES_FIELD_NAMES;
}

static bool has_brackets(struct slice word, const struct rules_collection_facts *facts)
{
    size_t len = strlen(facts->word);
    return is_names(facts) && word.len > len + 1 && slice_begins(word, slice_str(facts->word)) &&
           word.ptr[len] == '[' && word.ptr[word.len - 1] == ']';
}

static bool find_collection(struct slice word, enum rules_collection *out)
{
    for (size_t i = 0; i < RULES_COLLECTION_COUNT; i++) {
        if ((!is_map(&collections[i]) && slice_eq(word, slice_str(collections[i].word))) ||
            has_brackets(word, &collections[i])) {
            *out = (enum rules_collection)i;
            return true;
        }
    }
    for (size_t i = 0; i < RULES_COLLECTION_COUNT; i++) {
        if (is_map(&collections[i]) && slice_begins(word, slice_str(collections[i].word))) {
            *out = (enum rules_collection)i;
            return true;
        }
    }
    return false;
}

static bool explain_unknown(struct slice word, char *why, size_t why_cap)
{
    const char *near = conf_nearest(word, spellings);
    const char *open = near && near[strlen(near) - 1] == '.' ? "*" : "";
    (void)snprintf(why, why_cap, "\"%.*s\" is no target%s%s%s%s", (int)slice_first(word, 100).len,
                   word.ptr, near ? " (did you mean \"" : "", near ? near : "", open,
                   near ? "\"?)" : "");
    return false;
}

// A name with indices: * stands nowhere but in [*].
static bool has_indices_only(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '*' &&
            (i == 0 || i + 1 == name.len || name.ptr[i - 1] != '[' || name.ptr[i + 1] != ']'))
            return false;
    }
    return true;
}

static bool check_name(struct slice name, struct rules_target *out, char *why, size_t why_cap)
{
    const char *word = collections[out->collection].word;
    if (slice_index(name, '*') < name.len) {
        out->pick = RULES_PICK_INDEXED;
        if (has_indices_only(name))
            return true;
        (void)snprintf(why, why_cap,
                       "* stands only alone; part of a name is picked by a regex: \"%s/^%.*s/\"",
                       word, (int)slice_index(slice_first(name, 60), '*'), name.ptr);
        return false;
    }
    bool is_field = out->collection == RULES_OF_HEADER_VALUES ||
                    out->collection == RULES_OF_RESPONSE_HEADER_VALUES;
    if (is_field && !http_field_name_is_valid(name)) {
        (void)snprintf(why, why_cap, "no header can have the name \"%.*s\"",
                       (int)slice_first(name, 100).len, name.ptr);
        return false;
    }
    return true;
}

static bool read_name(struct slice name, struct rules_target *out, char *why, size_t why_cap)
{
    out->name = name;
    if (slice_eq(name, SLICE("*"))) {
        out->pick = RULES_PICK_ALL;
        return true;
    }
    if (name.len >= 2 && name.ptr[0] == '/' && name.ptr[name.len - 1] == '/') {
        out->pick = RULES_PICK_REGEX;
        out->name = slice_of(name.ptr + 1, name.len - 2);
        if (out->name.len > 0)
            return true;
    }
    out->pick = RULES_PICK_NAME;
    if (name.len == 0 || out->name.len == 0) {
        (void)snprintf(why, why_cap, "a name, * or /regex/ is expected behind \"%s\"",
                       collections[out->collection].word);
        return false;
    }
    return check_name(name, out, why, why_cap);
}

// One target, without "args." and its marks.
static bool parse_word(struct slice word, struct rules_target *out, char *why, size_t why_cap)
{
    if (!find_collection(word, &out->collection))
        return explain_unknown(word, why, why_cap);
    const struct rules_collection_facts *facts = &collections[out->collection];
    size_t len = strlen(facts->word);
    out->pick = RULES_PICK_ALL;
    if (is_map(facts))
        return read_name(slice_from(word, len), out, why, why_cap);
    if (word.len == len)
        return true;
    return read_name(slice_of(word.ptr + len + 1, word.len - len - 2), out, why, why_cap);
}

static bool is_whole(const struct rules_target *t)
{
    return t->pick == RULES_PICK_ALL;
}

// "args" for "query" or "body": the same word behind it.
static bool parse_args(struct slice word, struct rules_target out[RULES_TARGETS_OF_WORD], char *why,
                       size_t why_cap)
{
    static const struct slice roots[RULES_TARGETS_OF_WORD] = {SLICE_INIT("query"),
                                                              SLICE_INIT("body")};
    char text[1024];
    struct slice rest = slice_from(word, strlen("args"));
    for (size_t i = 0; i < RULES_TARGETS_OF_WORD; i++) {
        if (rest.len + roots[i].len > sizeof text) {
            (void)snprintf(why, why_cap, "the name is longer than %zu octets", sizeof text - 8);
            return false;
        }
        memcpy(text, roots[i].ptr, roots[i].len);
        memcpy(text + roots[i].len, rest.ptr, rest.len);
        if (!parse_word(slice_of(text, roots[i].len + rest.len), &out[i], why, why_cap))
            return false;
        // The name as a view of the caller's text.
        if (is_whole(&out[i]))
            continue;
        size_t offset = (size_t)(out[i].name.ptr - text);
        out[i].name.ptr = word.ptr + strlen("args") + offset - roots[i].len;
    }
    return true;
}

size_t rules_target_parse(struct slice text, struct rules_target out[RULES_TARGETS_OF_WORD],
                          char *why, size_t why_cap)
{
    memset(out, 0, RULES_TARGETS_OF_WORD * sizeof *out);
    bool is_taken_out = text.len > 0 && text.ptr[0] == '!';
    struct slice word = slice_from(text, is_taken_out ? 1 : 0);
    bool is_count = slice_begins(word, SLICE("count:"));
    word = slice_from(word, is_count ? strlen("count:") : 0);
    size_t count = slice_begins(word, SLICE("args.")) ? 2 : 1;
    if (count == 2 ? !parse_args(word, out, why, why_cap) : !parse_word(word, out, why, why_cap))
        return 0;
    for (size_t i = 0; i < count; i++) {
        out[i].is_taken_out = is_taken_out;
        out[i].is_count = is_count;
    }
    if (is_taken_out && (is_count || is_whole(&out[0]))) {
        (void)snprintf(why, why_cap,
                       "only a name or /regex/ of query, headers, cookies, body and their like can "
                       "be taken out");
        return 0;
    }
    return count;
}

bool rules_target_is_indexed(struct slice pattern, struct slice name)
{
    size_t p = 0, n = 0;
    while (p < pattern.len && n < name.len) {
        if (pattern.ptr[p] == '*') {
            size_t first = n;
            while (n < name.len && ascii_is_digit(name.ptr[n]))
                n++;
            if (n == first)
                return false;
            p++;
        } else if (pattern.ptr[p++] != name.ptr[n++]) {
            return false;
        }
    }
    return p == pattern.len && n == name.len;
}

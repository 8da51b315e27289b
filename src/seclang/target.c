// SPDX-License-Identifier: Apache-2.0
// One table, and the exceptions. The engine's own reader has the last word, so that nothing is
// written that would not load.
#include "seclang/target.h"

#include <stdio.h>

#include "base/ascii.h"
#include "seclang/pattern.h"

enum shape { SINGLE, NAMES, MAP, FIELDS, FLAG };

struct word {
    const char *variable, *target; // of MAP and FIELDS with the dot
    enum shape shape;
};

static const struct word words[] = {
    {"ARGS", "args.", MAP},
    {"ARGS_NAMES", "args.names", NAMES},
    {"ARGS_GET", "query.", MAP},
    {"ARGS_GET_NAMES", "query.names", NAMES},
    {"ARGS_POST", "body.", MAP},
    {"ARGS_POST_NAMES", "body.names", NAMES},
    {"ARGS_COMBINED_SIZE", "args_length", SINGLE},
    {"QUERY_STRING", "query", SINGLE},
    {"REQUEST_COOKIES", "cookies.", MAP},
    {"REQUEST_COOKIES_NAMES", "cookies.names", NAMES},
    {"REQUEST_HEADERS", "headers.", FIELDS},
    {"REQUEST_HEADERS_NAMES", "headers.names", NAMES},
    {"REQUEST_METHOD", "method", SINGLE},
    {"REQUEST_PROTOCOL", "protocol", SINGLE},
    {"REQUEST_LINE", "request_line", SINGLE},
    {"REQUEST_URI", "target", SINGLE},
    {"REQUEST_URI_RAW", "target.raw", SINGLE},
    {"REQUEST_FILENAME", "path", SINGLE},
    {"REQUEST_BASENAME", "path.basename", SINGLE},
    {"REQUEST_BODY", "body_plain", SINGLE},
    {"REQUEST_BODY_LENGTH", "body_length", SINGLE},
    {"REQBODY_PROCESSOR", "body_type", SINGLE},
    {"REQBODY_ERROR", "body_error", FLAG},
    {"REQBODY_ERROR_MSG", "body_error", SINGLE},
    {"REQBODY_PROCESSOR_ERROR", "body_error", FLAG},
    {"REQBODY_PROCESSOR_ERROR_MSG", "body_error", SINGLE},
    {"MULTIPART_STRICT_ERROR", "body_flaws", FLAG},
    {"MULTIPART_PART_HEADERS", "part_headers.", MAP},
    {"MULTIPART_FILENAME", "files.", MAP},
    {"MULTIPART_NAME", "files.names", NAMES},
    {"FILES", "files.", MAP},
    {"FILES_NAMES", "files.names", NAMES},
    {"FILES_SIZES", "file_sizes.", MAP},
    {"FILES_COMBINED_SIZE", "files_length", SINGLE},
    {"REMOTE_ADDR", "client.address", SINGLE},
    {"REMOTE_USER", "user", SINGLE},
    {"SERVER_NAME", "host", SINGLE},
    {"UNIQUE_ID", "request_id", SINGLE},
    {"DURATION", "duration", SINGLE},
    {"RESPONSE_STATUS", "response.status", SINGLE},
    {"RESPONSE_PROTOCOL", "response.protocol", SINGLE},
    {"RESPONSE_HEADERS", "response.headers.", FIELDS},
    {"RESPONSE_HEADERS_NAMES", "response.headers.names", NAMES},
    {"RESPONSE_CONTENT_TYPE", "response.content_type", SINGLE},
    {"RESPONSE_CONTENT_LENGTH", "response.body_length", SINGLE},
    {"RESPONSE_BODY", "response.body", SINGLE},
    {"TX", "vars.", FIELDS},
    {"MATCHED_VAR", "matched", SINGLE},
    {"MATCHED_VAR_NAME", "matched.name", SINGLE},
    {"MATCHED_VARS", "matched.*", SINGLE},
    {"MATCHED_VARS_NAMES", "matched.names", SINGLE},
};

bool seclang_is_persistent(struct slice collection)
{
    static const char *const names[] = {"IP", "GLOBAL", "SESSION", "USER", "RESOURCE"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (ascii_eq_nocase(collection, slice_str(names[i])))
            return true;
    }
    return false;
}

static bool no_target(const struct seclang_variable *v, const char *reason, char *why)
{
    (void)snprintf(why, SECLANG_WHY_MAX, "%.*s%s%.*s %s", (int)slice_first(v->name, 60).len,
                   v->name.ptr, v->has_selector ? ":" : "", (int)slice_first(v->selector, 60).len,
                   v->selector.ptr ? v->selector.ptr : "", reason);
    return false;
}

// /^name$/, each octet that means something to a regex behind a backslash.
static const char *write_quoted(struct seclang_set *s, struct slice name)
{
    char *text = seclang_take(s, 2 * name.len + 8);
    size_t len = 0;
    if (!text)
        return NULL;
    text[len++] = '/';
    text[len++] = '^';
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!ascii_is_alpha(c) && !ascii_is_digit(c) && (unsigned char)c < 0x80)
            text[len++] = '\\';
        text[len++] = c;
    }
    text[len++] = '$';
    text[len++] = '/';
    return text;
}

// A name that would read as something else is written as a regex.
static const char *write_name(struct seclang_set *s, const struct word *word, struct slice name)
{
    bool is_special = slice_eq(name, SLICE("names")) || slice_index(name, '*') < name.len ||
                      (name.len > 0 && name.ptr[0] == '/');
    if (slice_begins(slice_str(word->target), SLICE("args.")) ||
        slice_begins(slice_str(word->target), SLICE("body.")))
        name = ascii_begins_nocase(name, SLICE("json.")) ? slice_from(name, 5) : name;
    return is_special ? write_quoted(s, name) : arena_str(&s->arena, name);
}

static const char *write_selector(struct seclang_set *s, const struct word *word,
                                  const struct seclang_variable *v)
{
    if (v->is_regex)
        return arena_printf(&s->arena, "/%s%.*s/", word->shape == FIELDS ? "" : "(?i)",
                            (int)v->selector.len, v->selector.ptr ? v->selector.ptr : "");
    return write_name(s, word, v->selector);
}

static const struct word *find_word(const struct seclang_variable *v)
{
    static const struct word capture = {"TX", "capture.", MAP},
                             country = {"GEO", "client.country", SINGLE},
                             text = {"XML", "xml.text", SINGLE},
                             attributes = {"XML", "xml.attributes", SINGLE};
    if (seclang_is_variable(v, "TX") && v->has_selector && !v->is_regex && v->selector.len == 1 &&
        ascii_is_digit(v->selector.ptr[0]))
        return &capture;
    if (seclang_is_variable(v, "GEO") && ascii_eq_nocase(v->selector, SLICE("COUNTRY_CODE")))
        return &country;
    if (seclang_is_variable(v, "XML") && slice_eq(v->selector, SLICE("/*")))
        return &text;
    if (seclang_is_variable(v, "XML") && slice_eq(v->selector, SLICE("//@*")))
        return &attributes;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (seclang_is_variable(v, words[i].variable))
            return &words[i];
    }
    return NULL;
}

static const char *write_target(struct seclang_set *s, const struct word *word,
                                const struct seclang_variable *v)
{
    const char *count = v->is_count || word->shape == FLAG ? "count:" : "";
    bool has_name = v->has_selector && word->variable[0] != 'X' && word->variable[0] != 'G';
    const char *selector = has_name ? write_selector(s, word, v) : NULL;
    switch (word->shape) {
    case MAP:
    case FIELDS:
        return arena_printf(&s->arena, "%s%s%s", count, word->target, selector ? selector : "*");
    case NAMES:
        return arena_printf(&s->arena, selector ? "%s%s[%s]" : "%s%s%s", count, word->target,
                            selector ? selector : "");
    case SINGLE:
    case FLAG:
        break;
    }
    return arena_printf(&s->arena, "%s%s", count, word->target);
}

bool seclang_target_find(struct seclang_set *s, const struct seclang_variable *v,
                         struct seclang_target *out, char *why)
{
    const struct word *word = find_word(v);
    if (!word)
        return no_target(v,
                         seclang_is_persistent(v->name)
                             ? "is kept from request to request, which nothing is here"
                             : "has nothing like it here",
                         why);
    if (word->shape == FLAG && v->is_count)
        return no_target(v, "is a flag and cannot be counted", why);
    const char *text = write_target(s, word, v);
    if (!text) {
        s->has_no_memory = true;
        return no_target(v, "found no memory", why);
    }
    out->text = slice_str(text);
    out->count = rules_target_parse(out->text, out->parsed, why, SECLANG_WHY_MAX);
    return out->count > 0 && (out->parsed[0].pick != RULES_PICK_REGEX ||
                              seclang_pattern_compiles(out->parsed[0].name, why));
}

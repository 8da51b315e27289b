// SPDX-License-Identifier: Apache-2.0
// Target words are one table; the reader is a walk over it. A name that looks like a pattern of
// another tool ("user_*") is refused with the spelling that works here, rather than matched
// literally and never.
#include "rules/target.h"

#include <stdio.h>

#include "base/conf.h"
#include "http/field.h"

static const struct rules_collection_facts collections[RULES_COLLECTION_COUNT] = {
#define X(name, text, at, sort)                                                                    \
    [RULES_OF_##name] = {.word = text, .phase = at, .kind = RULES_##sort},
    RULES_COLLECTIONS(X)
#undef X
};

// For suggestions: every spelling a rule file may use.
static const char *const spellings[] = {
    "method",
    "path",
    "path.raw",
    "query",
    "query.*",
    "query.NAME",
    "query.names",
    "headers.*",
    "headers.NAME",
    "headers.names",
    "cookies.*",
    "cookies.NAME",
    "cookies.names",
    "body",
    "body.*",
    "body.NAME",
    "body.names",
    "client.address",
    "client.country",
    "tls.version",
    "tls.server_name",
    "response.status",
    "response.headers.*",
    "response.headers.NAME",
    "response.headers.names",
    NULL,
};

const struct rules_collection_facts *rules_collection_facts(enum rules_collection c)
{
    return &collections[c];
}

static bool is_map(const struct rules_collection_facts *facts)
{
    return facts->kind == RULES_MAP || facts->kind == RULES_FIELDS;
}

static bool find_collection(struct slice word, enum rules_collection *out)
{
    for (size_t i = 0; i < RULES_COLLECTION_COUNT; i++) {
        if (!is_map(&collections[i]) && slice_eq(word, slice_str(collections[i].word))) {
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
    (void)snprintf(why, why_cap, "\"%.*s\" is no target%s%s%s", (int)slice_first(word, 100).len,
                   word.ptr, near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
    return false;
}

static bool read_name(struct slice name, struct rules_target *out, char *why, size_t why_cap)
{
    bool is_field = collections[out->collection].kind == RULES_FIELDS;
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
    if (slice_index(name, '*') < name.len) {
        (void)snprintf(why, why_cap,
                       "* stands only alone; part of a name is picked by a regex: \"%s/^%.*s/\"",
                       collections[out->collection].word,
                       (int)slice_index(slice_first(name, 60), '*'), name.ptr);
        return false;
    }
    if (is_field && !http_field_name_is_valid(name)) {
        (void)snprintf(why, why_cap, "no header can have the name \"%.*s\"",
                       (int)slice_first(name, 100).len, name.ptr);
        return false;
    }
    return true;
}

bool rules_target_parse(struct slice text, struct rules_target *out, char *why, size_t why_cap)
{
    *out = (struct rules_target){.is_taken_out = text.len > 0 && text.ptr[0] == '!'};
    struct slice word = slice_from(text, out->is_taken_out ? 1 : 0);
    if (!find_collection(word, &out->collection))
        return explain_unknown(word, why, why_cap);
    const struct rules_collection_facts *facts = &collections[out->collection];
    if (is_map(facts) && !read_name(slice_from(word, strlen(facts->word)), out, why, why_cap))
        return false;
    if (!out->is_taken_out || (is_map(facts) && out->pick != RULES_PICK_ALL))
        return true;
    (void)snprintf(why, why_cap,
                   "only a name or /regex/ of query, headers, cookies, body or response.headers "
                   "can be taken out");
    return false;
}

// SPDX-License-Identifier: Apache-2.0
// Which parts of a message rules can look at, and how a rule file names them: "path", "query.id",
// "headers.*",
// "!cookies./^_ga/", "response.headers.names".
#ifndef YETT_RULES_TARGET_H
#define YETT_RULES_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"
#include "rules/engine.h"
#include "rules/regex.h"

// X(NAME, "word", phase, kind): the word as rule files have it. Of a MAP, rules pick values by
// name; of NAMES, all.
#define RULES_COLLECTIONS(X)                                                                       \
    X(METHOD, "method", RULES_AT_HEAD, SINGLE)                                                     \
    X(PATH, "path", RULES_AT_HEAD, SINGLE)                                                         \
    X(PATH_RAW, "path.raw", RULES_AT_HEAD, SINGLE)                                                 \
    X(QUERY, "query", RULES_AT_HEAD, SINGLE)                                                       \
    X(QUERY_VALUES, "query.", RULES_AT_HEAD, MAP)                                                  \
    X(QUERY_NAMES, "query.names", RULES_AT_HEAD, NAMES)                                            \
    X(HEADER_VALUES, "headers.", RULES_AT_HEAD, FIELDS)                                            \
    X(HEADER_NAMES, "headers.names", RULES_AT_HEAD, NAMES)                                         \
    X(COOKIE_VALUES, "cookies.", RULES_AT_HEAD, MAP)                                               \
    X(COOKIE_NAMES, "cookies.names", RULES_AT_HEAD, NAMES)                                         \
    X(CLIENT_ADDRESS, "client.address", RULES_AT_HEAD, SINGLE)                                     \
    X(CLIENT_COUNTRY, "client.country", RULES_AT_HEAD, SINGLE)                                     \
    X(TLS_VERSION, "tls.version", RULES_AT_HEAD, SINGLE)                                           \
    X(TLS_SERVER_NAME, "tls.server_name", RULES_AT_HEAD, SINGLE)                                   \
    X(BODY, "body", RULES_AT_BODY, SINGLE)                                                         \
    X(BODY_VALUES, "body.", RULES_AT_BODY, MAP)                                                    \
    X(BODY_NAMES, "body.names", RULES_AT_BODY, NAMES)                                              \
    X(RESPONSE_STATUS, "response.status", RULES_AT_RESPONSE, SINGLE)                               \
    X(RESPONSE_HEADER_VALUES, "response.headers.", RULES_AT_RESPONSE, FIELDS)                      \
    X(RESPONSE_HEADER_NAMES, "response.headers.names", RULES_AT_RESPONSE, NAMES)

enum rules_collection {
#define X(name, word, phase, kind) RULES_OF_##name,
    RULES_COLLECTIONS(X)
#undef X
        RULES_COLLECTION_COUNT
};

enum rules_collection_kind {
    RULES_SINGLE, // one value without a name
    RULES_NAMES,  // the names of a map, each as a value
    RULES_MAP,    // named values, names compared octet by octet; the word ends in a dot
    RULES_FIELDS, // named values, names compared without regard to case
};

struct rules_collection_facts {
    const char *word;
    enum rules_phase phase;
    enum rules_collection_kind kind;
};

const struct rules_collection_facts *rules_collection_facts(enum rules_collection c);

enum rules_pick { RULES_PICK_ALL, RULES_PICK_NAME, RULES_PICK_REGEX };

// A target as read: the text behind the dot is `name` (lower case for fields) or the pattern
// between the slashes.
struct rules_target {
    enum rules_collection collection;
    enum rules_pick pick;
    struct slice name;
    bool is_taken_out; // "!"
};

// Reads a target. False with a sentence in why[why_cap] that says what is wrong. `name` is a view
// of `text`.
MUST_USE bool rules_target_parse(struct slice text, struct rules_target *out, char *why,
                                 size_t why_cap);

#endif

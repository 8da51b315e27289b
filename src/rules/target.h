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

// X(NAME, "word", phase, kind, source): the word as rule files have it. Of a MAP and of FIELDS,
// rules pick values by name, of NAMES by the names themselves. What comes from STATE changes while
// rules speak, so it is looked up when its rule's turn comes.
#define RULES_COLLECTIONS(X)                                                                       \
    X(METHOD, "method", RULES_AT_HEAD, SINGLE, MESSAGE)                                            \
    X(PROTOCOL, "protocol", RULES_AT_HEAD, SINGLE, MESSAGE)                                        \
    X(REQUEST_LINE, "request_line", RULES_AT_HEAD, SINGLE, MESSAGE)                                \
    X(TARGET, "target", RULES_AT_HEAD, SINGLE, MESSAGE)                                            \
    X(TARGET_RAW, "target.raw", RULES_AT_HEAD, SINGLE, MESSAGE)                                    \
    X(PATH, "path", RULES_AT_HEAD, SINGLE, MESSAGE)                                                \
    X(PATH_BASENAME, "path.basename", RULES_AT_HEAD, SINGLE, MESSAGE)                              \
    X(PATH_RAW, "path.raw", RULES_AT_HEAD, SINGLE, MESSAGE)                                        \
    X(PATH_RAW_BASENAME, "path.raw.basename", RULES_AT_HEAD, SINGLE, MESSAGE)                      \
    X(HOST, "host", RULES_AT_HEAD, SINGLE, MESSAGE)                                                \
    X(QUERY, "query", RULES_AT_HEAD, SINGLE, MESSAGE)                                              \
    X(QUERY_VALUES, "query.", RULES_AT_HEAD, MAP, MESSAGE)                                         \
    X(QUERY_NAMES, "query.names", RULES_AT_HEAD, NAMES, MESSAGE)                                   \
    X(HEADER_VALUES, "headers.", RULES_AT_HEAD, FIELDS, MESSAGE)                                   \
    X(HEADER_NAMES, "headers.names", RULES_AT_HEAD, FIELD_NAMES, MESSAGE)                          \
    X(COOKIE_VALUES, "cookies.", RULES_AT_HEAD, MAP, MESSAGE)                                      \
    X(COOKIE_NAMES, "cookies.names", RULES_AT_HEAD, NAMES, MESSAGE)                                \
    X(REFERER_VALUES, "referer.", RULES_AT_HEAD, MAP, MESSAGE)                                     \
    X(ESCAPED, "escaped.", RULES_AT_HEAD, MAP, MESSAGE)                                            \
    X(CLIENT_ADDRESS, "client.address", RULES_AT_HEAD, SINGLE, MESSAGE)                            \
    X(CLIENT_COUNTRY, "client.country", RULES_AT_HEAD, SINGLE, MESSAGE)                            \
    X(CLIENT_ASN, "client.asn", RULES_AT_HEAD, SINGLE, MESSAGE)                                    \
    X(USER, "user", RULES_AT_HEAD, SINGLE, MESSAGE)                                                \
    X(TLS_VERSION, "tls.version", RULES_AT_HEAD, SINGLE, MESSAGE)                                  \
    X(TLS_SERVER_NAME, "tls.server_name", RULES_AT_HEAD, SINGLE, MESSAGE)                          \
    X(TLS_CIPHER, "tls.cipher", RULES_AT_HEAD, SINGLE, MESSAGE)                                    \
    X(TLS_JA4, "tls.ja4", RULES_AT_HEAD, SINGLE, MESSAGE)                                          \
    X(TLS_CLIENT_SUBJECT, "tls.client.subject", RULES_AT_HEAD, SINGLE, MESSAGE)                    \
    X(TLS_CLIENT_ISSUER, "tls.client.issuer", RULES_AT_HEAD, SINGLE, MESSAGE)                      \
    X(TLS_CLIENT_NAMES, "tls.client.names", RULES_AT_HEAD, SINGLE, MESSAGE)                        \
    X(TLS_CLIENT_SERIAL, "tls.client.serial", RULES_AT_HEAD, SINGLE, MESSAGE)                      \
    X(TLS_CLIENT_FINGERPRINT, "tls.client.fingerprint", RULES_AT_HEAD, SINGLE, MESSAGE)            \
    X(REQUEST_ID, "request_id", RULES_AT_HEAD, SINGLE, MESSAGE)                                    \
    X(BODY, "body", RULES_AT_BODY, SINGLE, MESSAGE)                                                \
    X(BODY_PLAIN, "body_plain", RULES_AT_BODY, SINGLE, MESSAGE)                                    \
    X(BODY_TEXT, "body_text", RULES_AT_BODY, SINGLE, MESSAGE)                                      \
    X(BODY_VALUES, "body.", RULES_AT_BODY, MAP, MESSAGE)                                           \
    X(BODY_NAMES, "body.names", RULES_AT_BODY, NAMES, MESSAGE)                                     \
    X(BODY_ESCAPED, "body_escaped.", RULES_AT_BODY, MAP, MESSAGE)                                  \
    X(XML_TEXT, "xml.text", RULES_AT_BODY, SINGLE, MESSAGE)                                        \
    X(XML_ATTRIBUTES, "xml.attributes", RULES_AT_BODY, SINGLE, MESSAGE)                            \
    X(FILES, "files.", RULES_AT_BODY, MAP, MESSAGE)                                                \
    X(FILE_FIELDS, "files.names", RULES_AT_BODY, NAMES, MESSAGE)                                   \
    X(FILE_SIZES, "file_sizes.", RULES_AT_BODY, MAP, MESSAGE)                                      \
    X(FILE_TYPES, "file_types.", RULES_AT_BODY, MAP, MESSAGE)                                      \
    X(PART_HEADERS, "part_headers.", RULES_AT_BODY, MAP, MESSAGE)                                  \
    X(BODY_TYPE, "body_type", RULES_AT_HEAD, SINGLE, MESSAGE)                                      \
    X(BODY_ERROR, "body_error", RULES_AT_BODY, SINGLE, MESSAGE)                                    \
    X(BODY_FLAWS, "body_flaws", RULES_AT_BODY, SINGLE, MESSAGE)                                    \
    X(BODY_LENGTH, "body_length", RULES_AT_BODY, SINGLE, MESSAGE)                                  \
    X(ARGS_LENGTH, "args_length", RULES_AT_BODY, SINGLE, MESSAGE)                                  \
    X(FILES_LENGTH, "files_length", RULES_AT_BODY, SINGLE, MESSAGE)                                \
    X(RESPONSE_STATUS, "response.status", RULES_AT_RESPONSE, SINGLE, MESSAGE)                      \
    X(RESPONSE_PROTOCOL, "response.protocol", RULES_AT_RESPONSE, SINGLE, MESSAGE)                  \
    X(RESPONSE_HEADER_VALUES, "response.headers.", RULES_AT_RESPONSE, FIELDS, MESSAGE)             \
    X(RESPONSE_HEADER_NAMES, "response.headers.names", RULES_AT_RESPONSE, FIELD_NAMES, MESSAGE)    \
    X(RESPONSE_CONTENT_TYPE, "response.content_type", RULES_AT_RESPONSE, SINGLE, MESSAGE)          \
    X(DURATION, "duration", RULES_AT_RESPONSE, SINGLE, MESSAGE)                                    \
    X(RESPONSE_BODY, "response.body", RULES_AT_RESPONSE_BODY, SINGLE, MESSAGE)                     \
    X(RESPONSE_BODY_LENGTH, "response.body_length", RULES_AT_RESPONSE_BODY, SINGLE, MESSAGE)       \
    X(VARS, "vars.", RULES_AT_HEAD, FIELDS, STATE)                                                 \
    X(VAR_NAMES, "vars.names", RULES_AT_HEAD, FIELD_NAMES, STATE)                                  \
    X(SCORE, "score", RULES_AT_HEAD, SINGLE, STATE)                                                \
    X(CATEGORY_SCORES, "score.", RULES_AT_HEAD, MAP, STATE)                                        \
    X(RESPONSE_SCORE, "response_score", RULES_AT_HEAD, SINGLE, STATE)                              \
    X(CAPTURES, "capture.", RULES_AT_HEAD, MAP, STATE)                                             \
    X(MATCHED, "matched", RULES_AT_HEAD, SINGLE, STATE)                                            \
    X(MATCHED_NAME, "matched.name", RULES_AT_HEAD, SINGLE, STATE)                                  \
    X(MATCHED_KEY, "matched.key", RULES_AT_HEAD, SINGLE, STATE)                                    \
    X(MATCHED_ALL, "matched.*", RULES_AT_HEAD, SINGLE, STATE)                                      \
    X(MATCHED_NAMES, "matched.names", RULES_AT_HEAD, SINGLE, STATE)                                \
    X(MATCHED_KEYS, "matched.keys", RULES_AT_HEAD, SINGLE, STATE)                                  \
    X(RULE_ID, "rule.id", RULES_AT_HEAD, SINGLE, STATE)

enum rules_collection {
#define X(name, word, phase, kind, source) RULES_OF_##name,
    RULES_COLLECTIONS(X)
#undef X
        RULES_COLLECTION_COUNT
};

enum rules_collection_kind {
    RULES_SINGLE,      // values without a name, mostly one
    RULES_NAMES,       // the names of a map, each as a value
    RULES_FIELD_NAMES, // of fields
    RULES_MAP,         // named values, names compared octet by octet; the word ends in a dot
    RULES_FIELDS,      // named values, names compared without regard to case
};

enum rules_collection_source { RULES_MESSAGE, RULES_STATE };

struct rules_collection_facts {
    const char *word;
    enum rules_phase phase;
    enum rules_collection_kind kind;
    enum rules_collection_source source;
};

const struct rules_collection_facts *rules_collection_facts(enum rules_collection c);
// Are the names of its values compared without regard to case?
bool rules_collection_ignores_case(enum rules_collection c);
// Is it a list of names?
bool rules_collection_is_names(enum rules_collection c);

enum rules_pick {
    RULES_PICK_ALL,
    RULES_PICK_NAME,
    RULES_PICK_REGEX,
    RULES_PICK_INDEXED, // a name in which [*] stands for any index of a JSON array
};

// A target as read: the text behind the dot is `name` (lower case for fields) or the pattern
// between the slashes.
struct rules_target {
    enum rules_collection collection;
    enum rules_pick pick;
    struct slice name;
    bool is_taken_out; // "!"
    bool is_count;     // "count:"
};

enum { RULES_TARGETS_OF_WORD = 2 };

// Reads a target: "args.…" stands for two, the query's and the body's. The number of targets, or 0
// with a sentence in why[why_cap] that says what is wrong. `name` is a view of `text`.
MUST_USE size_t rules_target_parse(struct slice text,
                                   struct rules_target out[RULES_TARGETS_OF_WORD], char *why,
                                   size_t why_cap);
// Does `name` look like `pattern`, in which [*] stands for an index?
bool rules_target_is_indexed(struct slice pattern, struct slice name);

#endif

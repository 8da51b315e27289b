// SPDX-License-Identifier: Apache-2.0
// The comparisons of rules: compiled from the "match" of a condition, then asked for one
// transformed value at a time.
#ifndef YETT_RULES_OPERATOR_H
#define YETT_RULES_OPERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"
#include "rules/literals.h"
#include "rules/macro.h"
#include "rules/regex.h"
#include "rules/sql_injection.h"

struct json;
struct rules_loader;
struct rules_automaton;

// X(NAME, "word")
#define RULES_OPERATORS(X)                                                                         \
    X(REGEX, "regex")                                                                              \
    X(CONTAINS, "contains")                                                                        \
    X(CONTAINS_ANY, "contains_any")                                                                \
    X(EQUALS, "equals")                                                                            \
    X(WITHIN, "within")                                                                            \
    X(BEGINS_WITH, "begins_with")                                                                  \
    X(ENDS_WITH, "ends_with")                                                                      \
    X(NUMBER_IS, "number_is")                                                                      \
    X(GREATER_THAN, "greater_than")                                                                \
    X(LESS_THAN, "less_than")                                                                      \
    X(AT_LEAST, "at_least")                                                                        \
    X(AT_MOST, "at_most")                                                                          \
    X(IP_IN, "ip_in")                                                                              \
    X(BYTES_OUTSIDE, "bytes_outside")                                                              \
    X(INVALID_URL_ENCODING, "invalid_url_encoding")                                                \
    X(INVALID_UTF8, "invalid_utf8")                                                                \
    X(SQL_INJECTION, "sql_injection")                                                              \
    X(XSS, "xss")                                                                                  \
    X(ALWAYS, "always")

enum rules_operator_kind {
#define X(name, word) RULES_OPERATOR_##name,
    RULES_OPERATORS(X)
#undef X
        RULES_OPERATOR_COUNT
};

struct rules_operator {
    enum rules_operator_kind kind;
    bool is_negated;
    bool ignores_case;
    const struct rules_regex *regex; // of REGEX
    const struct slice *texts;       // of the text comparisons; of EQUALS sorted
    size_t text_count;
    const struct rules_automaton *any;  // of CONTAINS_ANY, and of CONTAINS without regard to case
    int64_t number;                     // of the comparisons of numbers
    bool lacks_number;                  // the variable to compare with is not there
    const struct addr_prefix *prefixes; // of IP_IN
    size_t prefix_count;
    const bool *allowed;              // of BYTES_OUTSIDE, 256
    const struct sql_dictionary *sql; // of SQL_INJECTION
    struct rules_macro argument;      // with parts: the text or number is known only at run time
    struct rules_literals needs;      // what a value must contain to match; empty: unknown
};

// What one thread needs to compare with any operator.
struct rules_operator_memory {
    struct rules_regex_memory *regex;
    struct sql_fingerprint fingerprint; // of the last SQL_INJECTION that matched
};

enum { RULES_LIST_MAX = 20000 }; // texts of one contains_any or equals

// Reads `match`, an object. False with problems.
MUST_USE bool rules_operator_load(struct rules_loader *l, const struct json *match,
                                  struct rules_operator *out);
// Order of octets, for qsort and bsearch over struct slice.
int rules_text_order(const void *a, const void *b);
// A plain decimal number, perhaps with a minus; one too large counts as the largest, so that more
// digits are no way around a limit.
MUST_USE bool rules_number_read(struct slice text, int64_t *out);
// Compares; `argument` is what the macro came out as, for operators that have one. MATCH sets
// *piece to the part of `text` that matched: all of it where no part can be told; and captures[],
// unless NULL, to the groups, or to the fingerprint, which lives in `m`.
MUST_USE enum rules_match rules_operator_try(const struct rules_operator *op,
                                             struct rules_operator_memory *m, struct slice text,
                                             struct slice argument, struct slice *piece,
                                             struct slice captures[RULES_CAPTURES]);

#endif

// SPDX-License-Identifier: Apache-2.0
// Regular expressions of rules: PCRE2 with JIT, bytes and not characters, every match under limits,
// so that no pattern and no value can take a worker for long. Reaching a limit is an answer of its
// own and never "no match".
#ifndef YETT_RULES_REGEX_H
#define YETT_RULES_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

struct rules_regex;
struct rules_regex_memory;

enum rules_match {
    RULES_NO_MATCH,
    RULES_MATCH,
    RULES_UNDECIDED, // a limit was reached
};

enum {
    RULES_PATTERN_MAX = 32 * 1024,
    RULES_REGEX_WHY_MAX = 160,
    RULES_CAPTURES = 10, // the whole match and nine groups
};

// How letters and line feeds are taken where the pattern itself does not say.
struct rules_regex_flags {
    bool ignore_case;
    bool dot_all; // `.` matches a line feed too
};

// Compiles `pattern`. On failure NULL; then *offset says where in the pattern (in bytes) and
// why[RULES_REGEX_WHY_MAX] what.
MUST_USE struct rules_regex *rules_regex_compile(struct slice pattern,
                                                 struct rules_regex_flags flags, size_t *offset,
                                                 char *why);
void rules_regex_free(struct rules_regex **r);

// What one thread needs to match with any regex. NULL without memory.
MUST_USE struct rules_regex_memory *rules_regex_memory_new(void);
void rules_regex_memory_free(struct rules_regex_memory **m);

// Searches `text` for the first match; *piece is then the part that matched (may be empty), and
// captures[], unless NULL, what the groups matched: ptr NULL for those that took no part.
MUST_USE enum rules_match rules_regex_match(const struct rules_regex *r,
                                            struct rules_regex_memory *m, struct slice text,
                                            struct slice *piece,
                                            struct slice captures[RULES_CAPTURES]);

#endif

// SPDX-License-Identifier: Apache-2.0
// Everything that is wrong with a policy and the files it names, collected in one pass so that a
// person mends all of it at once. A problem has a place (file:line:column), a JSON path when it
// lies in JSON, a sentence, and perhaps a suggestion. A warning does not refuse the policy.
#ifndef YETT_BASE_PROBLEMS_H
#define YETT_BASE_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/attr.h"

struct json;
struct problems;

enum { PROBLEMS_MAX = 100 }; // more are counted, not kept

// NULL without memory.
MUST_USE struct problems *problems_new(void);
void problems_free(struct problems **p);
// A problem at a JSON value; `at` must not be NULL.
void problems_add(struct problems *p, const struct json *at, const char *format, ...)
    PRINTF_LIKE(3, 4);
void problems_warn(struct problems *p, const struct json *at, const char *format, ...)
    PRINTF_LIKE(3, 4);
// A problem in another file; line or column 0 means unknown and is left out.
void problems_add_at(struct problems *p, const char *file, unsigned line, unsigned column,
                     const char *format, ...) PRINTF_LIKE(5, 6);
// Number of errors; warnings do not count.
size_t problems_count(const struct problems *p);
size_t problems_warnings(const struct problems *p);
// One line each: `policy.json:12:5: error: $.routes[0].backend: no backend is called "ap" (did you
// mean "app"?)`
void problems_print(const struct problems *p, FILE *out);
// Text of problem `i` (errors and warnings in the order found) as problems_print writes it, without
// newline; NULL past the last.
const char *problems_text(const struct problems *p, size_t i);

#endif

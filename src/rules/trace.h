// SPDX-License-Identifier: Apache-2.0
// For people who ask why: each value that a condition matched, and what its transforms made of it,
// step by step. Traffic is never traced; a trace is a member of the input that is NULL there.
#ifndef YETT_RULES_TRACE_H
#define YETT_RULES_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct json;

enum { RULES_TRACE_STEPS_MAX = 8 };

struct rules_trace_step {
    const char *transform;
    struct slice text; // behind it
};

// Texts live in the arena of the input.
struct rules_trace_match {
    struct slice rule;
    unsigned condition, condition_count; // which of the rule's, from 0
    struct slice target;                 // "query.id"
    struct slice value;                  // as it came
    struct rules_trace_step steps[RULES_TRACE_STEPS_MAX];
    size_t step_count;
    struct slice piece;           // what matched
    bool is_undecided;            // a limit was reached instead
    const struct json *exclusion; // it does not count because of this one; NULL: it counts
};

struct rules_trace {
    void (*on_match)(void *ctx, const struct rules_trace_match *m);
    void *ctx;
};

#endif

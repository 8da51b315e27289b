// SPDX-License-Identifier: Apache-2.0
// The tests that come with the core rule set, as they are: YAML files of inputs and the ids of
// rules that must and must not be logged.
#ifndef YETT_SUITE_SUITE_H
#define YETT_SUITE_SUITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

struct arena;
struct problems;
struct rules_program;
struct rules_scratch;
struct suite_hit;

enum suite_result {
    SUITE_PASSED,
    SUITE_REFUSED, // the gateway refuses the request before any rule sees it
    SUITE_FAILED,
    SUITE_SKIPPED, // asks for what cannot be asked here
    SUITE_RESULT_COUNT,
};

struct suite_verdict {
    struct slice title;
    enum suite_result result;
    const char *why;              // a sentence; empty when it passed
    unsigned line;                // of the test in its file
    const struct suite_hit *hits; // of the last stage
};

struct suite {
    const struct rules_program *program; // whose rules only watch
    struct rules_scratch *scratch;
    void (*on_verdict)(void *ctx, const char *file, const struct suite_verdict *v);
    void *ctx;
    size_t counts[SUITE_RESULT_COUNT];
};

// Runs the tests of one file. False with a problem when it cannot be read.
MUST_USE bool suite_run_file(struct suite *s, const char *file, struct problems *problems);
// The same of a text.
MUST_USE bool suite_run_text(struct suite *s, const char *name, struct slice text,
                             struct problems *problems);

#endif

// SPDX-License-Identifier: Apache-2.0
// Collections of requests of which is known whether they should be refused: attacks, and what
// honest clients send. Files of them have one JSON object on each line:
//   { "expect": "block" or "pass", "class": "sqli", "request": as in a rule's tests }
// with "base64" (the octets of the request, in Base64) where "request" cannot say it as text.
#ifndef YETT_RULES_CORPUS_H
#define YETT_RULES_CORPUS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"
#include "rules/engine.h"

struct problems;

enum { RULES_CORPUS_HITS_MAX = 16 };

struct rules_corpus_verdict {
    unsigned line;
    struct slice class, request; // class: empty when the line names none
    bool should_block, is_blocked;
    const char *refused;   // reason of the parser, when no rule was asked; else NULL
    const char *undecided; // reason why the rules could not decide; else NULL
    unsigned score;
    struct rules_hit hits[RULES_CORPUS_HITS_MAX];
    size_t hit_count; // of which are kept
};

// Judges every request of the file as a filter with this program would. The verdict lives only
// until `on_verdict` returns. False when the file or one of its lines is broken (see problems);
// the good lines are judged all the same.
// `profile` may be NULL.
MUST_USE bool rules_corpus_run(const char *path, const struct rules_program *program,
                               struct rules_profile *profile,
                               void (*on_verdict)(void *ctx, const struct rules_corpus_verdict *v),
                               void *ctx, struct problems *problems);

#endif

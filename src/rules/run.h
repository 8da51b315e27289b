// SPDX-License-Identifier: Apache-2.0
// One evaluation: what the steps (take values, compare, judge) share, and the memory of a thread it
// works in.
#ifndef YETT_RULES_RUN_H
#define YETT_RULES_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "http/params.h"
#include "rules/program.h"

enum {
    RULES_VALUES_MAX = 1000,             // values of one collection; more cannot be decided
    RULES_VALUE_MAX = 1024 * 1024,       // octets of one value; a longer one cannot be decided
    RULES_PIECE_MAX = 256,               // octets kept of what matched
    RULES_NAME_KEPT_MAX = 128,           // octets kept of a parameter's name in a target
    RULES_SCRATCH_BLOCK = 256 * 1024,    // decoded values of one evaluation lie in such blocks,
    RULES_SCRATCH_MAX = 8 * 1024 * 1024, // up to this much
    RULES_PROBE_WORDS = RULES_PROBES_MAX / 64,
    RULES_LITERAL_WORDS = RULES_LITERALS_OF_PLAN_MAX / 64,
};

enum rules_held {
    RULES_HELD_NO,
    RULES_HELD_EARLY, // by a value that an earlier phase has seen
    RULES_HELD_NOW,
    RULES_HELD_UNDECIDED, // a limit was reached, and no other value decided it
};

// How a condition came out.
struct rules_finding {
    unsigned char held; // enum rules_held
    bool is_secret;
    enum rules_collection collection;
    struct slice name;  // of the value, empty for single ones
    struct slice piece; // in the arena of the input
};

// Text of a value after so many transforms.
struct rules_stage {
    struct slice text;
    unsigned owner;  // the stage whose text this really is: itself, or an earlier one when nothing
                     // changed since
    bool is_scanned; // of owners: candidates are known
    char *room;      // RULES_VALUE_MAX octets
    uint64_t *candidates; // RULES_PROBE_WORDS words
};

struct rules_scratch {
    struct rules_regex_memory *regex;
    struct pool pool;
    struct http_param *values;      // RULES_VALUES_MAX; lists made of fields and names
    struct rules_finding *findings; // RULES_CONDITIONS_MAX
    bool *is_off;                   // RULES_MAX; rules that an exclusion silences
    bool *is_active;                // RULES_EXCLUSIONS_MAX
    unsigned char *picked;          // RULES_SELECTORS_MAX; enum rules_match of the current name
    uint64_t *literals;             // RULES_LITERAL_WORDS
    struct rules_stage stages[RULES_DEPTH_MAX + 1];
    char address[ADDR_TEXT_MAX];
    char status[RULES_TRANSFORM_ROOM];
};

struct rules_run {
    const struct rules_program *program;
    const struct rules_plan *plan;
    const struct rules_input *in;
    struct rules_scratch *scratch;
    struct arena decoded; // of this evaluation
    struct http_params query, body, cookies;
    bool has_query, has_body, has_cookies;
    const char *undecided; // constant word: something concerning all rules could not be seen whole
};

// The values of a collection; an array that lives until the next call or the end of the run. Sets
// run->undecided when there are too many.
const struct http_param *rules_values(struct rules_run *run, enum rules_collection collection,
                                      size_t *count);
// Is `piece`, out of the value of that name in that collection, a secret that must not be recorded?
bool rules_value_is_secret(enum rules_collection collection, struct slice name, struct slice piece);
// Walks the plan and fills scratch->findings for every condition of the phase.
void rules_probe_all(struct rules_run *run);
// Walks the rules in order and decides.
void rules_judge(const struct rules_run *run,
                 void (*on_hit)(void *ctx, const struct rules_hit *hit), void *ctx,
                 struct rules_result *result);

#endif

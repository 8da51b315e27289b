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
    RULES_VALUES_MAX = 32768,            // values of one collection; more cannot be decided
    RULES_VALUE_MAX = 1024 * 1024,       // octets of one value; a longer one cannot be decided
    RULES_PIECE_MAX = 256,               // octets kept of what matched
    RULES_NAME_KEPT_MAX = 128,           // octets kept of a parameter's name in a target
    RULES_SCRATCH_BLOCK = 256 * 1024,    // decoded values of one evaluation lie in such blocks,
    RULES_SCRATCH_MAX = 8 * 1024 * 1024, // up to this much
    RULES_PROBE_WORDS = RULES_PROBES_MAX / 64,
    RULES_LITERAL_WORDS = RULES_LITERALS_OF_PLAN_MAX / 64,
};

// A value that a condition matched. Lives as long as the evaluation.
struct rules_found {
    struct rules_found *next;
    enum rules_collection collection;
    bool is_undecided; // a limit was reached instead
    bool is_early;     // an earlier phase has seen the value
    bool is_secret;
    bool is_count;
    struct slice name;                // of the value, empty for single ones
    struct slice piece;               // what matched
    struct slice value;               // all of it, transformed; only when it is looked at later
    const struct slice *captures;     // RULES_CAPTURES; NULL when nobody asked
    uint32_t number;                  // of the value in the walk
    const struct rules_found *origin; // the match that is looked at again, when the value is one
};

// How a condition came out: what it matched, in order.
struct rules_finding {
    struct rules_found *first, *last;
};

// Text of a value after so many transforms.
struct rules_stage {
    struct slice text;
    unsigned owner;  // the stage whose text this really is: itself, or an earlier one when nothing
                     // changed since
    unsigned scan;   // the stage whose literals are those of this text: literals ignore case
    bool is_scanned; // of those: candidates are known
    char *room;      // for what RULES_VALUE_MAX octets may become
    uint64_t *candidates; // RULES_PROBE_WORDS words
};

struct rules_scratch {
    struct rules_operator_memory operators;
    struct rules_memo *memo;
    struct pool pool;
    struct http_param *values;      // RULES_VALUES_MAX; lists made of fields and names
    struct rules_finding *findings; // RULES_CONDITIONS_MAX
    bool *is_off;                   // RULES_MAX; rules that an exclusion silences
    bool *is_active;                // RULES_EXCLUSIONS_MAX
    unsigned char *picked;          // RULES_SELECTORS_MAX; enum rules_match of the current name
    uint64_t *literals;             // RULES_LITERAL_WORDS; all zero between two scans
    uint32_t *found;                // RULES_LITERALS_OF_PLAN_MAX; literals of the text at hand
    struct rules_stage stages[RULES_DEPTH_MAX + 1];
    char address[ADDR_TEXT_MAX];
};

struct rules_run {
    const struct rules_program *program;
    const struct rules_plan *plan;
    enum rules_phase phase;
    const struct rules_input *in;
    struct rules_scratch *scratch;
    struct rules_result *result;
    struct rules_state *state;
    struct arena decoded; // of this evaluation
    struct rules_body *body;
    struct http_params query, cookies;
    bool has_query, has_cookies;
    bool is_partial;       // a probe of the value at hand was not asked
    uint32_t noted;        // matches so far
    bool any_exclusion;    // is in force; scratch->is_active says which
    const char *undecided; // constant word: something concerning all rules could not be seen whole
    uint32_t value_number; // counts the values walked over
    const struct rules_rule *rule;     // whose turn it is
    const struct rules_found *matched; // what the condition before matched,
    const struct rules_found *current; // and the last of it
    struct slice original;             // the value that is compared, before its transforms
};

// The values of a collection; an array that lives until the next call or the end of the run. Sets
// run->undecided when there are too many.
const struct http_param *rules_values(struct rules_run *run, enum rules_collection collection,
                                      size_t *count);
// The same of collections whose source is the state (state_values.c).
const struct http_param *rules_state_values(struct rules_run *run, enum rules_collection collection,
                                            size_t *count);
// The first value that one of the selectors picks; empty when there is none (link.c).
struct slice rules_first_value(struct rules_run *run, const uint32_t *selectors, size_t count);
// Does the selector pick the name?
enum rules_match rules_picks(const struct rules_run *run, const struct rules_selector *s,
                             struct slice name);
// Is `piece`, out of the value of that name in that collection, a secret that must not be recorded?
bool rules_value_is_secret(enum rules_collection collection, struct slice name, struct slice piece);
// Compares the text with what the condition asks for, and counts that where somebody wants to know
// what it costs.
enum rules_match rules_compare(struct rules_run *run, uint32_t condition, struct slice text,
                               struct slice argument, struct slice *piece,
                               struct slice captures[RULES_CAPTURES]);
// Notes that the condition matched, or could not be decided, with that value.
void rules_note_found(struct rules_run *run, uint32_t condition, const struct rules_found *found,
                      const struct slice captures[RULES_CAPTURES]);
// Pays for looking at a text once more. False when the budget is used up: nothing more can be
// decided.
static inline bool rules_spend(struct rules_run *run, size_t octets)
{
    enum { LOOK = 16 }; // an empty text costs something, too
    run->state->steps += octets + LOOK;
    if (run->state->steps <= run->program->step_budget)
        return true;
    run->undecided = "step-budget";
    return false;
}

// Tells who asks why of a match; `by` is the exclusion for which it does not count, or NULL
// (trace.c).
void rules_trace_found(struct rules_run *run, uint32_t condition, const struct rules_found *found,
                       const struct rules_exclusion *by);
// Walks the plan and fills scratch->findings for every condition of the phase that does not depend
// on the state.
void rules_probe_all(struct rules_run *run);
// Asks the condition now, about all it looks at (link.c).
void rules_ask_now(struct rules_run *run, uint32_t number);
// Carries out what a rule does besides its action (effect.c).
void rules_apply_changes(struct rules_run *run, const struct rules_change *changes, size_t count);
void rules_apply_effects(struct rules_run *run, const struct rules_rule *rule);
// The target that a match is of, such as "query.id", in `arena`.
struct slice rules_target_text(const struct rules_found *f, struct arena *arena);
// Is it taken out for the rule by an exclusion that a rule put in force?
bool rules_is_taken_out(struct rules_run *run, const struct rules_rule *rule,
                        const struct rules_found *f);
// Walks the rules in order and decides.
void rules_judge(struct rules_run *run, void (*on_hit)(void *ctx, const struct rules_hit *hit),
                 void *ctx);

#endif

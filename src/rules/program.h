// SPDX-License-Identifier: Apache-2.0
// The compiled form of rule files. Rules refer to conditions, conditions to selectors, all by
// number in tables of the program. For each phase there is a plan: the order in which values are
// taken, transformed, scanned and compared so that each distinct (collection, transform list) is
// gone through once, whatever the number of rules.
#ifndef YETT_RULES_PROGRAM_H
#define YETT_RULES_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/slice.h"
#include "rules/engine.h"
#include "rules/macro.h"
#include "rules/operator.h"
#include "rules/state.h"
#include "rules/target.h"
#include "rules/transform.h"
#include "rules/vars.h"

struct json;
struct json_doc;

enum {
    RULES_PHASE_COUNT = RULES_AT_END + 1,
    RULES_PHASE_BY_TARGETS = RULES_PHASE_COUNT, // of a rule that names none
    // Ceilings of a program; the scratch memory of a worker is laid out for them.
    RULES_MAX = 8192,
    RULES_CONDITIONS_MAX = 16384,
    RULES_PROBES_MAX = 65536, // of one plan
    RULES_SELECTORS_MAX = 8192,
    RULES_EXCLUSIONS_MAX = 4096,
    RULES_DEPTH_MAX = 8, // transforms of one condition
    RULES_LITERALS_OF_PLAN_MAX = 65536,
    RULES_PARANOIA_MAX = 4,
    RULES_CATEGORIES_MAX = 64,
    RULES_NONE = INT32_MAX, // no rule, no category
};

// Picks values of a collection by name.
struct rules_selector {
    enum rules_collection collection;
    enum rules_pick pick;
    bool is_count;     // how many there are is the value
    struct slice name; // lower case for fields; of REGEX the pattern
    const struct rules_regex *regex;
    uint32_t slot; // of a variable picked by name
};

// A change of a variable ("set").
enum rules_change_kind { RULES_CHANGE_TO, RULES_CHANGE_ADD, RULES_CHANGE_UNSET };

struct rules_change {
    enum rules_change_kind kind;
    uint32_t slot; // of the variable, where its name is known; else RULES_VAR_NONE
    struct rules_macro name, value;
};

struct rules_condition {
    const uint32_t *include; // selectors
    size_t include_count;
    const uint32_t *exclude;
    size_t exclude_count;
    unsigned char transforms[RULES_DEPTH_MAX]; // enum rules_transform
    size_t transform_count;
    uint32_t rule;
    bool is_multi_match;
    bool captures;
    bool is_dynamic;                    // depends on what rules have set: asked when its turn comes
    bool keeps_all;                     // every value that matches counts, not only the first
    bool keeps_value;                   // the whole value is looked at later
    const struct rules_change *changes; // for each value that matches
    size_t change_count;
    struct rules_operator op;
};

enum rules_action {
    RULES_ACTION_SCORE,
    RULES_ACTION_DENY,
    RULES_ACTION_ALLOW,
    RULES_ACTION_LOG,
    RULES_ACTION_PASS
};

enum rules_rule_kind {
    RULES_RULE,
    RULES_GUARD_WHEN,   // not held: goes on behind its group
    RULES_GUARD_UNLESS, // held: the same
    RULES_TRIGGER,      // held: an exclusion is in force; asked before all rules
};

struct rules_rule {
    enum rules_rule_kind kind;
    struct slice id, severity;
    struct rules_macro description, logdata;
    const struct json *at;
    unsigned char phase; // enum rules_phase, or RULES_PHASE_BY_TARGETS
    enum rules_action action;
    unsigned score, status, paranoia;
    bool is_detect, is_per_match;
    bool uses_matched;                   // all that its conditions matched is kept
    uint32_t category;                   // or RULES_NONE
    uint32_t condition, condition_count; // all must hold
    const struct slice *tags;
    size_t tag_count;
    const uint32_t *exclusions; // those that take targets out of this rule and stand in a file
    size_t exclusion_count;
    const uint32_t *later_exclusions; // the same, in force only when a rule says so
    size_t later_exclusion_count;
    const struct rules_change *changes; // when the whole rule hits
    size_t change_count;
    uint32_t first_trigger, trigger_count; // exclusions that are in force from its hit on
    enum rules_decoder decoder;            // BY_TYPE: leaves it as it is
    uint32_t skip_to; // the rule to go on with, or RULES_NONE; of guards: behind the group
};

struct rules_exclusion {
    const struct json *at;
    const struct slice *rules, *tags, *hosts;
    size_t rule_count, tag_count, host_count;
    struct slice path;       // prefix on whole segments; empty: any
    const uint32_t *targets; // selectors
    size_t target_count;     // 0: the rules as a whole
    const uint32_t *matched; // numbers of the rules it concerns
    size_t matched_count;
    uint64_t expires_s; // 0: never
    bool needs_trigger; // in force only when a rule says so
};

// A condition, asked for the values of one collection.
struct rules_probe {
    uint32_t condition;
    const uint32_t *include, *exclude; // selectors of this collection
    size_t include_count, exclude_count;
    bool takes_all; // no need to look at names
};

// One node of the tree of transform lists over a collection, in preorder: its text is the text of
// the node above, through `transform`. Probes of a lane and of the lanes below it are neighbours.
struct rules_lane {
    unsigned char depth; // 0: the value as it came
    unsigned char transform;
    bool is_scanned; // one of its probes may be ruled out by literals
    bool takes_all;  // a probe of this lane or below takes every name
    uint32_t next;   // the first lane that is not below this one
    uint32_t first_probe, probe_count;
    const uint32_t *selectors; // what the probes of this lane and below include
    size_t selector_count;
};

struct rules_stream {
    enum rules_collection collection;
    bool is_early; // its values were there in an earlier phase already
    uint32_t first_lane, lane_end;
    uint32_t first_probe, probe_end; // of all its lanes
    const uint32_t
        *selectors; // all that must be known of a name: picked by probes or by exclusions
    size_t selector_count;
};

struct rules_plan {
    const struct rules_stream *streams;
    size_t stream_count;
    const struct rules_lane *lanes;
    const struct rules_probe *probes;
    size_t probe_count;
    const uint32_t *rules; // that may hit in this phase, in the order of the files
    size_t rule_count;
    const uint64_t *always;                  // bit per probe: runs whatever the text holds
    const struct rules_automaton *automaton; // NULL without literals
    size_t literal_count;
    const uint32_t
        *literal_from; // literal i concerns literal_probes[literal_from[i] .. literal_from[i + 1])
    const uint32_t *literal_probes;
};

struct rules_program {
    uint64_t serial; // that no other program has; 0: nothing is remembered of its values
    struct arena arena;
    struct json_doc **docs; // texts of the program point into them
    size_t doc_count;
    struct rules_regex **regexes; // grown on the heap
    size_t regex_count, regex_room;
    struct rules_selector *selectors;
    size_t selector_count;
    struct rules_rule *rules;
    size_t rule_count;
    struct rules_condition *conditions;
    size_t condition_count;
    struct rules_exclusion *exclusions;
    size_t exclusion_count;
    bool has_exclusions; // in force without a rule that says so
    struct rules_var *vars;
    size_t var_count;
    struct slice *categories;
    unsigned *category_thresholds; // 0: none
    size_t category_count;
    size_t count; // rules that people wrote, guards apart
    struct rules_plan plans[RULES_PHASE_COUNT];
    unsigned threshold, response_threshold;
    uint64_t step_budget;
};

// Variations that only tests ask for, beside the public options.
struct rules_compile_flags {
    bool no_prefilter; // every probe runs always, and nothing is remembered
    bool no_exclusions;
};

MUST_USE struct rules_program *rules_compile_with(const struct rules_options *o,
                                                  struct rules_compile_flags flags,
                                                  struct problems *problems);
// From text in memory instead of files; `name` is what problems call it.
MUST_USE struct rules_program *rules_compile_text(const char *name, struct slice text,
                                                  const struct rules_options *o,
                                                  struct rules_compile_flags flags,
                                                  struct problems *problems);

// Lays out the plan of a phase (plan.c). False without memory or past a ceiling, the latter with a
// problem.
MUST_USE bool rules_plan_build(struct rules_program *p, enum rules_phase phase, bool no_prefilter,
                               struct problems *problems);
// Is the collection at hand in this phase?
bool rules_collection_is_at_hand(enum rules_collection c, enum rules_phase phase);
// Does a condition of the rule look at the collection in this phase?
bool rules_condition_looks_at(const struct rules_rule *rule, enum rules_collection collection,
                              enum rules_phase phase);
// May the rule hit in this phase?
bool rules_rule_runs_at(const struct rules_program *p, const struct rules_rule *rule,
                        enum rules_phase phase);

#endif

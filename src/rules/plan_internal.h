// SPDX-License-Identifier: Apache-2.0
// What the steps of laying out a plan hand to one another.
#ifndef YETT_RULES_PLAN_INTERNAL_H
#define YETT_RULES_PLAN_INTERNAL_H

#include "rules/program.h"

enum { PLAN_SCRATCH_MAX = 256 * 1024 * 1024 };

// A probe before it has its place.
struct plan_draft {
    enum rules_collection collection;
    uint32_t condition;
    const unsigned char *transforms;
    size_t transform_count;
};

struct plan_builder {
    struct rules_program *program;
    struct rules_plan *plan;
    enum rules_phase phase;
    bool no_prefilter;
    struct problems *problems;
    struct arena scratch; // dies with the builder
    struct plan_draft *drafts;
    size_t draft_count;
    struct rules_lane *lanes;
    size_t lane_count;
    struct rules_stream *streams;
    struct rules_probe *probes;
};

// Gives lanes and streams the names they must know to be passed over (plan_gate.c). False without
// memory.
MUST_USE bool rules_plan_gate(struct plan_builder *b);
// Puts what the probes require into one automaton (prefilter.c). False without memory.
MUST_USE bool rules_plan_prefilter(struct plan_builder *b);

#endif

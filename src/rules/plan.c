// SPDX-License-Identifier: Apache-2.0
// Lays out the work of a phase. Conditions are split by collection into probes and sorted by
// collection, then by transform list: equal lists become one lane, common beginnings of lists one
// way down a tree, and preorder falls out of the sorting.
#include <stdlib.h>
#include <string.h>

#include "base/json_read.h"
#include "base/problems.h"
#include "rules/plan_internal.h"
#include "rules/program.h"

bool rules_collection_is_at_hand(enum rules_collection c, enum rules_phase phase)
{
    return rules_collection_facts(c)->phase <= phase;
}

static bool has_collection(const struct rules_program *p, const struct rules_condition *c,
                           enum rules_phase phase, bool needs_this_phase)
{
    for (size_t i = 0; i < c->include_count; i++) {
        enum rules_collection collection = p->selectors[c->include[i]].collection;
        if (needs_this_phase ? rules_collection_facts(collection)->phase == phase
                             : rules_collection_is_at_hand(collection, phase))
            return true;
    }
    return false;
}

// A guard stands wherever a rule behind it does.
static bool guard_runs_at(const struct rules_program *p, const struct rules_rule *guard,
                          enum rules_phase phase)
{
    for (const struct rules_rule *r = guard + 1; r < p->rules + guard->skip_to; r++) {
        if (r->kind == RULES_RULE && rules_rule_runs_at(p, r, phase))
            return true;
    }
    return false;
}

bool rules_rule_runs_at(const struct rules_program *p, const struct rules_rule *rule,
                        enum rules_phase phase)
{
    if (rule->kind == RULES_GUARD_WHEN || rule->kind == RULES_GUARD_UNLESS)
        return guard_runs_at(p, rule, phase);
    bool is_new = rule->condition_count == 0 && phase == RULES_AT_HEAD;
    for (size_t i = 0; i < rule->condition_count; i++) {
        const struct rules_condition *c = &p->conditions[rule->condition + i];
        if (!has_collection(p, c, phase, false))
            return false;
        is_new |= has_collection(p, c, phase, true);
    }
    return rule->phase == RULES_PHASE_BY_TARGETS ? is_new : rule->phase == phase;
}

// A lone condition without a phase was asked about earlier values before.
bool rules_condition_looks_at(const struct rules_rule *rule, enum rules_collection collection,
                              enum rules_phase phase)
{
    bool only_new = rule->kind == RULES_RULE && rule->phase == RULES_PHASE_BY_TARGETS &&
                    rule->condition_count == 1;
    return only_new ? rules_collection_facts(collection)->phase == phase
                    : rules_collection_is_at_hand(collection, phase);
}

static void *take(struct plan_builder *b, size_t count, size_t size)
{
    return arena_zalloc(&b->program->arena, count, size);
}

static void *take_scratch(struct plan_builder *b, size_t count, size_t size)
{
    return arena_zalloc(&b->scratch, count, size);
}

static int by_pipeline(const void *a, const void *b)
{
    const struct plan_draft *x = a, *y = b;
    if (x->collection != y->collection)
        return x->collection < y->collection ? -1 : 1;
    size_t shorter =
        x->transform_count < y->transform_count ? x->transform_count : y->transform_count;
    int order = memcmp(x->transforms, y->transforms, shorter);
    if (order != 0 || x->transform_count != y->transform_count)
        return order ? order : (x->transform_count < y->transform_count ? -1 : 1);
    return (x->condition > y->condition) - (x->condition < y->condition);
}

static bool is_wanted(const struct plan_builder *b, const struct rules_rule *rule,
                      const struct rules_condition *c, enum rules_collection collection)
{
    if (!rules_condition_looks_at(rule, collection, b->phase))
        return false;
    for (size_t i = 0; i < c->include_count; i++) {
        if (b->program->selectors[c->include[i]].collection == collection)
            return true;
    }
    return false;
}

static bool add_draft(struct plan_builder *b, const struct rules_rule *rule, uint32_t number,
                      enum rules_collection collection, size_t transforms)
{
    if (b->draft_count == RULES_PROBES_MAX) {
        problems_add(b->problems, rule->at, "the rules compare more than %d times in one phase",
                     RULES_PROBES_MAX);
        return false;
    }
    b->drafts[b->draft_count++] = (struct plan_draft){
        .collection = collection,
        .condition = number,
        .transforms = b->program->conditions[number].transforms,
        .transform_count = transforms,
    };
    return true;
}

// One probe for each collection, and with "multi_match" for each step of the transforms.
static bool draft_condition(struct plan_builder *b, const struct rules_rule *rule, uint32_t number)
{
    const struct rules_condition *c = &b->program->conditions[number];
    for (unsigned i = 0; !c->is_dynamic && i < RULES_COLLECTION_COUNT; i++) {
        if (!is_wanted(b, rule, c, (enum rules_collection)i))
            continue;
        for (size_t steps = c->is_multi_match ? 0 : c->transform_count; steps <= c->transform_count;
             steps++) {
            if (!add_draft(b, rule, number, (enum rules_collection)i, steps))
                return false;
        }
    }
    return true;
}

static bool draft_rule(struct plan_builder *b, const struct rules_rule *rule)
{
    for (uint32_t i = 0; i < rule->condition_count; i++) {
        if (!draft_condition(b, rule, rule->condition + i))
            return false;
    }
    return true;
}

static bool draft(struct plan_builder *b)
{
    struct rules_program *p = b->program;
    uint32_t *rules = take(b, p->rule_count, sizeof *rules);
    b->drafts = take_scratch(b, RULES_PROBES_MAX, sizeof *b->drafts);
    if (!rules || !b->drafts)
        return false;
    b->plan->rules = rules;
    // What puts exclusions in force speaks first.
    for (unsigned round = 0; round < 2; round++) {
        for (size_t i = 0; i < p->rule_count; i++) {
            bool is_first = p->rules[i].kind == RULES_TRIGGER;
            if (is_first != (round == 0) || !rules_rule_runs_at(p, &p->rules[i], b->phase))
                continue;
            rules[b->plan->rule_count++] = (uint32_t)i;
            if (!draft_rule(b, &p->rules[i]))
                return false;
        }
    }
    qsort(b->drafts, b->draft_count, sizeof *b->drafts, by_pipeline);
    return true;
}

// The selectors of `list` that belong to the collection.
static const uint32_t *pick_selectors(struct plan_builder *b, const uint32_t *list, size_t count,
                                      enum rules_collection collection, size_t *picked)
{
    uint32_t *own = take(b, count, sizeof *own);
    for (size_t i = 0; own && i < count; i++) {
        if (b->program->selectors[list[i]].collection == collection)
            own[(*picked)++] = list[i];
    }
    return own;
}

static bool make_probe(struct plan_builder *b, const struct plan_draft *d,
                       struct rules_probe *probe)
{
    const struct rules_condition *c = &b->program->conditions[d->condition];
    probe->condition = d->condition;
    probe->include =
        pick_selectors(b, c->include, c->include_count, d->collection, &probe->include_count);
    probe->exclude =
        pick_selectors(b, c->exclude, c->exclude_count, d->collection, &probe->exclude_count);
    if (!probe->include || !probe->exclude)
        return false;
    for (size_t i = 0; i < probe->include_count; i++)
        probe->takes_all |= b->program->selectors[probe->include[i]].pick == RULES_PICK_ALL;
    probe->takes_all &=
        probe->exclude_count == 0 && b->program->rules[c->rule].exclusion_count == 0;
    return true;
}

static void add_lane(struct plan_builder *b, size_t depth, unsigned char transform)
{
    b->lanes[b->lane_count++] = (struct rules_lane){.depth = (unsigned char)depth,
                                                    .transform = transform,
                                                    .first_probe = (uint32_t)b->plan->probe_count};
}

static size_t common_start(const struct plan_draft *a, const struct plan_draft *b)
{
    size_t i = 0;
    while (i < a->transform_count && i < b->transform_count && a->transforms[i] == b->transforms[i])
        i++;
    return i;
}

static void open_stream(struct plan_builder *b, enum rules_collection collection)
{
    b->streams[b->plan->stream_count++] = (struct rules_stream){
        .collection = collection,
        .is_early = rules_collection_facts(collection)->phase != b->phase,
        .first_lane = (uint32_t)b->lane_count,
    };
    add_lane(b, 0, 0);
}

static bool weave(struct plan_builder *b)
{
    size_t lanes = RULES_COLLECTION_COUNT;
    for (size_t i = 0; i < b->draft_count; i++)
        lanes += b->drafts[i].transform_count;
    b->lanes = take(b, lanes, sizeof *b->lanes);
    b->streams = take(b, RULES_COLLECTION_COUNT, sizeof *b->streams);
    b->probes = take(b, b->draft_count, sizeof *b->probes);
    if (!b->lanes || !b->streams || !b->probes)
        return false;
    for (size_t i = 0; i < b->draft_count; i++) {
        const struct plan_draft *d = &b->drafts[i];
        bool is_new = i == 0 || d[-1].collection != d->collection;
        if (is_new)
            open_stream(b, d->collection);
        for (size_t depth = is_new ? 0 : common_start(d - 1, d); depth < d->transform_count;
             depth++)
            add_lane(b, depth + 1, d->transforms[depth]);
        if (!make_probe(b, d, &b->probes[b->plan->probe_count++]))
            return false;
        b->lanes[b->lane_count - 1].probe_count++;
        b->streams[b->plan->stream_count - 1].lane_end = (uint32_t)b->lane_count;
    }
    b->plan->lanes = b->lanes;
    b->plan->streams = b->streams;
    b->plan->probes = b->probes;
    return true;
}

bool rules_plan_build(struct rules_program *p, enum rules_phase phase, bool no_prefilter,
                      struct problems *problems)
{
    struct plan_builder b = {.program = p,
                             .plan = &p->plans[phase],
                             .phase = phase,
                             .no_prefilter = no_prefilter,
                             .problems = problems};
    arena_init(&b.scratch, NULL, PLAN_SCRATCH_MAX);
    bool ok = draft(&b) && weave(&b) && rules_plan_gate(&b) && rules_plan_prefilter(&b);
    arena_clear(&b.scratch);
    return ok;
}

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
    enum rules_phase own = rules_collection_facts(c)->phase;
    return own == phase || (own < phase && own != RULES_AT_BODY);
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

// All conditions can be judged, and one of them could not before.
bool rules_rule_runs_at(const struct rules_program *p, const struct rules_rule *rule,
                        enum rules_phase phase)
{
    bool is_new = false;
    for (size_t i = 0; i < rule->condition_count; i++) {
        const struct rules_condition *c = &p->conditions[rule->condition + i];
        if (!has_collection(p, c, phase, false))
            return false;
        is_new |= has_collection(p, c, phase, true);
    }
    return is_new;
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

// Whether the condition looks at the collection in this phase. A lone condition was asked about
// earlier values before.
static bool is_wanted(const struct plan_builder *b, const struct rules_rule *rule,
                      const struct rules_condition *c, enum rules_collection collection)
{
    bool is_now = rules_collection_facts(collection)->phase == b->phase;
    if (!is_now &&
        (rule->condition_count == 1 || !rules_collection_is_at_hand(collection, b->phase)))
        return false;
    for (size_t i = 0; i < c->include_count; i++) {
        if (b->program->selectors[c->include[i]].collection == collection)
            return true;
    }
    return false;
}

static bool draft_condition(struct plan_builder *b, const struct rules_rule *rule, uint32_t number)
{
    const struct rules_condition *c = &b->program->conditions[number];
    for (unsigned i = 0; i < RULES_COLLECTION_COUNT; i++) {
        if (!is_wanted(b, rule, c, (enum rules_collection)i))
            continue;
        if (b->draft_count == RULES_PROBES_MAX) {
            problems_add(b->problems, rule->at, "the rules compare more than %d times in one phase",
                         RULES_PROBES_MAX);
            return false;
        }
        struct plan_draft *draft = &b->drafts[b->draft_count++];
        *draft = (struct plan_draft){.collection = (enum rules_collection)i, .condition = number};
        draft->transforms = c->transforms;
        draft->transform_count = c->transform_count;
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
    for (size_t i = 0; i < p->rule_count; i++) {
        const struct rules_rule *rule = &p->rules[i];
        if (!rules_rule_runs_at(p, rule, b->phase))
            continue;
        rules[b->plan->rule_count++] = (uint32_t)i;
        for (uint32_t j = 0; j < rule->condition_count; j++) {
            if (!draft_condition(b, rule, rule->condition + j))
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

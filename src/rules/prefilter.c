// SPDX-License-Identifier: Apache-2.0
// The literals that the probes of a phase require go into one automaton, so that one pass over a
// text tells which probes can match at all. A probe without literals runs always. This only ever
// saves work: verdicts are the same without it.
#include <stdlib.h>

#include "rules/automaton.h"
#include "rules/operator.h"
#include "rules/plan_internal.h"

// Of a longer literal its beginning is enough to rule out most texts, and the table stays within a
// processor's cache.
enum { USED_MAX = 6 };

struct pair {
    struct slice literal;
    uint32_t probe;
};

static int by_literal(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = rules_text_order(&x->literal, &y->literal);
    return order ? order : (x->probe > y->probe) - (x->probe < y->probe);
}

static const struct rules_literals *needs_of(const struct plan_builder *b, size_t probe)
{
    return &b->program->conditions[b->probes[probe].condition].op.needs;
}

// One pair for each literal of each probe; probes without, or past the ceiling, are marked to run
// always.
static struct pair *collect_pairs(struct plan_builder *b, uint64_t *always, size_t *count)
{
    struct pair *pairs = arena_zalloc(&b->scratch, RULES_LITERALS_OF_PLAN_MAX, sizeof *pairs);
    for (size_t i = 0; pairs && i < b->plan->probe_count; i++) {
        const struct rules_literals *needs = needs_of(b, i);
        if (b->no_prefilter || needs->count == 0 ||
            *count + needs->count > RULES_LITERALS_OF_PLAN_MAX) {
            always[i / 64] |= UINT64_C(1) << (i % 64);
            continue;
        }
        for (size_t j = 0; j < needs->count; j++) {
            struct slice literal = slice_of(needs->items[j].text, needs->items[j].len);
            pairs[(*count)++] = (struct pair){slice_first(literal, USED_MAX), (uint32_t)i};
        }
    }
    return pairs;
}

static void mark_lanes(struct plan_builder *b, const uint64_t *always)
{
    for (size_t i = 0; i < b->lane_count; i++) {
        struct rules_lane *lane = &b->lanes[i];
        for (uint32_t j = lane->first_probe; j < lane->first_probe + lane->probe_count; j++)
            lane->is_scanned |= !(always[j / 64] >> (j % 64) & 1);
    }
}

// Sorted pairs to distinct literals, each with its run of probes.
static bool index_literals(struct plan_builder *b, const struct pair *pairs, size_t count)
{
    struct rules_plan *plan = b->plan;
    struct arena *arena = &b->program->arena;
    struct slice *literals = arena_zalloc(arena, count, sizeof *literals);
    uint32_t *from = arena_zalloc(arena, count + 1, sizeof *from);
    uint32_t *probes = arena_zalloc(arena, count, sizeof *probes);
    if (!literals || !from || !probes)
        return false;
    for (size_t i = 0; i < count; i++) {
        probes[i] = pairs[i].probe;
        if (i > 0 && slice_eq(pairs[i - 1].literal, pairs[i].literal))
            continue;
        from[plan->literal_count] = (uint32_t)i;
        literals[plan->literal_count++] = pairs[i].literal;
    }
    from[plan->literal_count] = (uint32_t)count;
    plan->literal_from = from;
    plan->literal_probes = probes;
    plan->automaton = rules_automaton_build(arena, literals, plan->literal_count, true);
    return plan->automaton != NULL;
}

bool rules_plan_prefilter(struct plan_builder *b)
{
    size_t count = 0;
    uint64_t *always =
        arena_zalloc(&b->program->arena, b->plan->probe_count / 64 + 1, sizeof *always);
    struct pair *pairs = always ? collect_pairs(b, always, &count) : NULL;
    if (!pairs)
        return false;
    b->plan->always = always;
    mark_lanes(b, always);
    if (count == 0)
        return true;
    qsort(pairs, count, sizeof *pairs, by_literal);
    return index_literals(b, pairs, count);
}

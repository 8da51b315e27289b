// SPDX-License-Identifier: Apache-2.0
// A value whose name nobody asked for need not be transformed or scanned at all. So each lane knows
// the selectors of the probes it leads to, and each stream all selectors whose answer is needed for
// a name.
#include "rules/plan_internal.h"

// A set of selectors that is emptied by counting up.
struct marks {
    uint32_t *round_of;
    uint32_t round;
    uint32_t *list; // as many as there are selectors
    size_t count;
};

static void empty(struct marks *m)
{
    m->round++;
    m->count = 0;
}

static void mark(struct marks *m, const uint32_t *selectors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (m->round_of[selectors[i]] == m->round)
            continue;
        m->round_of[selectors[i]] = m->round;
        m->list[m->count++] = selectors[i];
    }
}

static const uint32_t *copy(struct plan_builder *b, const struct marks *m)
{
    uint32_t *list = arena_zalloc(&b->program->arena, m->count, sizeof *list);
    if (list && m->count)
        memcpy(list, m->list, m->count * sizeof *list);
    return list;
}

static void mark_exclusions(const struct plan_builder *b, struct marks *m,
                            const struct rules_probe *probe, enum rules_collection collection)
{
    const struct rules_program *p = b->program;
    const struct rules_rule *rule = &p->rules[p->conditions[probe->condition].rule];
    for (size_t i = 0; i < rule->exclusion_count; i++) {
        const struct rules_exclusion *e = &p->exclusions[rule->exclusions[i]];
        for (size_t j = 0; j < e->target_count; j++) {
            if (p->selectors[e->targets[j]].collection == collection)
                mark(m, &e->targets[j], 1);
        }
    }
}

static uint32_t probe_end(const struct plan_builder *b, uint32_t lane)
{
    return lane < b->lane_count ? b->lanes[lane].first_probe : (uint32_t)b->plan->probe_count;
}

static bool gate_lane(struct plan_builder *b, const struct rules_stream *s, uint32_t number,
                      struct marks *m)
{
    struct rules_lane *lane = &b->lanes[number];
    lane->next = number + 1;
    while (lane->next < s->lane_end && b->lanes[lane->next].depth > lane->depth)
        lane->next++;
    empty(m);
    for (uint32_t i = lane->first_probe; i < probe_end(b, lane->next); i++) {
        lane->takes_all |= b->probes[i].takes_all;
        mark(m, b->probes[i].include, b->probes[i].include_count);
    }
    lane->selectors = copy(b, m);
    lane->selector_count = m->count;
    return lane->selectors != NULL;
}

static bool gate_stream(struct plan_builder *b, struct rules_stream *s, struct marks *m)
{
    for (uint32_t i = s->first_lane; i < s->lane_end; i++) {
        if (!gate_lane(b, s, i, m))
            return false;
    }
    empty(m);
    s->first_probe = b->lanes[s->first_lane].first_probe;
    s->probe_end = probe_end(b, s->lane_end);
    for (uint32_t i = s->first_probe; i < s->probe_end; i++) {
        mark(m, b->probes[i].include, b->probes[i].include_count);
        mark(m, b->probes[i].exclude, b->probes[i].exclude_count);
        mark_exclusions(b, m, &b->probes[i], s->collection);
    }
    s->selectors = copy(b, m);
    s->selector_count = m->count;
    return s->selectors != NULL;
}

bool rules_plan_gate(struct plan_builder *b)
{
    struct marks m = {0};
    m.round_of = arena_zalloc(&b->scratch, b->program->selector_count, sizeof *m.round_of);
    m.list = arena_zalloc(&b->scratch, b->program->selector_count, sizeof *m.list);
    if (!m.round_of || !m.list)
        return false;
    for (size_t i = 0; i < b->plan->stream_count; i++) {
        if (!gate_stream(b, &b->streams[i], &m))
            return false;
    }
    return true;
}

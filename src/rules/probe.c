// SPDX-License-Identifier: Apache-2.0
// Walks a plan: collection by collection, value by value, down the tree of transforms. A text is
// scanned for literals at most once, however many transforms left it as it was, and only probes
// that may match are asked. A condition that holds is not asked again: a rule hits once per phase.
#include "base/arena.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "rules/automaton.h"
#include "rules/memo.h"
#include "rules/profile.h"
#include "rules/run.h"

enum rules_match rules_picks(const struct rules_run *run, const struct rules_selector *s,
                             struct slice name)
{
    struct slice piece;
    switch (s->pick) {
    case RULES_PICK_ALL:
        return RULES_MATCH;
    case RULES_PICK_REGEX:
        return rules_regex_match(s->regex, run->scratch->operators.regex, name, &piece, NULL);
    case RULES_PICK_INDEXED:
        return rules_target_is_indexed(s->name, name) ? RULES_MATCH : RULES_NO_MATCH;
    case RULES_PICK_NAME:
        break;
    }
    bool same = rules_collection_ignores_case(s->collection) ? ascii_eq_nocase(s->name, name)
                                                             : slice_eq(s->name, name);
    return same ? RULES_MATCH : RULES_NO_MATCH;
}

static void judge_name(struct rules_run *run, const struct rules_stream *stream, struct slice name)
{
    for (size_t i = 0; i < stream->selector_count; i++) {
        uint32_t number = stream->selectors[i];
        run->scratch->picked[number] =
            (unsigned char)rules_picks(run, &run->program->selectors[number], name);
    }
}

// A name the regex could not decide about is looked at, and nothing is taken out for it.
static bool any_picked(const struct rules_run *run, const uint32_t *selectors, size_t count,
                       bool when_undecided)
{
    for (size_t i = 0; i < count; i++) {
        unsigned char picked = run->scratch->picked[selectors[i]];
        if (picked == RULES_MATCH || (picked == RULES_UNDECIDED && when_undecided))
            return true;
    }
    return false;
}

// The exclusion that takes the current name out of the rule; NULL without.
static const struct rules_exclusion *exclusion_of(const struct rules_run *run,
                                                  const struct rules_rule *rule,
                                                  enum rules_collection collection)
{
    const struct rules_program *p = run->program;
    for (size_t i = 0; run->any_exclusion && i < rule->exclusion_count; i++) {
        const struct rules_exclusion *e = &p->exclusions[rule->exclusions[i]];
        if (!run->scratch->is_active[rule->exclusions[i]])
            continue;
        for (size_t j = 0; j < e->target_count; j++) {
            if (p->selectors[e->targets[j]].collection == collection &&
                run->scratch->picked[e->targets[j]] == RULES_MATCH)
                return e;
        }
    }
    return NULL;
}

static const struct rules_rule *rule_of(const struct rules_run *run,
                                        const struct rules_probe *probe)
{
    return &run->program->rules[run->program->conditions[probe->condition].rule];
}

static bool takes_name(const struct rules_run *run, const struct rules_probe *probe)
{
    return probe->takes_all || (any_picked(run, probe->include, probe->include_count, true) &&
                                !any_picked(run, probe->exclude, probe->exclude_count, false));
}

static bool looks_at(const struct rules_run *run, const struct rules_stream *stream,
                     const struct rules_probe *probe)
{
    return probe->takes_all ||
           (takes_name(run, probe) && !exclusion_of(run, rule_of(run, probe), stream->collection));
}

// The exclusion that silences the rule as a whole.
static const struct rules_exclusion *silencer_of(const struct rules_run *run,
                                                 const struct rules_rule *rule)
{
    const struct rules_program *p = run->program;
    for (size_t i = 0; i < p->exclusion_count; i++) {
        const struct rules_exclusion *e = &p->exclusions[i];
        for (size_t j = 0;
             run->scratch->is_active[i] && e->target_count == 0 && j < e->matched_count; j++)
            if (&p->rules[e->matched[j]] == rule)
                return e;
    }
    return NULL;
}

// What would have matched, for who asks why it has not.
static void trace_excluded(struct rules_run *run, const struct rules_stream *stream,
                           const struct rules_probe *probe, const struct http_param *value,
                           const struct rules_stage *stage)
{
    const struct rules_condition *c = &run->program->conditions[probe->condition];
    const struct rules_rule *rule = rule_of(run, probe);
    struct slice piece;
    if (!takes_name(run, probe))
        return;
    const struct rules_exclusion *by = run->scratch->is_off[c->rule]
                                           ? silencer_of(run, rule)
                                           : exclusion_of(run, rule, stream->collection);
    enum rules_match match = rules_operator_try(&c->op, &run->scratch->operators, stage->text,
                                                (struct slice){0}, &piece, NULL);
    if (!by || match == RULES_NO_MATCH)
        return;
    const struct rules_found found = {.collection = stream->collection,
                                      .is_undecided = match == RULES_UNDECIDED,
                                      .name = value->name,
                                      .piece = slice_first(piece, RULES_PIECE_MAX)};
    rules_trace_found(run, probe->condition, &found, by);
}

static struct slice keep(struct rules_run *run, struct slice text, bool is_stable)
{
    return is_stable || !text.ptr ? text : arena_copy(&run->decoded, text);
}

void rules_note_found(struct rules_run *run, uint32_t condition, const struct rules_found *found,
                      const struct slice captures[RULES_CAPTURES])
{
    struct rules_finding *finding = &run->scratch->findings[condition];
    struct rules_found *kept = arena_alloc(&run->decoded, sizeof *kept);
    struct slice *groups =
        captures ? arena_zalloc(&run->decoded, RULES_CAPTURES, sizeof *groups) : NULL;
    if (!kept || (captures && !groups)) {
        run->undecided = "out-of-memory";
        return;
    }
    run->noted++;
    *kept = *found;
    kept->next = NULL;
    for (size_t i = 0; captures && i < RULES_CAPTURES; i++)
        groups[i] = keep(run, captures[i], false);
    kept->captures = groups;
    if (finding->last)
        finding->last->next = kept;
    else
        finding->first = kept;
    finding->last = kept;
    if (run->in->trace)
        rules_trace_found(run, condition, found, NULL);
}

enum rules_match rules_compare(struct rules_run *run, uint32_t condition, struct slice text,
                               struct slice argument, struct slice *piece,
                               struct slice captures[RULES_CAPTURES])
{
    const struct rules_condition *c = &run->program->conditions[condition];
    struct rules_operator_memory *memory = &run->scratch->operators;
    if (!run->in->profile)
        return rules_operator_try(&c->op, memory, text, argument, piece, captures);
    struct rules_profile_count *count = &run->in->profile->conditions[condition];
    uint64_t began = clock_mono_ns();
    enum rules_match match = rules_operator_try(&c->op, memory, text, argument, piece, captures);
    count->ns += clock_mono_ns() - began;
    count->asked++;
    count->matched += match == RULES_MATCH;
    return match;
}

// Whether another match would say nothing new.
static bool is_settled(const struct rules_run *run, const struct rules_condition *c,
                       const struct rules_finding *f)
{
    if (!f->first)
        return false;
    if (c->keeps_all)
        return f->last->number == run->value_number && !f->last->is_undecided;
    return !f->last->is_undecided;
}

static void ask(struct rules_run *run, const struct rules_stream *stream,
                const struct rules_probe *probe, const struct http_param *value,
                const struct rules_stage *stage)
{
    const struct rules_condition *c = &run->program->conditions[probe->condition];
    const struct rules_finding *finding = &run->scratch->findings[probe->condition];
    struct slice piece, captures[RULES_CAPTURES];
    if (is_settled(run, c, finding)) {
        run->is_partial = true;
        return;
    }
    if (run->scratch->is_off[c->rule] || !looks_at(run, stream, probe)) {
        if (run->in->trace)
            trace_excluded(run, stream, probe, value, stage);
        return;
    }
    if (!rules_spend(run, stage->text.len))
        return;
    enum rules_match match = rules_compare(run, probe->condition, stage->text, (struct slice){0},
                                           &piece, c->captures ? captures : NULL);
    if (match == RULES_NO_MATCH ||
        (match == RULES_UNDECIDED && finding->last && finding->last->is_undecided))
        return;
    // Texts of stages lie in rooms that the next value overwrites.
    bool is_stable = stage->owner == 0;
    piece = slice_first(piece, RULES_PIECE_MAX);
    const struct rules_found found = {
        .collection = stream->collection,
        .is_undecided = match == RULES_UNDECIDED,
        .is_early = stream->is_early,
        .is_secret = rules_value_is_secret(stream->collection, value->name, piece),
        .name = value->name,
        .piece = keep(run, piece, is_stable),
        .value = c->keeps_value ? keep(run, stage->text, is_stable) : (struct slice){0},
        .number = run->value_number,
    };
    rules_note_found(run, probe->condition, &found,
                     c->captures && match == RULES_MATCH ? captures : NULL);
}

// Marks the stream's probes that the literal concerns; they stand in order.
static void mark_probes(const struct rules_plan *plan, const struct rules_stream *stream,
                        uint32_t literal, uint64_t *out)
{
    uint32_t low = plan->literal_from[literal], end = plan->literal_from[literal + 1];
    for (uint32_t high = end; low < high;) {
        uint32_t middle = low + (high - low) / 2;
        if (plan->literal_probes[middle] < stream->first_probe)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < end && plan->literal_probes[low] < stream->probe_end; low++)
        out[plan->literal_probes[low] / 64] |= UINT64_C(1) << (plan->literal_probes[low] % 64);
}

// The probes of the stream that may match the text of the stage.
static const uint64_t *candidates(struct rules_run *run, const struct rules_stream *stream,
                                  const struct rules_lane *lane)
{
    const struct rules_plan *plan = run->plan;
    struct rules_scratch *s = run->scratch;
    if (!lane->is_scanned)
        return plan->always;
    struct rules_stage *stage = &s->stages[s->stages[lane->depth].scan];
    if (stage->is_scanned)
        return stage->candidates;
    (void)rules_spend(run, stage->text.len); // who asks next finds out
    size_t word = stream->first_probe / 64, end = (stream->probe_end - 1) / 64 + 1;
    memcpy(stage->candidates + word, plan->always + word, (end - word) * sizeof *plan->always);
    size_t count = rules_automaton_scan(plan->automaton, stage->text, s->literals, s->found);
    for (size_t n = 0; n < count; n++) {
        s->literals[s->found[n] / 64] = 0; // clean for the next text
        mark_probes(plan, stream, s->found[n], stage->candidates);
    }
    stage->is_scanned = true;
    return stage->candidates;
}

static void count_skipped(const struct rules_run *run, const struct rules_lane *lane,
                          const uint64_t *may)
{
    for (uint32_t i = lane->first_probe; i < lane->first_probe + lane->probe_count; i++)
        if (!(may[i / 64] >> (i % 64) & 1))
            run->in->profile->conditions[run->plan->probes[i].condition].skipped++;
}

static void ask_lane(struct rules_run *run, const struct rules_stream *stream,
                     const struct rules_lane *lane, const struct http_param *value)
{
    if (lane->probe_count == 0)
        return;
    const uint64_t *may = candidates(run, stream, lane);
    if (run->in->profile)
        count_skipped(run, lane, may);
    const struct rules_stage *stage = &run->scratch->stages[lane->depth];
    uint32_t end = lane->first_probe + lane->probe_count;
    for (uint32_t word = lane->first_probe / 64; word <= (end - 1) / 64; word++) {
        for (uint64_t bits = may[word]; bits; bits &= bits - 1) {
            uint32_t probe = word * 64 + (uint32_t)__builtin_ctzll(bits);
            if (probe >= lane->first_probe && probe < end)
                ask(run, stream, &run->plan->probes[probe], value, stage);
        }
    }
}

// False when the text became too long to go on with.
static bool enter_stage(struct rules_run *run, const struct rules_lane *lane)
{
    struct rules_scratch *s = run->scratch;
    struct rules_stage *stage = &s->stages[lane->depth];
    const struct rules_stage *above = stage - 1;
    if (!rules_spend(run, above->text.len))
        return false;
    stage->text = rules_transform((enum rules_transform)lane->transform, above->text, stage->room);
    bool is_same = stage->text.ptr == above->text.ptr && stage->text.len == above->text.len;
    bool is_case = lane->transform == RULES_TRANSFORM_LOWERCASE ||
                   lane->transform == RULES_TRANSFORM_UPPERCASE;
    stage->owner = is_same ? above->owner : lane->depth;
    stage->scan = is_same || is_case ? above->scan : lane->depth;
    stage->is_scanned = false;
    if (stage->text.len <= RULES_VALUE_MAX)
        return true;
    run->undecided = "value-too-long";
    return false;
}

static void walk_lanes(struct rules_run *run, const struct rules_stream *stream,
                       const struct http_param *value)
{
    struct rules_scratch *s = run->scratch;
    judge_name(run, stream, value->name);
    s->stages[0].text = run->original = value->value;
    s->stages[0].is_scanned = false;
    for (uint32_t i = stream->first_lane; i < stream->lane_end;) {
        const struct rules_lane *lane = &run->plan->lanes[i];
        bool is_wanted =
            lane->takes_all || any_picked(run, lane->selectors, lane->selector_count, true);
        if (!is_wanted || (lane->depth > 0 && !enter_stage(run, lane))) {
            i = lane->next;
            continue;
        }
        ask_lane(run, stream, lane, value);
        i++;
    }
}

static void try_value(struct rules_run *run, const struct rules_stream *stream,
                      const struct http_param *value)
{
    const struct rules_program *p = run->program;
    const struct rules_memo_key key = {
        .program = p->serial,
        .where = (uint32_t)(stream - run->plan->streams) * RULES_PHASE_COUNT + run->phase,
        .name = value->name,
        .value = value->value,
    };
    size_t place = SIZE_MAX;
    if (run->state->steps > p->step_budget)
        return;
    if (value->value.len > RULES_VALUE_MAX) {
        run->undecided = "value-too-long";
        return;
    }
    run->value_number++;
    if (p->serial && !run->in->trace && !run->in->profile &&
        rules_memo_knows(run->scratch->memo, &key, &place))
        return;
    uint32_t noted = run->noted;
    run->is_partial = run->any_exclusion;
    walk_lanes(run, stream, value);
    if (place != SIZE_MAX && run->noted == noted && !run->undecided && !run->is_partial)
        rules_memo_add(run->scratch->memo, &key, place);
}

void rules_probe_all(struct rules_run *run)
{
    const struct rules_plan *plan = run->plan;
    for (size_t i = 0; i < plan->rule_count; i++) {
        const struct rules_rule *rule = &run->program->rules[plan->rules[i]];
        for (uint32_t j = 0; j < rule->condition_count; j++)
            run->scratch->findings[rule->condition + j] = (struct rules_finding){0};
    }
    for (size_t i = 0; i < plan->stream_count; i++) {
        size_t count;
        const struct http_param *values = rules_values(run, plan->streams[i].collection, &count);
        for (size_t j = 0; j < count; j++)
            try_value(run, &plan->streams[i], &values[j]);
    }
}

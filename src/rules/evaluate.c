// SPDX-License-Identifier: Apache-2.0
// One evaluation from start to end, and the memory of a thread for it. All of that memory is laid
// out once, for the largest program and value there may be; pages that no program needs are never
// touched.
#include <stdlib.h>

#include "base/arena.h"
#include "rules/engine.h"
#include "rules/exclusion.h"
#include "rules/memo.h"
#include "rules/run.h"

enum { SCRATCH_BLOCKS_KEPT = 2 };

static bool allocate_stages(struct rules_scratch *s)
{
    for (unsigned i = 0; i <= RULES_DEPTH_MAX; i++) {
        struct rules_stage *stage = &s->stages[i];
        stage->candidates = calloc(RULES_PROBE_WORDS + 1, sizeof *stage->candidates);
        stage->room = i > 0 ? malloc(rules_transform_room(RULES_VALUE_MAX)) : NULL;
        if (!stage->candidates || (i > 0 && !stage->room))
            return false;
    }
    return true;
}

struct rules_scratch *rules_scratch_new(void)
{
    struct rules_scratch *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    pool_init(&s->pool, RULES_SCRATCH_BLOCK, RULES_SCRATCH_MAX / RULES_SCRATCH_BLOCK,
              SCRATCH_BLOCKS_KEPT);
    s->operators.regex = rules_regex_memory_new();
    s->memo = rules_memo_new();
    s->values = calloc(RULES_VALUES_MAX, sizeof *s->values);
    s->findings = calloc(RULES_CONDITIONS_MAX, sizeof *s->findings);
    s->is_off = calloc(RULES_MAX, sizeof *s->is_off);
    s->is_active = calloc(RULES_EXCLUSIONS_MAX, sizeof *s->is_active);
    s->picked = calloc(RULES_SELECTORS_MAX, sizeof *s->picked);
    s->literals = calloc(RULES_LITERAL_WORDS + 1, sizeof *s->literals);
    s->found = calloc(RULES_LITERALS_OF_PLAN_MAX, sizeof *s->found);
    bool ok = s->operators.regex && s->memo && s->values && s->findings && s->is_off &&
              s->is_active && s->picked && s->literals && s->found && allocate_stages(s);
    if (!ok)
        rules_scratch_free(&s);
    return s;
}

void rules_scratch_free(struct rules_scratch **s)
{
    if (!*s)
        return;
    rules_regex_memory_free(&(*s)->operators.regex);
    rules_memo_free(&(*s)->memo);
    pool_clear(&(*s)->pool);
    free((*s)->values);
    free((*s)->findings);
    free((*s)->is_off);
    free((*s)->is_active);
    free((*s)->picked);
    free((*s)->literals);
    free((*s)->found);
    for (unsigned i = 0; i <= RULES_DEPTH_MAX; i++) {
        free((*s)->stages[i].candidates);
        free((*s)->stages[i].room);
    }
    free(*s);
    *s = NULL;
}

static void apply_exclusions(struct rules_run *run)
{
    const struct rules_program *p = run->program;
    struct rules_scratch *s = run->scratch;
    run->any_exclusion = false;
    memset(s->is_off, 0, p->rule_count * sizeof *s->is_off);
    memset(s->is_active, 0, p->exclusion_count * sizeof *s->is_active);
    if (!p->has_exclusions && !run->state->any_triggered)
        return;
    for (size_t i = 0; i < p->exclusion_count; i++) {
        const struct rules_exclusion *e = &p->exclusions[i];
        s->is_active[i] = (!e->needs_trigger || run->state->is_triggered[i]) &&
                          rules_exclusion_applies(e, run->in->request, run->in->now_s);
        run->any_exclusion = run->any_exclusion || s->is_active[i];
        for (size_t j = 0; s->is_active[i] && e->target_count == 0 && j < e->matched_count; j++)
            s->is_off[e->matched[j]] = true;
    }
}

// What carries over from phase to phase.
static void begin_result(struct rules_result *result)
{
    const struct rules_result before = *result;
    *result = (struct rules_result){
        .decision = RULES_NOTHING,
        .score = before.score,
        .detect_score = before.detect_score,
        .response_score = before.response_score,
        .response_detect_score = before.response_detect_score,
        .would_deny_rule = before.would_deny_rule,
        .would_deny_reason = before.would_deny_reason,
        .state = before.state,
    };
}

void rules_evaluate(const struct rules_program *p, struct rules_scratch *s, enum rules_phase phase,
                    const struct rules_input *in,
                    void (*on_hit)(void *ctx, const struct rules_hit *hit), void *ctx,
                    struct rules_result *result)
{
    begin_result(result);
    if (p->plans[phase].rule_count == 0)
        return;
    if (!result->state)
        result->state = rules_state_new(p, in->arena);
    if (!result->state) {
        result->decision = RULES_CANNOT_DECIDE;
        result->reason = "out-of-memory";
        return;
    }
    struct rules_run run = {.program = p,
                            .plan = &p->plans[phase],
                            .phase = phase,
                            .in = in,
                            .scratch = s,
                            .result = result,
                            .state = result->state};
    arena_init(&run.decoded, &s->pool, RULES_SCRATCH_MAX);
    apply_exclusions(&run);
    rules_probe_all(&run);
    rules_judge(&run, on_hit, ctx);
    arena_clear(&run.decoded);
}

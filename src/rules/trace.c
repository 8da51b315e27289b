// SPDX-License-Identifier: Apache-2.0
// The steps are made anew from the value: the rooms of the evaluation hold many a list of
// transforms at once, and most texts in them are of no rule that matched.
#include "rules/trace.h"

#include "base/arena.h"
#include "rules/run.h"

static struct slice keep(struct arena *arena, struct slice text)
{
    return text.len ? arena_copy(arena, text) : (struct slice){0};
}

static void take_steps(const struct rules_condition *c, struct arena *arena,
                       struct rules_trace_match *m)
{
    struct slice text = m->value;
    for (size_t i = 0; i < c->transform_count && i < RULES_TRACE_STEPS_MAX; i++) {
        enum rules_transform transform = (enum rules_transform)c->transforms[i];
        char *room =
            text.len <= RULES_VALUE_MAX ? arena_alloc(arena, rules_transform_room(text.len)) : NULL;
        if (!room)
            return;
        text = rules_transform(transform, text, room);
        m->steps[m->step_count++] = (struct rules_trace_step){
            .transform = rules_transform_words()[transform], .text = text};
    }
}

void rules_trace_found(struct rules_run *run, uint32_t condition, const struct rules_found *found,
                       const struct rules_exclusion *by)
{
    const struct rules_trace *trace = run->in->trace;
    const struct rules_condition *c = &run->program->conditions[condition];
    const struct rules_rule *rule = &run->program->rules[c->rule];
    if (!trace || rule->kind != RULES_RULE)
        return;
    struct rules_trace_match m = {
        .rule = rule->id,
        .condition = condition - rule->condition,
        .condition_count = rule->condition_count,
        .target = rules_target_text(found, run->in->arena),
        .value = keep(run->in->arena, run->original),
        .piece = keep(run->in->arena, found->piece),
        .is_undecided = found->is_undecided,
        .exclusion = by ? by->at : NULL,
    };
    take_steps(c, run->in->arena, &m);
    trace->on_match(trace->ctx, &m);
}

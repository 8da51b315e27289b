// SPDX-License-Identifier: Apache-2.0
// What a rule that hits does to the state. Sums are kept within limits, so that no number of
// matches makes them wrap.
#include <stdio.h>

#include "base/arena.h"
#include "rules/exclusion.h"
#include "rules/run.h"

enum { NUMBER_TEXT_MAX = 24 };

static int64_t number_of(struct slice text)
{
    int64_t number;
    return rules_number_read(text, &number) ? number : 0;
}

static struct slice sum(struct rules_run *run, struct slice now, struct slice added)
{
    static const int64_t most = INT64_C(1) << 53;
    int64_t a = number_of(now), b = number_of(added), total;
    if (__builtin_add_overflow(a, b, &total) || total > most)
        total = most;
    if (total < -most)
        total = -most;
    char *text = arena_alloc(&run->decoded, NUMBER_TEXT_MAX);
    if (!text)
        return (struct slice){0};
    return slice_of(text, (size_t)snprintf(text, NUMBER_TEXT_MAX, "%lld", (long long)total));
}

static bool apply_change(struct rules_run *run, const struct rules_change *c)
{
    struct slice name = rules_macro_text(run, &c->name), value = {0};
    if (name.len == 0)
        return true; // a name that came out empty names nothing
    if (c->kind != RULES_CHANGE_UNSET)
        value = rules_macro_text(run, &c->value);
    if (c->kind == RULES_CHANGE_ADD) {
        value = sum(run, rules_state_get(run->program, run->state, c->slot, name), value);
        if (!value.ptr)
            return false;
    }
    if (c->kind == RULES_CHANGE_TO && !value.ptr)
        value = SLICE("");
    return rules_state_set(run->program, run->state, c->slot, name, value, run->in->arena);
}

void rules_apply_changes(struct rules_run *run, const struct rules_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!apply_change(run, &changes[i]))
            run->undecided = "too-many-variables";
    }
}

static void trigger(struct rules_run *run, uint32_t number)
{
    const struct rules_exclusion *e = &run->program->exclusions[number];
    run->state->is_triggered[number] = run->state->any_triggered = true;
    if (!rules_exclusion_applies(e, run->in->request, run->in->now_s))
        return;
    run->scratch->is_active[number] = run->any_exclusion = true;
    for (size_t i = 0; e->target_count == 0 && i < e->matched_count; i++)
        run->scratch->is_off[e->matched[i]] = true;
}

void rules_apply_effects(struct rules_run *run, const struct rules_rule *rule)
{
    rules_apply_changes(run, rule->changes, rule->change_count);
    for (uint32_t i = 0; i < rule->trigger_count; i++)
        trigger(run, rule->first_trigger + i);
    if (rule->decoder != RULES_DECODE_BY_TYPE)
        run->state->decoder = rule->decoder;
}

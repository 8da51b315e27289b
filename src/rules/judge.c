// SPDX-License-Identifier: Apache-2.0
// From findings to a decision. Rules speak in the order of the files, each seeing what those before
// it have set: the first deny or allow ends it, whatever the score. Scores of the others add up and
// are judged at the end. What could not be decided refuses, unless something else refuses anyway,
// or an allow stands before it or would have outweighed its score. Rules that only watch are
// reported and counted apart, so that the record can tell what they would have done.
#include "base/arena.h"
#include "rules/run.h"

struct verdict {
    const struct rules_rule *reached; // the score rule that brought the score to the threshold
    const struct rules_rule *would_reach;
    const struct rules_rule *undecided;
    bool deny_in_doubt; // a deny is undecided: an allow behind it does not settle that
    bool has_teeth;     // some rule could refuse: doubts about the whole message matter
};

enum outcome { HOLDS_NOT, HOLDS, HOLDS_PERHAPS };

struct listener {
    void (*on_hit)(void *ctx, const struct rules_hit *hit);
    void *ctx;
};

struct slice rules_target_text(const struct rules_found *f, struct arena *arena)
{
    const struct rules_collection_facts *facts = rules_collection_facts(f->collection);
    struct slice word = slice_str(facts->word), name = slice_first(f->name, RULES_NAME_KEPT_MAX);
    bool is_names = rules_collection_is_names(f->collection);
    bool is_map = facts->kind == RULES_MAP || facts->kind == RULES_FIELDS;
    if (!is_map && !is_names && !f->is_count)
        return word;
    const char *text =
        arena_printf(arena, "%s%s%s%.*s%s", f->is_count ? "count:" : "", facts->word,
                     is_names && name.len > 0 ? "[" : "", is_map || is_names ? (int)name.len : 0,
                     name.ptr ? name.ptr : "", is_names && name.len > 0 ? "]" : "");
    return text ? slice_str(text) : slice_first(word, word.len - is_map);
}

// Takes out what exclusions took out since the values were compared.
static void filter_found(struct rules_run *run, const struct rules_rule *rule,
                         struct rules_finding *finding)
{
    struct rules_found **link = &finding->first;
    finding->last = NULL;
    while (*link) {
        if (rules_is_taken_out(run, rule, *link)) {
            *link = (*link)->next;
            continue;
        }
        finding->last = *link;
        link = &(*link)->next;
    }
}

static void take_captures(struct rules_run *run, const struct rules_found *f)
{
    if (!f->captures)
        return;
    for (size_t i = 0; i < RULES_CAPTURES; i++)
        run->state->captures[i] =
            f->captures[i].ptr ? arena_copy(run->in->arena, f->captures[i]) : (struct slice){0};
}

// A condition that holds: what it matched is there for those behind it, and its changes happen.
static void settle(struct rules_run *run, const struct rules_condition *c,
                   const struct rules_finding *finding)
{
    run->matched = finding->first;
    for (const struct rules_found *f = finding->first; f; f = f->next) {
        if (f->is_undecided)
            continue;
        run->current = f;
        take_captures(run, f);
        rules_apply_changes(run, c->changes, c->change_count);
    }
}

// The match to show: the first that is decided; else that which is not.
static const struct rules_found *best(const struct rules_finding *finding)
{
    const struct rules_found *f = finding->first;
    while (f && f->is_undecided && f->next)
        f = f->next;
    return f;
}

static bool any_is_new(const struct rules_finding *finding)
{
    for (const struct rules_found *f = finding->first; f; f = f->next) {
        if (!f->is_early)
            return true;
    }
    return false;
}

// Asks the conditions in order. *shown is the match to record: of the last condition, or of the one
// that could not be decided.
static enum outcome ask(struct rules_run *run, const struct rules_rule *rule,
                        const struct rules_found **shown)
{
    bool is_chain = rule->phase == RULES_PHASE_BY_TARGETS && rule->condition_count > 1 &&
                    rule->kind == RULES_RULE;
    bool is_new = !is_chain, in_doubt = false;
    run->matched = run->current = NULL;
    for (uint32_t i = 0; i < rule->condition_count; i++) {
        const struct rules_condition *c = &run->program->conditions[rule->condition + i];
        struct rules_finding *finding = &run->scratch->findings[rule->condition + i];
        if (c->is_dynamic)
            rules_ask_now(run, rule->condition + i);
        else if (finding->first && rule->later_exclusion_count > 0)
            filter_found(run, rule, finding);
        const struct rules_found *found = best(finding);
        if (!found)
            return HOLDS_NOT;
        is_new |= any_is_new(finding);
        if (!in_doubt) // what was looked at twice is shown as what it is
            *shown = found->origin ? found->origin : found;
        in_doubt |= found->is_undecided;
        settle(run, c, finding);
    }
    if (!is_new)
        return HOLDS_NOT;
    return in_doubt ? HOLDS_PERHAPS : HOLDS;
}

// What only watches, logs or allows cannot be the reason to refuse.
static bool can_refuse(const struct rules_rule *rule)
{
    return !rule->is_detect &&
           (rule->action == RULES_ACTION_SCORE || rule->action == RULES_ACTION_DENY);
}

static void note_undecided(const struct rules_rule *rule, struct verdict *v)
{
    if (!can_refuse(rule))
        return;
    v->undecided = v->undecided ? v->undecided : rule;
    v->deny_in_doubt |= rule->action == RULES_ACTION_DENY;
}

static const char *doubt(const struct rules_run *run, const struct verdict *v)
{
    return v->undecided || !run->undecided ? "regex-limit" : run->undecided;
}

static unsigned times(const struct rules_run *run, const struct rules_rule *rule)
{
    unsigned count = 0;
    if (!rule->is_per_match || rule->condition_count == 0)
        return 1;
    uint32_t last = rule->condition + rule->condition_count - 1;
    for (const struct rules_found *f = run->scratch->findings[last].first; f; f = f->next)
        count += !f->is_undecided;
    return count;
}

static bool category_is_full(const struct rules_run *run, const struct rules_rule *rule)
{
    if (rule->category == RULES_NONE)
        return false;
    unsigned limit = run->program->category_thresholds[rule->category];
    return limit > 0 && run->state->category_scores[rule->category] >= limit;
}

// Request and response have sums of their own.
static void add_score(struct rules_run *run, const struct rules_rule *rule, struct verdict *v)
{
    struct rules_result *r = run->result;
    bool is_response = run->phase >= RULES_AT_RESPONSE;
    unsigned *score = is_response ? &r->response_score : &r->score;
    unsigned *detect_score = is_response ? &r->response_detect_score : &r->detect_score;
    unsigned threshold = is_response ? run->program->response_threshold : run->program->threshold;
    unsigned added = rule->score * times(run, rule);
    *(rule->is_detect ? detect_score : score) += added;
    if (rule->category != RULES_NONE && !rule->is_detect)
        run->state->category_scores[rule->category] += added;
    if (added == 0)
        return;
    if (!rule->is_detect && !v->reached && (*score >= threshold || category_is_full(run, rule)))
        v->reached = rule;
    if (!v->would_reach && *score + *detect_score >= threshold)
        v->would_reach = rule;
}

static void conclude(struct rules_run *run, enum rules_decision decision,
                     const struct rules_rule *rule, const char *reason)
{
    struct rules_result *result = run->result;
    result->decision = decision;
    result->reason = reason;
    result->rule = rule ? rule->id : (struct slice){0};
    result->description = rule ? rule->description.text : (struct slice){0};
    result->status = rule && decision == RULES_DENY ? rule->status : 0;
}

static void would_deny(struct rules_result *result, const struct rules_rule *rule,
                       const char *reason)
{
    if (result->would_deny_reason)
        return;
    result->would_deny_reason = reason;
    result->would_deny_rule = rule->id;
}

// True when the rule ends the walk.
static bool act(struct rules_run *run, const struct rules_rule *rule, struct verdict *v)
{
    switch (rule->action) {
    case RULES_ACTION_SCORE:
        add_score(run, rule, v);
        return false;
    case RULES_ACTION_DENY:
        if (rule->is_detect) {
            would_deny(run->result, rule, "rule-denied");
            return false;
        }
        conclude(run, RULES_DENY, rule, "rule-denied");
        return true;
    case RULES_ACTION_ALLOW:
        if (rule->is_detect)
            return false;
        if (v->deny_in_doubt)
            conclude(run, RULES_CANNOT_DECIDE, v->undecided, doubt(run, v));
        else
            conclude(run, RULES_ALLOW, rule, "rule-allowed");
        return true;
    case RULES_ACTION_LOG:
    case RULES_ACTION_PASS:
        return false;
    }
    return false;
}

// Names of forms and matched texts may lie in memory of this evaluation; a hit outlives it.
static struct slice kept(struct rules_run *run, struct slice text)
{
    return text.len ? arena_copy(run->in->arena, text) : (struct slice){0};
}

static void report(struct rules_run *run, const struct rules_rule *rule,
                   const struct rules_found *f, const struct listener *to)
{
    unsigned count = times(run, rule);
    if (!to->on_hit || rule->action == RULES_ACTION_PASS)
        return;
    const struct rules_hit hit = {
        .rule = rule->id,
        .description = kept(run, rules_macro_text(run, &rule->description)),
        .severity = rule->severity,
        .target = f ? rules_target_text(f, run->in->arena) : (struct slice){0},
        .value = f ? kept(run, f->piece) : (struct slice){0},
        .data = kept(run, rules_macro_text(run, &rule->logdata)),
        .category = rule->category == RULES_NONE ? (struct slice){0}
                                                 : run->program->categories[rule->category],
        .tags = rule->tags,
        .tag_count = rule->tag_count,
        .score = rule->score * count,
        .values = count,
        .is_detect = rule->is_detect,
        .is_secret = f && f->is_secret,
    };
    to->on_hit(to->ctx, &hit);
}

static void judge_sum(struct rules_run *run, const struct verdict *v)
{
    struct rules_result *result = run->result;
    if (v->reached)
        conclude(run, RULES_DENY, v->reached, "score-threshold");
    else if (v->undecided || (run->undecided && v->has_teeth))
        conclude(run, RULES_CANNOT_DECIDE, v->undecided, doubt(run, v));
    if (result->decision == RULES_NOTHING && v->would_reach)
        would_deny(result, v->would_reach, "score-threshold");
}

// A rule's turn. True when it ends the walk; *held says whether it hit.
static bool take_turn(struct rules_run *run, const struct rules_rule *rule, struct verdict *v,
                      const struct listener *to, bool *held)
{
    const struct rules_found *shown = NULL;
    run->rule = rule;
    enum outcome outcome = ask(run, rule, &shown);
    *held = outcome != HOLDS_NOT;
    v->has_teeth |= can_refuse(rule);
    if (!*held) {
        v->deny_in_doubt |= run->undecided && !rule->is_detect && rule->action == RULES_ACTION_DENY;
        return false;
    }
    if (outcome == HOLDS_PERHAPS && !rule->is_detect) {
        note_undecided(rule, v);
        return false;
    }
    report(run, rule, shown, to);
    rules_apply_effects(run, rule);
    return act(run, rule, v);
}

// A guard in doubt lets the rules behind it speak.
static bool leads_past(struct rules_run *run, const struct rules_rule *guard)
{
    const struct rules_found *shown;
    enum outcome outcome = ask(run, guard, &shown);
    return guard->kind == RULES_GUARD_WHEN ? outcome == HOLDS_NOT : outcome == HOLDS;
}

// Nothing that the rule's first condition looks at matched: the common case, decided at a glance.
static bool is_out(const struct rules_run *run, const struct rules_rule *rule)
{
    return rule->condition_count > 0 && !run->program->conditions[rule->condition].is_dynamic &&
           !run->scratch->findings[rule->condition].first;
}

void rules_judge(struct rules_run *run, void (*on_hit)(void *ctx, const struct rules_hit *hit),
                 void *ctx)
{
    struct verdict v = {0};
    const struct listener to = {on_hit, ctx};
    const struct rules_program *p = run->program;
    uint32_t next = 0; // rules before this one are passed over
    for (size_t i = 0; i < run->plan->rule_count; i++) {
        uint32_t number = run->plan->rules[i];
        const struct rules_rule *rule = &p->rules[number];
        bool held = false;
        if (number < next || run->scratch->is_off[number])
            continue;
        if (rule->kind == RULES_GUARD_WHEN || rule->kind == RULES_GUARD_UNLESS) {
            next = leads_past(run, rule) ? rule->skip_to : next;
            continue;
        }
        if (is_out(run, rule)) {
            v.has_teeth |= can_refuse(rule);
            v.deny_in_doubt |=
                run->undecided && !rule->is_detect && rule->action == RULES_ACTION_DENY;
            continue;
        }
        if (take_turn(run, rule, &v, &to, &held))
            return;
        if (held && rule->skip_to != RULES_NONE)
            next = rule->skip_to;
    }
    judge_sum(run, &v);
}

// SPDX-License-Identifier: Apache-2.0
// From findings to a decision. Rules speak in the order of the files: the first deny or allow ends
// it, whatever the score. Scores of the others add up and are judged at the end. What could not be
// decided refuses, unless something else refuses anyway, or an allow stands before it or would have
// outweighed its score. Rules that only watch are reported and counted apart, so that the record
// can tell what they would have done.
#include "base/arena.h"
#include "rules/run.h"

struct verdict {
    const struct rules_rule *reached; // the score rule that brought the score to the threshold
    const struct rules_rule *would_reach;
    const struct rules_rule *undecided;
    bool deny_in_doubt; // a deny is undecided: an allow behind it does not settle that
    bool has_teeth;     // some rule could refuse: doubts about the whole message matter
};

// The condition to show: the last one, or the one that could not be decided. NULL when the rule
// does not hit.
static const struct rules_finding *find(const struct rules_run *run, const struct rules_rule *rule)
{
    const struct rules_finding *shown = NULL;
    bool is_new = false;
    for (uint32_t i = 0; i < rule->condition_count; i++) {
        const struct rules_finding *f = &run->scratch->findings[rule->condition + i];
        if (f->held == RULES_HELD_NO)
            return NULL;
        is_new |= f->held != RULES_HELD_EARLY;
        if (!shown || shown->held != RULES_HELD_UNDECIDED)
            shown = f;
    }
    return is_new ? shown : NULL;
}

static struct slice target_text(const struct rules_run *run, const struct rules_finding *f)
{
    const struct rules_collection_facts *facts = rules_collection_facts(f->collection);
    struct slice word = slice_of(facts->word, strlen(facts->word));
    if (facts->kind != RULES_MAP && facts->kind != RULES_FIELDS)
        return word;
    char *text = arena_alloc(run->in->arena, word.len + f->name.len + 1);
    if (!text)
        return slice_first(word, word.len - 1);
    memcpy(text, word.ptr, word.len);
    if (f->name.len > 0)
        memcpy(text + word.len, f->name.ptr, f->name.len);
    return slice_of(text, word.len + f->name.len);
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

static void add_score(const struct rules_program *p, const struct rules_rule *rule,
                      struct verdict *v, struct rules_result *result)
{
    if (rule->is_detect)
        result->detect_score += rule->score;
    else
        result->score += rule->score;
    if (!rule->is_detect && !v->reached && result->score >= p->threshold)
        v->reached = rule;
    if (!v->would_reach && result->score + result->detect_score >= p->threshold)
        v->would_reach = rule;
}

static void conclude(struct rules_result *result, enum rules_decision decision,
                     const struct rules_rule *rule, const char *reason)
{
    result->decision = decision;
    result->reason = reason;
    result->rule = rule ? rule->id : (struct slice){0};
    result->description = rule ? rule->description : (struct slice){0};
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
static bool act(const struct rules_run *run, const struct rules_rule *rule, struct verdict *v,
                struct rules_result *result)
{
    switch (rule->action) {
    case RULES_ACTION_SCORE:
        add_score(run->program, rule, v, result);
        return false;
    case RULES_ACTION_DENY:
        if (rule->is_detect) {
            would_deny(result, rule, "rule-denied");
            return false;
        }
        conclude(result, RULES_DENY, rule, "rule-denied");
        return true;
    case RULES_ACTION_ALLOW:
        if (rule->is_detect)
            return false;
        if (v->deny_in_doubt)
            conclude(result, RULES_CANNOT_DECIDE, v->undecided, doubt(run, v));
        else
            conclude(result, RULES_ALLOW, rule, "rule-allowed");
        return true;
    case RULES_ACTION_LOG:
        return false;
    }
    return false;
}

static void report(const struct rules_run *run, const struct rules_rule *rule,
                   const struct rules_finding *f,
                   void (*on_hit)(void *ctx, const struct rules_hit *hit), void *ctx)
{
    const struct rules_hit hit = {
        .rule = rule->id,
        .description = rule->description,
        .severity = rule->severity,
        .target = target_text(run, f),
        .value = f->piece,
        .score = rule->score,
        .is_detect = rule->is_detect,
        .is_secret = f->is_secret,
    };
    if (on_hit)
        on_hit(ctx, &hit);
}

static void judge_sum(const struct rules_run *run, const struct verdict *v,
                      struct rules_result *result)
{
    if (v->reached)
        conclude(result, RULES_DENY, v->reached, "score-threshold");
    else if (v->undecided || (run->undecided && v->has_teeth))
        conclude(result, RULES_CANNOT_DECIDE, v->undecided, doubt(run, v));
    if (result->decision == RULES_NOTHING && v->would_reach)
        would_deny(result, v->would_reach, "score-threshold");
}

void rules_judge(const struct rules_run *run,
                 void (*on_hit)(void *ctx, const struct rules_hit *hit), void *ctx,
                 struct rules_result *result)
{
    struct verdict v = {0};
    for (size_t i = 0; i < run->plan->rule_count; i++) {
        uint32_t number = run->plan->rules[i];
        const struct rules_rule *rule = &run->program->rules[number];
        const struct rules_finding *f = run->scratch->is_off[number] ? NULL : find(run, rule);
        v.has_teeth |= can_refuse(rule);
        v.deny_in_doubt |=
            !f && run->undecided && !rule->is_detect && rule->action == RULES_ACTION_DENY;
        if (!f)
            continue;
        if (f->held == RULES_HELD_UNDECIDED && !rule->is_detect) {
            note_undecided(rule, &v);
            continue;
        }
        report(run, rule, f, on_hit, ctx);
        if (act(run, rule, &v, result))
            return;
    }
    judge_sum(run, &v, result);
}

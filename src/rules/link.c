// SPDX-License-Identifier: Apache-2.0
// Conditions that depend on what rules have set are asked one by one, when their rule's turn comes:
// over variables, captures, counts, matches of the condition before, or with a macro to compare
// with.
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "rules/run.h"

static bool is_named(const struct rules_run *run, const uint32_t *selectors, size_t count,
                     enum rules_collection collection, struct slice name, bool when_undecided)
{
    for (size_t i = 0; i < count; i++) {
        const struct rules_selector *s = &run->program->selectors[selectors[i]];
        if (s->collection != collection || s->is_count)
            continue;
        enum rules_match match = rules_picks(run, s, name);
        if (match == RULES_MATCH || (match == RULES_UNDECIDED && when_undecided))
            return true;
    }
    return false;
}

static bool exclusion_names(const struct rules_run *run, const uint32_t *list, size_t count,
                            enum rules_collection collection, struct slice name)
{
    for (size_t i = 0; run->any_exclusion && i < count; i++) {
        const struct rules_exclusion *e = &run->program->exclusions[list[i]];
        if (run->scratch->is_active[list[i]] &&
            is_named(run, e->targets, e->target_count, collection, name, false))
            return true;
    }
    return false;
}

bool rules_is_taken_out(struct rules_run *run, const struct rules_rule *rule,
                        const struct rules_found *f)
{
    return exclusion_names(run, rule->later_exclusions, rule->later_exclusion_count, f->collection,
                           f->name);
}

static bool is_looked_at(const struct rules_run *run, const struct rules_condition *c,
                         enum rules_collection collection, struct slice name)
{
    const struct rules_rule *rule = &run->program->rules[c->rule];
    return !is_named(run, c->exclude, c->exclude_count, collection, name, false) &&
           !exclusion_names(run, rule->exclusions, rule->exclusion_count, collection, name) &&
           !exclusion_names(run, rule->later_exclusions, rule->later_exclusion_count, collection,
                            name);
}

// Compares one text of a value. True when it settles the value.
static bool compare(struct rules_run *run, uint32_t number, const struct rules_found *value,
                    struct slice text, struct slice argument)
{
    const struct rules_condition *c = &run->program->conditions[number];
    struct slice piece, captures[RULES_CAPTURES];
    if (!rules_spend(run, text.len))
        return true;
    enum rules_match match =
        rules_compare(run, number, text, argument, &piece, c->captures ? captures : NULL);
    if (match == RULES_NO_MATCH)
        return false;
    struct rules_found found = *value;
    piece = slice_first(piece, RULES_PIECE_MAX);
    found.is_undecided = match == RULES_UNDECIDED;
    found.is_secret = rules_value_is_secret(value->collection, value->name, piece);
    found.piece = arena_copy(&run->decoded, piece);
    found.value = arena_copy(&run->decoded, text);
    rules_note_found(run, number, &found, c->captures && match == RULES_MATCH ? captures : NULL);
    return true;
}

// Each step has a room of its own, as a step that changes nothing leaves its text where it was.
// With "multi_match" each step is compared.
static void transform_and_compare(struct rules_run *run, uint32_t number,
                                  const struct rules_found *value, struct slice text,
                                  struct slice argument)
{
    const struct rules_condition *c = &run->program->conditions[number];
    run->original = text;
    if (text.len > RULES_VALUE_MAX) {
        run->undecided = "value-too-long";
        return;
    }
    if (c->is_multi_match && compare(run, number, value, text, argument))
        return;
    for (size_t i = 0; i < c->transform_count; i++) {
        text = rules_transform((enum rules_transform)c->transforms[i], text,
                               run->scratch->stages[i + 1].room);
        if (text.len > RULES_VALUE_MAX) {
            run->undecided = "value-too-long";
            return;
        }
        bool is_last = i + 1 == c->transform_count;
        if (c->is_multi_match && !is_last && compare(run, number, value, text, argument))
            return;
    }
    if (!c->is_multi_match || c->transform_count > 0)
        (void)compare(run, number, value, text, argument);
}

static bool is_early(const struct rules_run *run, enum rules_collection collection)
{
    return rules_collection_facts(collection)->source == RULES_MESSAGE &&
           rules_collection_facts(collection)->phase != run->phase;
}

// How many values of its collection the selector picks.
static size_t count_picked(struct rules_run *run, const struct rules_condition *c,
                           const struct rules_selector *s)
{
    size_t count, picked = 0;
    if (s->slot != RULES_VAR_NONE)
        return run->state->vars[s->slot].ptr && is_looked_at(run, c, s->collection, s->name);
    const struct http_param *values = rules_values(run, s->collection, &count);
    for (size_t i = 0; i < count; i++)
        picked += rules_picks(run, s, values[i].name) != RULES_NO_MATCH &&
                  is_looked_at(run, c, s->collection, values[i].name);
    return picked;
}

static void ask_count(struct rules_run *run, uint32_t number, const struct rules_selector *s,
                      struct slice argument)
{
    const struct rules_condition *c = &run->program->conditions[number];
    char *text = arena_alloc(&run->decoded, RULES_TRANSFORM_ROOM);
    size_t picked = count_picked(run, c, s);
    if (!text) {
        run->undecided = "out-of-memory";
        return;
    }
    const struct rules_found value = {.collection = s->collection,
                                      .is_count = true,
                                      .is_early = is_early(run, s->collection),
                                      .name = s->name,
                                      .number = ++run->value_number};
    transform_and_compare(run, number, &value, slice_of(text, num_write_decimal(text, picked)),
                          argument);
}

// The match of the condition before that is value number `at` of the collection; NULL when its
// values are no matches. A match of a match is what was matched at first.
static const struct rules_found *origin_of(const struct rules_run *run,
                                           enum rules_collection collection, size_t at)
{
    const struct rules_found *f = NULL;
    if (collection == RULES_OF_MATCHED) {
        f = run->current;
    } else if (collection == RULES_OF_MATCHED_ALL) {
        for (f = run->matched; f && (f->is_undecided || at > 0); f = f->next)
            at -= !f->is_undecided;
    }
    return f && f->origin ? f->origin : f;
}

// Most variables are asked for by their names: no list is made for one.
static void ask_var(struct rules_run *run, uint32_t number, const struct rules_selector *s,
                    struct slice argument)
{
    const struct rules_condition *c = &run->program->conditions[number];
    struct slice text = run->state->vars[s->slot];
    if (!text.ptr || !is_looked_at(run, c, s->collection, s->name))
        return;
    const struct rules_found value = {.collection = s->collection,
                                      .is_early = is_early(run, s->collection),
                                      .name = s->name,
                                      .number = ++run->value_number};
    transform_and_compare(run, number, &value, text, argument);
}

static void ask_values(struct rules_run *run, uint32_t number, enum rules_collection collection,
                       struct slice argument)
{
    const struct rules_condition *c = &run->program->conditions[number];
    size_t count;
    const struct http_param *values = rules_values(run, collection, &count);
    // The list may be made anew while a macro is looked up.
    struct http_param *own = arena_alloc(&run->decoded, (count + 1) * sizeof *own);
    if (!own) {
        run->undecided = "out-of-memory";
        return;
    }
    if (count)
        memcpy(own, values, count * sizeof *own);
    for (size_t i = 0; i < count; i++) {
        const struct rules_finding *f = &run->scratch->findings[number];
        if (f->last && !f->last->is_undecided && !c->keeps_all)
            return;
        if (!is_named(run, c->include, c->include_count, collection, own[i].name, true) ||
            !is_looked_at(run, c, collection, own[i].name))
            continue;
        const struct rules_found value = {.collection = collection,
                                          .is_early = is_early(run, collection),
                                          .name = own[i].name,
                                          .number = ++run->value_number,
                                          .origin = origin_of(run, collection, i)};
        transform_and_compare(run, number, &value, own[i].value, argument);
    }
}

// Whether a selector before this one has the same collection.
static bool is_repeated(const struct rules_program *p, const struct rules_condition *c, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        const struct rules_selector *s = &p->selectors[c->include[i]];
        if (!s->is_count && s->collection == p->selectors[c->include[at]].collection)
            return true;
    }
    return false;
}

// Is it the only one of its collection?
static bool is_alone(const struct rules_program *p, const struct rules_condition *c,
                     const struct rules_selector *only)
{
    for (size_t i = 0; i < c->include_count; i++) {
        const struct rules_selector *s = &p->selectors[c->include[i]];
        if (s != only && !s->is_count && s->collection == only->collection)
            return false;
    }
    return true;
}

void rules_ask_now(struct rules_run *run, uint32_t number)
{
    const struct rules_program *p = run->program;
    const struct rules_condition *c = &p->conditions[number];
    const struct rules_rule *rule = &p->rules[c->rule];
    struct slice argument = {0};
    if (c->op.argument.part_count > 0)
        argument = rules_macro_text(run, &c->op.argument);
    for (size_t i = 0; i < c->include_count; i++) {
        const struct rules_selector *s = &p->selectors[c->include[i]];
        if (!rules_condition_looks_at(rule, s->collection, run->phase))
            continue;
        if (s->is_count)
            ask_count(run, number, s, argument);
        else if (s->slot != RULES_VAR_NONE && is_alone(p, c, s))
            ask_var(run, number, s, argument);
        else if (!is_repeated(p, c, i))
            ask_values(run, number, s->collection, argument);
    }
}

struct slice rules_first_value(struct rules_run *run, const uint32_t *selectors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct rules_selector *s = &run->program->selectors[selectors[i]];
        size_t values_count;
        if (!rules_collection_is_at_hand(s->collection, run->phase))
            continue;
        if (s->slot != RULES_VAR_NONE) {
            if (run->state->vars[s->slot].ptr)
                return run->state->vars[s->slot];
            continue;
        }
        const struct http_param *values = rules_values(run, s->collection, &values_count);
        for (size_t j = 0; j < values_count; j++) {
            if (rules_picks(run, s, values[j].name) == RULES_MATCH)
                return values[j].value;
        }
    }
    return (struct slice){0};
}

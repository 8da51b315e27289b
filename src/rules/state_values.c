// SPDX-License-Identifier: Apache-2.0
// Variables, captures, scores and matches as values of collections, so that rules look at them as
// at parts of a message.
#include <stdio.h>

#include "base/arena.h"
#include "base/num.h"
#include "rules/run.h"

struct list {
    struct rules_run *run;
    size_t count;
};

static void add(struct list *l, struct slice name, struct slice value)
{
    if (l->count == RULES_VALUES_MAX) {
        l->run->undecided = "too-many-values";
        return;
    }
    l->run->scratch->values[l->count++] = (struct http_param){.name = name, .value = value};
}

static void add_number(struct list *l, struct slice name, uint64_t number)
{
    char *text = arena_alloc(&l->run->decoded, RULES_TRANSFORM_ROOM);
    if (text)
        add(l, name, slice_of(text, num_write_decimal(text, number)));
    else
        l->run->undecided = "out-of-memory";
}

static void add_vars(struct list *l, bool names_only)
{
    const struct rules_program *p = l->run->program;
    const struct rules_state *s = l->run->state;
    for (size_t i = 0; i < p->var_count; i++) {
        if (s->vars[i].ptr)
            add(l, p->vars[i].name, names_only ? p->vars[i].name : s->vars[i]);
    }
    for (const struct rules_named_var *v = s->named; v; v = v->next) {
        if (v->value.ptr)
            add(l, v->name, names_only ? v->name : v->value);
    }
}

static void add_captures(struct list *l)
{
    static const char digits[] = "0123456789";
    for (size_t i = 0; i < RULES_CAPTURES; i++) {
        if (l->run->state->captures[i].ptr)
            add(l, slice_of(&digits[i], 1), l->run->state->captures[i]);
    }
}

static void add_categories(struct list *l)
{
    const struct rules_program *p = l->run->program;
    for (size_t i = 0; i < p->category_count; i++)
        add_number(l, p->categories[i], l->run->state->category_scores[i]);
}

static struct slice of_match(struct rules_run *run, const struct rules_found *f,
                             enum rules_collection collection)
{
    switch (collection) {
    case RULES_OF_MATCHED:
    case RULES_OF_MATCHED_ALL:
        return f->value;
    case RULES_OF_MATCHED_NAME:
    case RULES_OF_MATCHED_NAMES:
        return rules_target_text(f, &run->decoded);
    default:
        return f->name;
    }
}

static void add_matches(struct list *l, enum rules_collection collection)
{
    const struct rules_found *f = l->run->matched;
    bool all = collection >= RULES_OF_MATCHED_ALL;
    if (!all && l->run->current)
        add(l, (struct slice){0}, of_match(l->run, l->run->current, collection));
    for (; all && f; f = f->next) {
        if (!f->is_undecided)
            add(l, (struct slice){0}, of_match(l->run, f, collection));
    }
}

const struct http_param *rules_state_values(struct rules_run *run, enum rules_collection collection,
                                            size_t *count)
{
    struct list l = {.run = run};
    switch (collection) {
    case RULES_OF_VARS:
    case RULES_OF_VAR_NAMES:
        add_vars(&l, collection == RULES_OF_VAR_NAMES);
        break;
    case RULES_OF_CAPTURES:
        add_captures(&l);
        break;
    case RULES_OF_SCORE:
        add_number(&l, (struct slice){0}, run->result->score);
        break;
    case RULES_OF_RESPONSE_SCORE:
        add_number(&l, (struct slice){0}, run->result->response_score);
        break;
    case RULES_OF_CATEGORY_SCORES:
        add_categories(&l);
        break;
    case RULES_OF_RULE_ID:
        if (run->rule)
            add(&l, (struct slice){0}, run->rule->id);
        break;
    default:
        add_matches(&l, collection);
        break;
    }
    *count = l.count;
    return run->scratch->values;
}

// SPDX-License-Identifier: Apache-2.0
// Variables that rule files name have a place each; those whose names are made at run time are a
// list, which stays short because its length is bounded. Names are compared without regard to case.
#include "rules/state.h"

#include <string.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "rules/program.h"

struct rules_state *rules_state_new(const struct rules_program *p, struct arena *arena)
{
    struct rules_state *s = arena_zalloc(arena, 1, sizeof *s);
    if (!s)
        return NULL;
    s->vars = arena_zalloc(arena, p->var_count + 1, sizeof *s->vars);
    s->category_scores = arena_zalloc(arena, p->category_count + 1, sizeof *s->category_scores);
    s->is_triggered = arena_zalloc(arena, p->exclusion_count + 1, sizeof *s->is_triggered);
    if (!s->vars || !s->category_scores || !s->is_triggered)
        return NULL;
    for (size_t i = 0; i < p->var_count; i++) {
        if (p->vars[i].has_value)
            s->vars[i] = p->vars[i].value.ptr ? p->vars[i].value : SLICE("");
    }
    return s;
}

// The number of the variable, which may be known already.
static size_t find_slot(const struct rules_program *p, uint32_t slot, struct slice name)
{
    size_t i = 0;
    if (slot < p->var_count)
        return slot;
    while (i < p->var_count && !ascii_eq_nocase(p->vars[i].name, name))
        i++;
    return i;
}

static struct rules_named_var *find_named(const struct rules_state *s, struct slice name)
{
    struct rules_named_var *v = s->named;
    while (v && !ascii_eq_nocase(v->name, name))
        v = v->next;
    return v;
}

struct slice rules_state_get(const struct rules_program *p, const struct rules_state *s,
                             uint32_t slot, struct slice name)
{
    size_t number = find_slot(p, slot, name);
    if (number < p->var_count)
        return s->vars[number];
    const struct rules_named_var *v = find_named(s, name);
    return v ? v->value : (struct slice){0};
}

static struct rules_named_var *add_named(struct rules_state *s, struct slice name,
                                         struct arena *arena)
{
    if (s->named_count == RULES_NAMED_VARS_MAX)
        return NULL;
    struct rules_named_var *v = arena_zalloc(arena, 1, sizeof *v);
    if (!v)
        return NULL;
    v->name = arena_copy(arena, slice_first(name, RULES_VAR_NAME_MAX));
    if (!v->name.ptr)
        return NULL;
    if (s->named_last)
        s->named_last->next = v;
    else
        s->named = v;
    s->named_last = v;
    s->named_count++;
    return v;
}

bool rules_state_set(const struct rules_program *p, struct rules_state *s, uint32_t slot,
                     struct slice name, struct slice value, struct arena *arena)
{
    size_t number = find_slot(p, slot, name);
    struct rules_named_var *named = NULL;
    if (number == p->var_count) {
        named = find_named(s, slice_first(name, RULES_VAR_NAME_MAX));
        if (!named && !value.ptr)
            return true;
        if (!named)
            named = add_named(s, name, arena);
        if (!named)
            return false;
    }
    struct slice *place = named ? &named->value : &s->vars[number];
    if (!value.ptr) {
        *place = (struct slice){0};
        return true;
    }
    struct slice kept = arena_copy(arena, slice_first(value, RULES_VAR_VALUE_MAX));
    if (!kept.ptr)
        return false;
    *place = kept;
    return true;
}

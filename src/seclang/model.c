// SPDX-License-Identifier: Apache-2.0
// Memory of a set, and looking things up in it.
#include "seclang/model.h"

#include "base/ascii.h"

void seclang_set_init(struct seclang_set *s, struct seclang_report *report)
{
    *s = (struct seclang_set){.report = report};
    arena_init(&s->arena, NULL, SECLANG_MEMORY_MAX);
}

void seclang_set_clear(struct seclang_set *s)
{
    arena_clear(&s->arena);
}

void *seclang_take(struct seclang_set *s, size_t size)
{
    void *memory = arena_zalloc(&s->arena, 1, size);
    s->has_no_memory |= !memory;
    return memory;
}

struct seclang_action *seclang_find_action(struct seclang_action *list, const char *name)
{
    while (list && !ascii_eq_nocase(list->name, slice_str(name)))
        list = list->next;
    return list;
}

const struct seclang_action *seclang_rule_action(const struct seclang_rule *rule, const char *name)
{
    const struct seclang_action *a = rule->links->actions;
    while (a && !ascii_eq_nocase(a->name, slice_str(name)))
        a = a->next;
    if (a)
        return a;
    a = rule->defaults;
    while (a && !ascii_eq_nocase(a->name, slice_str(name)))
        a = a->next;
    return a;
}

bool seclang_is_variable(const struct seclang_variable *v, const char *name)
{
    return ascii_eq_nocase(v->name, slice_str(name));
}

// SPDX-License-Identifier: Apache-2.0
// A walk over whole documents before anything is compiled: whether a variable is constant must not
// depend on which file comes first. A name with a macro in it may turn out as any name that begins
// like it.
#include "rules/vars.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/conf.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "rules/loader.h"
#include "rules/program.h"
#include "rules/state.h"

uint32_t rules_vars_slot(struct rules_loader *l, struct slice name)
{
    struct rules_program *p = l->program;
    for (size_t i = 0; i < p->var_count; i++) {
        if (ascii_eq_nocase(p->vars[i].name, name))
            return (uint32_t)i;
    }
    if (p->var_count == RULES_VARS_MAX)
        return RULES_VAR_NONE;
    char *lower = rules_loader_take(l, name.len + 1, 1);
    if (!p->vars)
        p->vars = rules_loader_take(l, RULES_VARS_MAX, sizeof *p->vars);
    if (!lower || !p->vars)
        return RULES_VAR_NONE;
    ascii_lower_copy(lower, name);
    p->vars[p->var_count] = (struct rules_var){.name = slice_of(lower, name.len)};
    return (uint32_t)p->var_count++;
}

bool rules_vars_is_constant(const struct rules_loader *l, uint32_t slot, struct slice *value)
{
    const struct rules_var *v = &l->program->vars[slot];
    if (v->is_set)
        return false;
    for (size_t i = 0; i < l->open_name_count; i++) {
        if (ascii_begins_nocase(v->name, l->open_names[i]))
            return false;
    }
    *value = v->has_value ? v->value : (struct slice){0};
    return true;
}

// "%{filter.threshold}" and its like: what the policy says of the filter.
static bool read_setting(struct rules_loader *l, const struct json *item, struct slice *out)
{
    const struct rules_program *p = l->program;
    unsigned watched = l->detect_paranoia > l->paranoia ? l->detect_paranoia : l->paranoia;
    const struct {
        const char *word;
        unsigned value;
    } settings[] = {{"%{filter.paranoia}", l->paranoia},
                    {"%{filter.detect_paranoia}", watched},
                    {"%{filter.threshold}", p->threshold},
                    {"%{filter.response_threshold}", p->response_threshold}};
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        if (item->type != JSON_STRING || !slice_eq(item->text, slice_str(settings[i].word)))
            continue;
        char *text = rules_loader_take(l, 1, 16);
        if (!text)
            return false;
        (void)snprintf(text, 16, "%u", settings[i].value);
        *out = slice_str(text);
        return true;
    }
    return false;
}

static bool is_name(struct slice name)
{
    return name.len > 0 && name.len <= RULES_VAR_NAME_MAX;
}

// A text, or a whole number as the text it is written with.
static bool read_value(struct rules_loader *l, const struct json *item, struct slice *out)
{
    if (item->type == JSON_STRING && item->text.len <= RULES_VAR_VALUE_MAX) {
        // A policy's text goes when the policy has been read; the program stays.
        char *copy = rules_loader_take(l, item->text.len + 1, 1);
        if (!copy)
            return false;
        if (item->text.len)
            memcpy(copy, item->text.ptr, item->text.len);
        *out = slice_of(copy, item->text.len);
        return true;
    }
    if (item->type == JSON_NUMBER && item->number == (double)(int32_t)item->number) {
        char *text = rules_loader_take(l, 1, 16);
        if (!text)
            return false;
        (void)snprintf(text, 16, "%d", (int)item->number);
        *out = slice_str(text);
        return true;
    }
    problems_add(l->problems, item, "a variable is a text of at most %d octets or a whole number",
                 RULES_VAR_VALUE_MAX);
    return false;
}

static void read_defaults(struct rules_loader *l, const struct json *vars, bool is_policy)
{
    if (!vars || !conf_is_object(vars, l->problems))
        return;
    JSON_EACH (item, vars) {
        struct slice value;
        uint32_t slot = is_name(item->key) ? rules_vars_slot(l, item->key) : RULES_VAR_NONE;
        if (slot == RULES_VAR_NONE) {
            problems_add(l->problems, item,
                         "there are too many variables, or the name is too long");
            continue;
        }
        struct rules_var *v = &l->program->vars[slot];
        // The policy comes first and wins; of files, the first.
        if (v->has_value && !is_policy)
            continue;
        if ((!is_policy && read_setting(l, item, &value)) || read_value(l, item, &value)) {
            v->value = value;
            v->has_value = true;
        }
    }
}

static void note_open_name(struct rules_loader *l, struct slice start)
{
    if (l->open_name_count == RULES_OPEN_NAMES_MAX) {
        l->open_names[0] = (struct slice){0}; // anything may be set
        return;
    }
    l->open_names[l->open_name_count++] = start;
}

static void note_set(struct rules_loader *l, const struct json *change)
{
    const struct json *var = json_get(change, "var");
    if (!var || var->type != JSON_STRING || !is_name(var->text))
        return; // complained about when the rule is read
    size_t macro = slice_find(var->text, SLICE("%{"));
    if (macro < var->text.len) {
        note_open_name(l, slice_first(var->text, macro));
        return;
    }
    uint32_t slot = rules_vars_slot(l, var->text);
    if (slot == RULES_VAR_NONE)
        problems_add(l->problems, var, "there are more than %d variables", RULES_VARS_MAX);
    else
        l->program->vars[slot].is_set = true;
}

static void find_sets(struct rules_loader *l, const struct json *value)
{
    JSON_EACH (item, value) {
        if (!slice_eq(item->key, SLICE("set"))) {
            if (item->type == JSON_ARRAY || item->type == JSON_OBJECT)
                find_sets(l, item);
            continue;
        }
        if (item->type == JSON_OBJECT)
            note_set(l, item);
        for (const struct json *one = item->type == JSON_ARRAY ? item->first : NULL; one;
             one = one->next)
            note_set(l, one);
    }
}

void rules_vars_collect(struct rules_loader *l, const struct json *policy_vars)
{
    struct rules_program *p = l->program;
    read_defaults(l, policy_vars, true);
    for (size_t i = 0; i < p->doc_count; i++) {
        read_defaults(l, json_get(json_root(p->docs[i]), "vars"), false);
        find_sets(l, json_root(p->docs[i]));
    }
}

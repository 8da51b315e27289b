// SPDX-License-Identifier: Apache-2.0
// Reads what a rule does besides its action: changes of variables, exclusions from its hit on, the
// decoder of the body, the way on.
#include <stdio.h>

#include "base/conf.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "rules/loader.h"
#include "rules/program.h"

enum { CHANGES_MAX = 256, EXCLUDES_MAX = 256 };

static bool load_value(struct rules_loader *l, const struct json *value, struct rules_macro *out)
{
    if (value->type == JSON_STRING)
        return rules_macro_load(l, value, value->text, out);
    char *text = value->type == JSON_NUMBER && value->number == (double)(int32_t)value->number
                     ? rules_loader_take(l, 1, 16)
                     : NULL;
    if (!text) {
        rules_loader_problem(l, value, "a text or a whole number is expected");
        return false;
    }
    (void)snprintf(text, 16, "%d", (int)value->number);
    *out = (struct rules_macro){.text = slice_str(text)};
    return true;
}

static bool load_change(struct rules_loader *l, const struct json *object, struct rules_change *out)
{
    static const char *const keys[] = {"var", "to", "add", "unset", NULL};
    bool unset = false;
    if (!conf_is_object(object, l->problems))
        return false;
    conf_known_keys(object, keys, l->problems);
    const struct json *var = conf_required(object, "var", l->problems);
    const struct json *to = json_get(object, "to"), *add = json_get(object, "add");
    (void)conf_bool(object, "unset", l->problems, &unset);
    if (!var || !conf_is_string(var, l->problems) ||
        !rules_macro_load(l, var, var->text, &out->name))
        return false;
    if (var->text.len == 0 || (to != NULL) + (add != NULL) + unset != 1) {
        rules_loader_problem(l, object,
                             "a change has a \"var\" and one of \"to\", \"add\" and \"unset\": "
                             "true");
        return false;
    }
    out->slot = out->name.part_count ? RULES_VAR_NONE : rules_vars_slot(l, out->name.text);
    out->kind = to ? RULES_CHANGE_TO : add ? RULES_CHANGE_ADD : RULES_CHANGE_UNSET;
    return unset || load_value(l, to ? to : add, &out->value);
}

bool rules_load_changes(struct rules_loader *l, const struct json *set,
                        const struct rules_change **changes, size_t *count)
{
    bool is_list = set->type == JSON_ARRAY;
    size_t wanted = is_list ? set->count : 1;
    if (wanted == 0 || wanted > CHANGES_MAX) {
        rules_loader_problem(l, set, "1 to %d changes are expected", CHANGES_MAX);
        return false;
    }
    struct rules_change *list = rules_loader_take(l, wanted, sizeof *list);
    if (!list)
        return false;
    bool ok = true;
    *count = 0;
    for (const struct json *item = is_list ? set->first : set; item && *count < wanted;
         item = item->next)
        ok &= load_change(l, item, &list[(*count)++]);
    *changes = list;
    return ok;
}

static bool load_triggers(struct rules_loader *l, const struct json *exclude,
                          struct rules_rule *rule)
{
    bool is_list = exclude->type == JSON_ARRAY, ok = true;
    rule->first_trigger = (uint32_t)l->program->exclusion_count;
    if (!is_list) {
        ok = rules_load_trigger(l, exclude);
    } else if (exclude->count == 0 || exclude->count > EXCLUDES_MAX) {
        rules_loader_problem(l, exclude, "1 to %d exclusions are expected", EXCLUDES_MAX);
        return false;
    } else {
        JSON_EACH (item, exclude)
            ok &= rules_load_trigger(l, item);
    }
    rule->trigger_count = (uint32_t)l->program->exclusion_count - rule->first_trigger;
    return ok;
}

bool rules_load_effects(struct rules_loader *l, const struct json *object, struct rules_rule *rule)
{
    static const char *const decoders[] = {"none", "urlencoded", "multipart", "json", "xml", NULL};
    const struct json *exclude = json_get(object, "exclude");
    struct slice marker;
    size_t choice;
    bool ok = !exclude || load_triggers(l, exclude, rule);
    if (conf_choice(object, "decode_body", decoders, l->problems, &choice))
        rule->decoder = (enum rules_decoder)(choice + RULES_DECODE_NONE);
    (void)conf_text(object, "skip_to", l->problems, &marker); // linked when all markers are known
    return ok;
}

static uint32_t find_marker(const struct rules_loader *l, struct slice name, uint32_t from)
{
    for (size_t i = 0; i < l->marker_count; i++) {
        if (l->markers[i].rule > from && slice_eq(l->markers[i].name, name))
            return l->markers[i].rule;
    }
    return RULES_NONE;
}

void rules_load_link_skips(struct rules_loader *l)
{
    struct rules_program *p = l->program;
    for (uint32_t i = 0; i < p->rule_count; i++) {
        struct rules_rule *rule = &p->rules[i];
        const struct json *skip_to = json_get(rule->at, "skip_to");
        if (rule->kind != RULES_RULE || !skip_to || skip_to->type != JSON_STRING)
            continue;
        rule->skip_to = find_marker(l, skip_to->text, i);
        if (rule->skip_to == RULES_NONE)
            rules_loader_problem(l, skip_to, "no marker behind this rule has that name");
    }
}

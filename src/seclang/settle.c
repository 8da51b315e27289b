// SPDX-License-Identifier: Apache-2.0
// Which variables mean settings of the filter is the core rule set's custom, in both of its
// generations.
#include "seclang/settle.h"

#include "base/ascii.h"
#include "base/num.h"
#include "rules/state.h"
#include "seclang/var.h"

enum { GATES_MAX = 64, PARANOIA_MAX = 4 };

struct setting {
    const char *name, *value, *key; // key: of the filter in a policy
    bool is_level;
};

static const struct setting settings[] = {
    {"paranoia_level", "%{filter.paranoia}", "paranoia", true},
    {"blocking_paranoia_level", "%{filter.paranoia}", "paranoia", true},
    {"executing_paranoia_level", "%{filter.detect_paranoia}", "detect_paranoia", true},
    {"detection_paranoia_level", "%{filter.detect_paranoia}", "detect_paranoia", true},
    {"inbound_anomaly_score_threshold", "%{filter.threshold}", "threshold", false},
    {"outbound_anomaly_score_threshold", "%{filter.response_threshold}", "response_threshold",
     false},
};

bool seclang_is_level(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        if (settings[i].is_level && ascii_eq_nocase(name, slice_str(settings[i].name)))
            return true;
    }
    return false;
}

static const struct setting *find_setting(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        if (ascii_eq_nocase(name, slice_str(settings[i].name)))
            return &settings[i];
    }
    return NULL;
}

static struct seclang_var *find_var(struct seclang_set *s, struct slice name)
{
    struct seclang_var *v = s->vars;
    while (v && !ascii_eq_nocase(v->name, name))
        v = v->next;
    return v;
}

// Sets the first value, or keeps the one there is.
static void set_var(struct seclang_set *s, struct slice name, struct slice value, bool replaces)
{
    struct seclang_var *v = find_var(s, name), **end = &s->vars;
    if (v && !replaces)
        return;
    if (!v) {
        char *lower = seclang_take(s, name.len + 1);
        v = seclang_take(s, sizeof *v);
        if (!v || !lower)
            return;
        ascii_lower_copy(lower, name);
        v->name = slice_of(lower, name.len);
        while (*end)
            end = &(*end)->next;
        *end = v;
    }
    v->value = value;
}

static bool is_plain_action(const struct seclang_action *a)
{
    static const char *const words[] = {"id",  "phase",    "pass",     "nolog",      "t",
                                        "ver", "severity", "auditlog", "noauditlog", "tag",
                                        "rev", "setvar",   "msg"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (ascii_eq_nocase(a->name, slice_str(words[i])))
            return true;
    }
    return false;
}

// The variable of "&TX:name @eq 0"; empty when the rule is something else.
static struct slice defaulted(const struct seclang_rule *rule)
{
    const struct seclang_link *l = rule->links;
    const struct seclang_variable *v = l->variables;
    bool is_default = v && !v->next && v->is_count && !v->is_regex && v->has_selector &&
                      seclang_is_variable(v, "TX") && !l->is_negated &&
                      ascii_eq_nocase(l->operator_name, SLICE("eq")) &&
                      slice_eq(l->argument, SLICE("0"));
    return is_default ? v->selector : (struct slice){0};
}

// Does it nothing but assign, quietly, before everything else?
static bool only_assigns(const struct seclang_rule *rule)
{
    if (!rule->links || rule->is_dropped || rule->links->next || rule->phase != 1 ||
        !seclang_rule_action(rule, "nolog") || seclang_find_action(rule->links->actions, "log"))
        return false;
    for (const struct seclang_action *a = rule->links->actions; a; a = a->next) {
        if (!is_plain_action(a))
            return false;
    }
    return !rule->links->variables || defaulted(rule).len > 0;
}

static bool is_setvar_of_tx(const struct seclang_action *a, struct seclang_setvar *set)
{
    return !a->is_done && ascii_eq_nocase(a->name, SLICE("setvar")) &&
           seclang_setvar_parse(a->value, set) && ascii_eq_nocase(set->collection, SLICE("tx"));
}

static void give_setting(struct seclang_set *s, const struct seclang_rule *rule,
                         const struct setting *setting, struct slice value)
{
    set_var(s, slice_str(setting->name), slice_str(setting->value), true);
    if (!rule->links->variables && !seclang_has_macro(value))
        seclang_say(s->report, SECLANG_SETTING, &rule->links->place,
                    "tx.%s=%.*s: write \"%s\": %.*s into the filter of the policy", setting->name,
                    (int)slice_first(value, 20).len, value.ptr, setting->key,
                    (int)slice_first(value, 20).len, value.ptr);
}

// Marks what can be folded, so that what remains can be asked whether it sets a variable.
static void mark_assignments(const struct seclang_rule *rule, bool done)
{
    struct slice name = defaulted(rule);
    for (struct seclang_action *a = rule->links->actions; a; a = a->next) {
        struct seclang_setvar set;
        bool was = a->is_done;
        a->is_done = false;
        if (is_setvar_of_tx(a, &set) && set.change == SECLANG_CHANGE_TO &&
            set.value.len <= RULES_VAR_VALUE_MAX && set.name.len <= RULES_VAR_NAME_MAX &&
            !seclang_has_macro(set.name) &&
            (!seclang_has_macro(set.value) || find_setting(set.name)) &&
            (name.len == 0 || ascii_eq_nocase(name, set.name)))
            a->is_done = done;
        else
            a->is_done = was;
    }
}

static void fold_rule(struct seclang_set *s, struct seclang_rule *rule)
{
    bool all = true;
    for (struct seclang_action *a = rule->links->actions; a; a = a->next) {
        struct seclang_setvar set;
        if (!ascii_eq_nocase(a->name, SLICE("setvar")))
            continue;
        if (!a->is_done || !seclang_setvar_parse(a->value, &set)) {
            all = false;
            continue;
        }
        const struct setting *setting = find_setting(set.name);
        if (setting) {
            give_setting(s, rule, setting, set.value);
        } else if (seclang_var_is_set(s, set.name)) {
            a->is_done = false; // written as the rule it is
            all = false;
        } else {
            set_var(s, set.name, set.value, rule->links->variables == NULL);
        }
    }
    rule->is_dropped = all;
}

static void fold(struct seclang_set *s)
{
    for (struct seclang_rule *r = s->first; r; r = r->next) {
        if (only_assigns(r))
            mark_assignments(r, true);
    }
    for (struct seclang_rule *r = s->first; r; r = r->next) {
        if (only_assigns(r))
            fold_rule(s, r);
    }
}

struct gate {
    unsigned phase, level;
    struct slice marker;
};

// "TX:executing_paranoia_level @lt 2" that skips and does nothing else.
static bool read_gate(const struct seclang_rule *rule, struct gate *out)
{
    const struct seclang_link *l = rule->links;
    const struct seclang_variable *v = l->variables;
    const struct seclang_action *skip = seclang_find_action(l->actions, "skipAfter");
    uint64_t level;
    if (!v || v->next || l->next || v->is_count || v->is_regex || !seclang_is_variable(v, "TX") ||
        !skip || l->is_negated || !ascii_eq_nocase(l->operator_name, SLICE("lt")) ||
        seclang_find_action(l->actions, "setvar") || seclang_find_action(l->actions, "ctl"))
        return false;
    const struct setting *setting = find_setting(v->selector);
    if (!setting || !setting->is_level || !num_decimal(l->argument, PARANOIA_MAX, &level))
        return false;
    *out = (struct gate){.phase = rule->phase, .level = (unsigned)level, .marker = skip->value};
    return true;
}

static unsigned level_at(const struct gate *gates, size_t count, unsigned phase)
{
    unsigned level = 1;
    for (size_t i = 0; i < count; i++) {
        if (gates[i].phase == phase && gates[i].level > level)
            level = gates[i].level;
    }
    return level;
}

static void open_gates(struct seclang_set *s)
{
    struct gate gates[GATES_MAX];
    size_t count = 0;
    for (struct seclang_rule *r = s->first; r; r = r->next) {
        if (r->marker.ptr) {
            size_t kept = 0;
            for (size_t i = 0; i < count; i++) {
                if (!slice_eq(gates[i].marker, r->marker))
                    gates[kept++] = gates[i];
            }
            count = kept;
            continue;
        }
        if (r->is_dropped)
            continue;
        if (count < GATES_MAX && read_gate(r, &gates[count])) {
            r->is_dropped = true;
            count++;
        } else {
            r->paranoia = level_at(gates, count, r->phase);
        }
    }
}

void seclang_settle(struct seclang_set *s)
{
    open_gates(s);
    fold(s);
}

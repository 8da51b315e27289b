// SPDX-License-Identifier: Apache-2.0
// Reads a rule. After a mistake it goes on, so that one pass finds all; a rule with a mistake is
// not kept, and the program is refused in the end. Rules above the paranoia level are read like the
// others and then left out. "when" and "unless" become guards in front of the rule.
#include "base/conf.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "rules/loader.h"
#include "rules/operator.h"
#include "rules/program.h"
#include "rules/sample.h"

enum { ID_MAX = 100, SCORE_MAX = 1000, ALL_OF_MAX = 16, TAGS_MAX = 64, CATEGORY_MAX = 64 };

static const char *const modes[] = {"block", "detect", NULL};

static void load_id(struct rules_loader *l, const struct json *object, struct rules_rule *rule)
{
    const struct json *id = conf_required(object, "id", l->problems);
    if (!id || !conf_text(object, "id", l->problems, &rule->id))
        return;
    bool ok = rule->id.len <= ID_MAX;
    for (size_t i = 0; i < rule->id.len; i++) {
        char c = rule->id.ptr[i];
        ok &= (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    }
    if (!ok)
        problems_add(l->problems, id,
                     "an id is made of a-z, 0-9, dot, underscore and hyphen, at most %d of them",
                     ID_MAX);
}

static bool read_score(struct rules_loader *l, const struct json *object, struct rules_rule *rule)
{
    const struct json *score = conf_required(object, "score", l->problems);
    struct rules_macro macro;
    uint64_t number;
    int64_t value = 0;
    if (score && score->type != JSON_STRING) {
        if (!conf_u64(object, "score", 0, SCORE_MAX, l->problems, &number))
            return false;
        value = (int64_t)number;
    } else if (!score || !rules_macro_load(l, score, score->text, &macro)) {
        return false;
    } else if (macro.part_count > 0 || !rules_number_read(macro.text, &value) || value < 0 ||
               value > SCORE_MAX) {
        rules_loader_problem(l, score,
                             "a score is a number up to %d, or a variable that is one and that no "
                             "rule sets",
                             SCORE_MAX);
        return false;
    }
    rule->score = (unsigned)value;
    return true;
}

static void load_category(struct rules_loader *l, const struct json *object,
                          struct rules_rule *rule)
{
    struct slice name;
    if (!conf_text(object, "category", l->problems, &name))
        return;
    if (rule->action != RULES_ACTION_SCORE)
        rules_loader_problem(l, json_get(object, "category"),
                             "only a rule with \"action\": \"score\" has a category");
    rule->category = rules_loader_category(l, json_get(object, "category"), name);
}

static void load_action(struct rules_loader *l, const struct json *object, struct rules_rule *rule)
{
    static const char *const actions[] = {"score", "deny", "allow", "log", "pass", NULL};
    size_t choice;
    uint64_t number;
    rule->category = RULES_NONE;
    if (!conf_required(object, "action", l->problems) ||
        !conf_choice(object, "action", actions, l->problems, &choice))
        return;
    rule->action = (enum rules_action)choice;
    const struct json *score = json_get(object, "score"), *status = json_get(object, "status");
    (void)conf_bool(object, "per_match", l->problems, &rule->is_per_match);
    if (rule->action == RULES_ACTION_SCORE)
        (void)read_score(l, object, rule);
    else if (score)
        rules_loader_problem(l, score, "only a rule with \"action\": \"score\" has a score");
    if (status && rule->action != RULES_ACTION_DENY)
        rules_loader_problem(l, status, "only a rule with \"action\": \"deny\" has a status");
    else if (conf_u64(object, "status", 400, 599, l->problems, &number))
        rule->status = (unsigned)number;
    load_category(l, object, rule);
}

static void load_text(struct rules_loader *l, const struct json *object, const char *key,
                      struct rules_macro *out)
{
    struct slice text;
    if (conf_text(object, key, l->problems, &text) &&
        !rules_macro_load(l, json_get(object, key), text, out))
        *out = (struct rules_macro){0}; // complained about
}

// The rule's own tags, and those of the groups around it.
static void load_tags(struct rules_loader *l, const struct json *object,
                      const struct rules_group *group, struct rules_rule *rule)
{
    struct slice *all = rules_loader_take(l, TAGS_MAX, sizeof *all);
    const struct json *tags = json_get(object, "tags");
    while (all && (tags || group)) {
        const struct slice *own;
        size_t count;
        if (tags && conf_is_array(tags, l->problems) && tags->count > 0 &&
            rules_loader_texts(l, tags, TAGS_MAX, &own, &count)) {
            for (size_t i = 0; i < count && rule->tag_count < TAGS_MAX; i++)
                all[rule->tag_count++] = own[i];
        }
        tags = group ? group->tags : NULL;
        group = group ? group->above : NULL;
    }
    rule->tags = all;
}

static void load_facts(struct rules_loader *l, const struct json *object,
                       const struct rules_group *group, struct rules_rule *rule)
{
    static const char *const severities[] = {"emergency", "alert", "critical", "error", "warning",
                                             "notice",    "info",  "debug",    NULL};
    static const char *const phases[] = {"request",       "request_body", "response",
                                         "response_body", "logging",      NULL};
    size_t choice;
    uint64_t paranoia = group->paranoia;
    load_text(l, object, "description", &rule->description);
    load_text(l, object, "logdata", &rule->logdata);
    if (conf_choice(object, "severity", severities, l->problems, &choice))
        rule->severity = slice_str(severities[choice]);
    rule->phase = RULES_PHASE_BY_TARGETS;
    if (conf_choice(object, "phase", phases, l->problems, &choice))
        rule->phase = (unsigned char)choice;
    (void)conf_u64(object, "paranoia", 1, RULES_PARANOIA_MAX, l->problems, &paranoia);
    rule->paranoia = (unsigned)paranoia;
    if (conf_choice(object, "mode", modes, l->problems, &choice))
        rule->is_detect = choice == 1;
    load_tags(l, object, group, rule);
}

static void load_tests(struct rules_loader *l, const struct json *object)
{
    static const char *const keys[] = {"hit", "miss", NULL};
    const struct json *tests = json_get(object, "tests");
    struct rules_sample sample;
    if (!tests || !conf_is_object(tests, l->problems))
        return;
    conf_known_keys(tests, keys, l->problems);
    JSON_EACH (list, tests) {
        if (!conf_is_array(list, l->problems))
            continue;
        JSON_EACH (item, list)
            (void)rules_sample_read(item, l->problems, &sample);
    }
}

static void load_link(struct rules_loader *l, const struct json *item)
{
    static const char *const keys[] = {"targets", "transforms", "multi_match", "match",
                                       "capture", "set",        NULL};
    struct rules_program *p = l->program;
    if (!conf_is_object(item, l->problems))
        return;
    conf_known_keys(item, keys, l->problems);
    const struct json *set = json_get(item, "set");
    if (!rules_load_condition(l, item) || !set)
        return;
    struct rules_condition *c = &p->conditions[p->condition_count - 1];
    (void)rules_load_changes(l, set, &c->changes, &c->change_count);
}

static void load_chain(struct rules_loader *l, const struct json *all_of)
{
    static const char *const doubled[] = {"targets", "transforms", "match", "multi_match",
                                          "capture"};
    for (size_t i = 0; i < ARRAY_LEN(doubled); i++) {
        const struct json *beside = json_get(all_of->parent, doubled[i]);
        if (beside)
            rules_loader_problem(l, beside,
                                 "beside \"all_of\" there is no \"%s\"; put it into the chain",
                                 doubled[i]);
    }
    if (!conf_is_array(all_of, l->problems))
        return;
    if (all_of->count == 0 || all_of->count > ALL_OF_MAX) {
        rules_loader_problem(l, all_of, "a chain has 1 to %d conditions", ALL_OF_MAX);
        return;
    }
    JSON_EACH (item, all_of)
        load_link(l, item);
}

static bool has_condition(const struct json *object)
{
    return json_get(object, "targets") || json_get(object, "match") ||
           json_get(object, "transforms");
}

static void load_conditions(struct rules_loader *l, const struct json *object,
                            struct rules_rule *rule)
{
    struct rules_program *p = l->program;
    const struct json *all_of = json_get(object, "all_of"), *set = json_get(object, "set");
    rule->condition = (uint32_t)p->condition_count;
    if (all_of)
        load_chain(l, all_of);
    else if (has_condition(object))
        (void)rules_load_condition(l, object);
    rule->condition_count = (uint32_t)(p->condition_count - rule->condition);
    if (!set)
        return;
    const struct rules_change *changes = NULL;
    size_t count = 0;
    (void)rules_load_changes(l, set, &changes, &count);
    if (!all_of && rule->condition_count == 1) {
        p->conditions[rule->condition].changes = changes;
        p->conditions[rule->condition].change_count = count;
    } else {
        rule->changes = changes;
        rule->change_count = count;
    }
}

// A rule must look at something in the phase it names.
static void check_phase(struct rules_loader *l, const struct rules_rule *rule)
{
    bool runs = false;
    for (unsigned phase = 0; phase < RULES_PHASE_COUNT; phase++)
        runs |= rules_rule_runs_at(l->program, rule, (enum rules_phase)phase);
    if (runs)
        return;
    if (rule->phase == RULES_PHASE_BY_TARGETS)
        rules_loader_problem(l, rule->at, "no moment has all parts of the chain");
    else
        rules_loader_problem(l, json_get(rule->at, "phase"),
                             "what the rule looks at comes in a later phase");
}

static void note_seen(struct rules_loader *l, const struct rules_rule *rule)
{
    l->seen[l->seen_count] = (struct rules_seen){.id = rule->id,
                                                 .at = rule->at,
                                                 .number = l->seen_count,
                                                 .tags = rule->tags,
                                                 .tag_count = rule->tag_count};
    l->seen_count++;
}

static bool append(struct rules_loader *l, const struct rules_rule *rule)
{
    struct rules_program *p = l->program;
    if (p->rule_count == l->rule_room) {
        problems_add(l->problems, rule->at, "too many rules: at most %d are possible", RULES_MAX);
        return false;
    }
    p->rules[p->rule_count++] = *rule;
    return true;
}

static void load_guard(struct rules_loader *l, const struct json *object, const char *key,
                       enum rules_rule_kind kind)
{
    struct rules_program *p = l->program;
    const struct json *value = json_get(object, key);
    if (!value)
        return;
    struct rules_rule guard = {.kind = kind,
                               .at = object,
                               .phase = RULES_PHASE_BY_TARGETS,
                               .action = RULES_ACTION_PASS,
                               .category = RULES_NONE,
                               .condition = (uint32_t)p->condition_count};
    guard.condition_count = (uint32_t)rules_load_conditions(l, value);
    if (guard.condition_count > 0)
        (void)append(l, &guard);
}

void rules_load_guards(struct rules_loader *l, const struct json *object)
{
    load_guard(l, object, "when", RULES_GUARD_WHEN);
    load_guard(l, object, "unless", RULES_GUARD_UNLESS);
}

// Whether the rule stays: above the paranoia of the filter it is left out, or only watches.
static bool is_wanted(const struct rules_loader *l, struct rules_rule *rule)
{
    if (rule->paranoia <= l->paranoia)
        return true;
    rule->is_detect = true;
    return rule->paranoia <= l->detect_paranoia;
}

// What later links and the record want of each condition.
static void settle_conditions(struct rules_program *p, const struct rules_rule *rule)
{
    for (uint32_t i = 0; i < rule->condition_count; i++) {
        struct rules_condition *c = &p->conditions[rule->condition + i];
        bool is_last = i + 1 == rule->condition_count;
        c->keeps_value = rule->uses_matched;
        c->keeps_all = rule->uses_matched || c->change_count > 0 || (is_last && rule->is_per_match);
    }
}

void rules_load_rule(struct rules_loader *l, const struct json *object,
                     const struct rules_group *group)
{
    static const char *const keys[] = {
        "id",      "description", "logdata",   "targets", "transforms", "multi_match", "match",
        "capture", "all_of",      "when",      "unless",  "phase",      "action",      "score",
        "status",  "category",    "per_match", "set",     "exclude",    "decode_body", "skip_to",
        "mode",    "severity",    "paranoia",  "tags",    "tests",      NULL};
    struct rules_program *p = l->program;
    size_t errors = problems_count(l->problems);
    size_t first = p->condition_count, first_rule = p->rule_count;
    size_t first_exclusion = p->exclusion_count;
    struct rules_rule rule = {.at = object, .skip_to = RULES_NONE};
    conf_known_keys(object, keys, l->problems);
    rules_load_guards(l, object);
    l->uses_matched = false;
    load_id(l, object, &rule);
    load_action(l, object, &rule);
    load_facts(l, object, group, &rule);
    load_tests(l, object);
    load_conditions(l, object, &rule);
    (void)rules_load_effects(l, object, &rule);
    rule.uses_matched = l->uses_matched;
    rule.is_detect |= group->is_detect || l->detect;
    if (rule.id.len > 0 && l->seen_count < l->rule_room)
        note_seen(l, &rule);
    bool ok = problems_count(l->problems) == errors;
    if (ok)
        check_phase(l, &rule);
    settle_conditions(p, &rule);
    if (ok && is_wanted(l, &rule) && append(l, &rule)) {
        for (size_t i = first_rule; i + 1 < p->rule_count; i++)
            p->rules[i].skip_to = (uint32_t)p->rule_count;
        p->count++;
        return;
    }
    p->condition_count = first;
    p->rule_count = first_rule;
    p->exclusion_count = first_exclusion;
}

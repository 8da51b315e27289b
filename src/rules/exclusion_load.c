// SPDX-License-Identifier: Apache-2.0
// Reads exclusions, once the rules of all files are known. One that names no rule there is, or has
// expired, is a warning: it silences nothing, which is safe, but its author should hear of it. One
// without a reason is an error: nobody dares to remove it later.
#include "base/ascii.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "rules/exclusion.h"
#include "rules/loader.h"
#include "rules/program.h"

enum { LIST_MAX = 256, WHY_MAX = 256 };

static bool load_list(struct rules_loader *l, const struct json *object, const char *key,
                      const struct slice **texts, size_t *count)
{
    const struct json *list = json_get(object, key);
    return !list || (conf_is_array(list, l->problems) &&
                     rules_loader_texts(l, list, LIST_MAX, texts, count));
}

// Hosts of requests are compared in lower case; a capital would match nothing, silently.
static bool load_hosts(struct rules_loader *l, const struct json *object, struct rules_exclusion *e)
{
    if (!load_list(l, object, "hosts", &e->hosts, &e->host_count))
        return false;
    for (size_t i = 0; i < e->host_count; i++) {
        for (size_t j = 0; j < e->hosts[i].len; j++) {
            if (ascii_lower(e->hosts[i].ptr[j]) == e->hosts[i].ptr[j])
                continue;
            problems_add(l->problems, json_get(object, "hosts"), "hosts are written in lower case");
            return false;
        }
    }
    return true;
}

static bool load_target(struct rules_loader *l, const struct json *item, struct rules_exclusion *e,
                        uint32_t *targets)
{
    char why[WHY_MAX];
    struct rules_target read[RULES_TARGETS_OF_WORD];
    size_t count = rules_target_parse(item->text, read, why, sizeof why);
    if (count == 0 || read[0].is_taken_out || read[0].is_count) {
        problems_add(
            l->problems, item, "%s",
            count == 0 ? why : "an exclusion names what it takes out without \"!\" or \"count:\"");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!rules_loader_selector(l, item, &read[i], &targets[e->target_count++]))
            return false;
    }
    return true;
}

static bool load_targets(struct rules_loader *l, const struct json *object,
                         struct rules_exclusion *e)
{
    const struct slice *texts;
    size_t count;
    const struct json *list = json_get(object, "targets");
    if (!list)
        return true;
    if (!conf_is_array(list, l->problems) || !rules_loader_texts(l, list, LIST_MAX, &texts, &count))
        return false;
    uint32_t *targets = rules_loader_take(l, list->count * RULES_TARGETS_OF_WORD, sizeof *targets);
    if (!targets)
        return false;
    e->targets = targets;
    bool ok = true;
    JSON_EACH (item, list)
        ok &= load_target(l, item, e, targets);
    return ok;
}

static void load_place(struct rules_loader *l, const struct json *object, struct rules_exclusion *e)
{
    struct slice date, ignored;
    if (conf_required(object, "why", l->problems))
        (void)conf_text(object, "why", l->problems, &ignored);
    (void)conf_text(object, "owner", l->problems, &ignored);
    if (conf_text(object, "path", l->problems, &e->path) && e->path.ptr[0] != '/')
        problems_add(l->problems, json_get(object, "path"), "a path begins with /");
    if (!conf_text(object, "expires", l->problems, &date))
        return;
    const struct json *at = json_get(object, "expires");
    if (!rules_date_end(date, &e->expires_s))
        problems_add(l->problems, at, "a date such as \"2026-12-31\" is expected");
    else if (clock_wall_ns() / 1000000000 >= e->expires_s)
        problems_warn(l->problems, at, "the exclusion has expired and is not applied");
}

static bool has_any_tag(const struct slice *tags, size_t tag_count, const struct rules_exclusion *e)
{
    for (size_t i = 0; i < tag_count; i++) {
        for (size_t j = 0; j < e->tag_count; j++) {
            if (slice_eq(tags[i], e->tags[j]))
                return true;
        }
    }
    return false;
}

static bool has_id(struct slice id, const struct rules_exclusion *e)
{
    for (size_t i = 0; i < e->rule_count; i++) {
        if (rules_id_fits(e->rules[i], id))
            return true;
    }
    return false;
}

// Each word of the exclusion must mean at least one rule there is, in force or not.
static void warn_of_strangers(struct rules_loader *l, const struct rules_exclusion *e)
{
    for (size_t i = 0; i < e->rule_count; i++) {
        bool found = false;
        for (size_t j = 0; j < l->seen_count && !found; j++)
            found = rules_id_fits(e->rules[i], l->seen[j].id);
        if (!found)
            problems_warn(l->problems, json_get(e->at, "rules"), "no rule is called \"%.*s\"",
                          (int)slice_first(e->rules[i], 100).len, e->rules[i].ptr);
    }
    for (size_t i = 0; i < e->tag_count; i++) {
        const struct rules_exclusion alone = {.tags = &e->tags[i], .tag_count = 1};
        bool found = false;
        for (size_t j = 0; j < l->seen_count && !found; j++)
            found = has_any_tag(l->seen[j].tags, l->seen[j].tag_count, &alone);
        if (!found)
            problems_warn(l->problems, json_get(e->at, "tags"), "no rule has the tag \"%.*s\"",
                          (int)slice_first(e->tags[i], 100).len, e->tags[i].ptr);
    }
}

static bool concerns(const struct rules_exclusion *e, const struct rules_rule *rule)
{
    return rule->kind == RULES_RULE &&
           (has_id(rule->id, e) || has_any_tag(rule->tags, rule->tag_count, e));
}

static bool find_rules(struct rules_loader *l, struct rules_exclusion *e)
{
    const struct rules_program *p = l->program;
    size_t count = 0;
    for (size_t i = 0; i < p->rule_count; i++)
        count += concerns(e, &p->rules[i]);
    uint32_t *matched = rules_loader_take(l, count, sizeof *matched);
    if (!matched)
        return false;
    for (size_t i = 0; i < p->rule_count; i++) {
        if (concerns(e, &p->rules[i]))
            matched[e->matched_count++] = (uint32_t)i;
    }
    e->matched = matched;
    return true;
}

static bool append(struct rules_loader *l, const struct rules_exclusion *e)
{
    struct rules_program *p = l->program;
    if (e->rule_count + e->tag_count == 0) {
        problems_add(l->problems, e->at,
                     "an exclusion names the rules it silences by \"rules\" or \"tags\"");
        return false;
    }
    if (p->exclusion_count == l->exclusion_room) {
        problems_add(l->problems, e->at, "there are more than %d exclusions", RULES_EXCLUSIONS_MAX);
        return false;
    }
    p->exclusions[p->exclusion_count++] = *e;
    p->has_exclusions = p->has_exclusions || !e->needs_trigger;
    return true;
}

// "when": a rule of its own that puts the exclusion in force.
static bool load_when(struct rules_loader *l, const struct json *object, struct rules_exclusion *e)
{
    struct rules_program *p = l->program;
    const struct json *when = json_get(object, "when");
    if (!when)
        return true;
    struct rules_rule rule = {.kind = RULES_TRIGGER,
                              .at = object,
                              .phase = RULES_PHASE_BY_TARGETS,
                              .action = RULES_ACTION_PASS,
                              .category = RULES_NONE,
                              .skip_to = RULES_NONE,
                              .condition = (uint32_t)p->condition_count,
                              .first_trigger = (uint32_t)p->exclusion_count,
                              .trigger_count = 1};
    rule.condition_count = (uint32_t)rules_load_conditions(l, when);
    if (rule.condition_count == 0 || p->rule_count == l->rule_room)
        return false;
    p->rules[p->rule_count++] = rule;
    e->needs_trigger = true;
    return true;
}

static void load_exclusion(struct rules_loader *l, const struct json *object)
{
    static const char *const keys[] = {"rules", "tags",  "hosts", "path",    "targets",
                                       "when",  "owner", "why",   "expires", NULL};
    struct rules_exclusion e = {.at = object};
    if (!conf_is_object(object, l->problems))
        return;
    conf_known_keys(object, keys, l->problems);
    bool ok = load_list(l, object, "rules", &e.rules, &e.rule_count);
    ok &= load_list(l, object, "tags", &e.tags, &e.tag_count);
    ok &= load_hosts(l, object, &e);
    ok &= load_targets(l, object, &e);
    ok &= load_when(l, object, &e);
    load_place(l, object, &e);
    if (ok && append(l, &e))
        warn_of_strangers(l, &e);
}

void rules_load_exclusions(struct rules_loader *l, const struct json *root)
{
    const struct json *list = json_get(root, "exclusions");
    if (!list || !conf_is_array(list, l->problems))
        return;
    JSON_EACH (item, list)
        load_exclusion(l, item);
}

bool rules_load_trigger(struct rules_loader *l, const struct json *object)
{
    static const char *const keys[] = {"rules", "tags", "targets", NULL};
    struct rules_exclusion e = {.at = object, .needs_trigger = true};
    if (!conf_is_object(object, l->problems))
        return false;
    conf_known_keys(object, keys, l->problems);
    bool ok = load_list(l, object, "rules", &e.rules, &e.rule_count);
    ok &= load_list(l, object, "tags", &e.tags, &e.tag_count);
    ok &= load_targets(l, object, &e);
    return ok && append(l, &e);
}

// Gives each rule its list of exclusions: of those that wait for a rule, or of the others.
static bool link_rules(struct rules_loader *l, bool needs_trigger)
{
    struct rules_program *p = l->program;
    uint32_t *counts = rules_loader_take(l, p->rule_count, sizeof *counts);
    uint32_t **lists = rules_loader_take(l, p->rule_count, sizeof(*lists));
    if (!counts || !lists)
        return false;
    for (size_t i = 0; i < p->exclusion_count; i++) {
        const struct rules_exclusion *e = &p->exclusions[i];
        bool counts_here = e->target_count > 0 && e->needs_trigger == needs_trigger;
        for (size_t j = 0; counts_here && j < e->matched_count; j++)
            counts[e->matched[j]]++;
    }
    for (size_t rule = 0; rule < p->rule_count; rule++) {
        lists[rule] = rules_loader_take(l, counts[rule], sizeof **lists);
        if (!lists[rule])
            return false;
        counts[rule] = 0;
    }
    for (size_t i = 0; i < p->exclusion_count; i++) {
        const struct rules_exclusion *e = &p->exclusions[i];
        bool counts_here = e->target_count > 0 && e->needs_trigger == needs_trigger;
        for (size_t j = 0; counts_here && j < e->matched_count; j++)
            lists[e->matched[j]][counts[e->matched[j]]++] = (uint32_t)i;
    }
    for (size_t rule = 0; rule < p->rule_count; rule++) {
        struct rules_rule *r = &p->rules[rule];
        *(needs_trigger ? &r->later_exclusions : &r->exclusions) = lists[rule];
        *(needs_trigger ? &r->later_exclusion_count : &r->exclusion_count) = counts[rule];
    }
    return true;
}

void rules_load_link_exclusions(struct rules_loader *l)
{
    struct rules_program *p = l->program;
    for (size_t i = 0; i < p->exclusion_count; i++) {
        if (!find_rules(l, &p->exclusions[i]))
            return;
    }
    if (!link_rules(l, false) || !link_rules(l, true))
        return;
    // What may be taken out later must not hide what then is left.
    for (size_t i = 0; i < p->rule_count; i++) {
        for (uint32_t j = 0;
             p->rules[i].later_exclusion_count > 0 && j < p->rules[i].condition_count; j++)
            p->conditions[p->rules[i].condition + j].keeps_all = true;
    }
}

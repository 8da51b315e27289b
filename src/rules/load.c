// SPDX-License-Identifier: Apache-2.0
// Reads the rules of a file. After a mistake it goes on, so that one pass finds all; a rule with a
// mistake is not kept, and the program is refused in the end. Rules above the paranoia level are
// read like the others and then left out.
#include <stdlib.h>

#include "base/conf.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "rules/loader.h"
#include "rules/operator.h"
#include "rules/program.h"
#include "rules/sample.h"

enum { ID_MAX = 100, SCORE_MAX = 1000, ALL_OF_MAX = 16, TAGS_MAX = 64 };

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

static void load_action(struct rules_loader *l, const struct json *object, struct rules_rule *rule)
{
    static const char *const actions[] = {"score", "deny", "allow", "log", NULL};
    size_t choice;
    uint64_t number;
    if (!conf_required(object, "action", l->problems) ||
        !conf_choice(object, "action", actions, l->problems, &choice))
        return;
    rule->action = (enum rules_action)choice;
    const struct json *score = json_get(object, "score"), *status = json_get(object, "status");
    if (rule->action == RULES_ACTION_SCORE) {
        if (conf_required(object, "score", l->problems) &&
            conf_u64(object, "score", 1, SCORE_MAX, l->problems, &number))
            rule->score = (unsigned)number;
    } else if (score) {
        rules_loader_problem(l, score, "only a rule with \"action\": \"score\" has a score");
    }
    if (status && rule->action != RULES_ACTION_DENY)
        rules_loader_problem(l, status, "only a rule with \"action\": \"deny\" has a status");
    else if (conf_u64(object, "status", 400, 599, l->problems, &number))
        rule->status = (unsigned)number;
}

static void load_facts(struct rules_loader *l, const struct json *object, struct rules_rule *rule)
{
    static const char *const severities[] = {"critical", "error", "warning", "notice", NULL};
    size_t choice;
    uint64_t paranoia = 1;
    if (conf_required(object, "description", l->problems))
        (void)conf_text(object, "description", l->problems, &rule->description);
    if (conf_choice(object, "severity", severities, l->problems, &choice))
        rule->severity = slice_str(severities[choice]);
    (void)conf_u64(object, "paranoia", 1, RULES_PARANOIA_MAX, l->problems, &paranoia);
    rule->paranoia = (unsigned)paranoia;
    if (conf_choice(object, "mode", modes, l->problems, &choice))
        rule->is_detect = choice == 1;
    const struct json *tags = json_get(object, "tags");
    if (tags && conf_is_array(tags, l->problems) && tags->count > 0)
        (void)rules_loader_texts(l, tags, TAGS_MAX, &rule->tags, &rule->tag_count);
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

static void load_chain(struct rules_loader *l, const struct json *all_of)
{
    static const char *const keys[] = {"targets", "transforms", "match", NULL};
    static const char *const doubled[] = {"targets", "transforms", "match"};
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
    JSON_EACH (item, all_of) {
        if (!conf_is_object(item, l->problems))
            continue;
        conf_known_keys(item, keys, l->problems);
        (void)rules_load_condition(l, item);
    }
}

// A chain over the request's body and the response would need both at once, and the body is gone
// when the response comes.
static void check_chain(struct rules_loader *l, const struct rules_rule *rule)
{
    bool runs = false;
    for (unsigned phase = 0; phase < RULES_PHASE_COUNT; phase++)
        runs |= rules_rule_runs_at(l->program, rule, (enum rules_phase)phase);
    if (!runs)
        rules_loader_problem(l, rule->at,
                             "no moment has all parts of the chain: the request's body is gone "
                             "when the response comes");
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

static void load_rule(struct rules_loader *l, const struct json *object, bool file_is_detect)
{
    static const char *const keys[] = {"id",       "description", "targets", "transforms", "match",
                                       "all_of",   "action",      "score",   "status",     "mode",
                                       "severity", "paranoia",    "tags",    "tests",      NULL};
    struct rules_program *p = l->program;
    size_t errors = problems_count(l->problems);
    size_t first = p->condition_count;
    struct rules_rule rule = {.at = object, .condition = (uint32_t)first};
    if (!conf_is_object(object, l->problems))
        return;
    conf_known_keys(object, keys, l->problems);
    load_id(l, object, &rule);
    load_action(l, object, &rule);
    load_facts(l, object, &rule);
    load_tests(l, object);
    const struct json *all_of = json_get(object, "all_of");
    if (all_of)
        load_chain(l, all_of);
    else
        (void)rules_load_condition(l, object);
    rule.condition_count = (uint32_t)(p->condition_count - first);
    rule.is_detect |= file_is_detect || l->detect;
    if (rule.id.len > 0)
        note_seen(l, &rule);
    bool ok = problems_count(l->problems) == errors && rule.condition_count > 0;
    if (ok)
        check_chain(l, &rule);
    if (ok && rule.paranoia <= l->paranoia)
        p->rules[p->rule_count++] = rule;
    else
        p->condition_count = first;
}

void rules_load_file(struct rules_loader *l, const struct json *root)
{
    static const char *const keys[] = {"rules", "exclusions", "mode", NULL};
    size_t choice = 0;
    if (!conf_is_object(root, l->problems))
        return;
    conf_known_keys(root, keys, l->problems);
    (void)conf_choice(root, "mode", modes, l->problems, &choice);
    const struct json *rules = json_get(root, "rules");
    if (!rules || !conf_is_array(rules, l->problems))
        return;
    JSON_EACH (rule, rules)
        load_rule(l, rule, choice == 1);
}

static int by_id(const void *a, const void *b)
{
    const struct rules_seen *x = a, *y = b;
    int order = rules_text_order(&x->id, &y->id);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

void rules_load_check_ids(struct rules_loader *l)
{
    qsort(l->seen, l->seen_count, sizeof *l->seen, by_id);
    for (size_t i = 1; i < l->seen_count; i++) {
        const struct rules_seen *one = &l->seen[i - 1], *two = &l->seen[i];
        unsigned line, column;
        if (!slice_eq(one->id, two->id))
            continue;
        json_place(one->at->doc, one->at->offset, &line, &column);
        problems_add(l->problems, two->at, "rule %.*s: the id is taken by the rule at %s:%u",
                     (int)two->id.len, two->id.ptr, json_doc_name(one->at->doc), line);
    }
}

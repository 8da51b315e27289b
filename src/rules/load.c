// SPDX-License-Identifier: Apache-2.0
// Reads a file: the list of rules, groups and markers. A group becomes a guard in front of its
// rules, which leads behind them when they are not to speak.
#include <stdlib.h>

#include "base/conf.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "rules/loader.h"
#include "rules/operator.h"
#include "rules/program.h"

static const char *const modes[] = {"block", "detect", NULL};

static void load_list(struct rules_loader *l, const struct json *list,
                      const struct rules_group *group);

static void load_marker(struct rules_loader *l, const struct json *object)
{
    static const char *const keys[] = {"marker", NULL};
    struct slice name;
    conf_known_keys(object, keys, l->problems);
    if (!conf_text(object, "marker", l->problems, &name))
        return;
    if (l->marker_count == RULES_MARKERS_MAX) {
        problems_add(l->problems, object, "there are more than %d markers", RULES_MARKERS_MAX);
        return;
    }
    l->markers[l->marker_count++] =
        (struct rules_marker){.name = name, .rule = (uint32_t)l->program->rule_count};
}

static void load_group(struct rules_loader *l, const struct json *object,
                       const struct rules_group *above)
{
    static const char *const keys[] = {"when", "unless", "paranoia",    "tags",
                                       "mode", "rules",  "description", NULL};
    struct rules_program *p = l->program;
    size_t first = p->rule_count, first_condition = p->condition_count, choice = 0;
    uint64_t paranoia = above->paranoia;
    struct slice ignored;
    conf_known_keys(object, keys, l->problems);
    (void)conf_text(object, "description", l->problems, &ignored);
    (void)conf_u64(object, "paranoia", 1, RULES_PARANOIA_MAX, l->problems, &paranoia);
    (void)conf_choice(object, "mode", modes, l->problems, &choice);
    const struct rules_group group = {.above = above,
                                      .tags = json_get(object, "tags"),
                                      .paranoia = (unsigned)paranoia,
                                      .is_detect = above->is_detect || choice == 1};
    if (group.tags)
        (void)conf_is_array(group.tags, l->problems);
    rules_load_guards(l, object);
    size_t behind_guards = p->rule_count;
    load_list(l, json_get(object, "rules"), &group);
    if (p->rule_count == behind_guards) {
        p->rule_count = first;
        p->condition_count = first_condition;
        return;
    }
    for (size_t i = first; i < behind_guards; i++)
        p->rules[i].skip_to = (uint32_t)p->rule_count;
}

static void load_list(struct rules_loader *l, const struct json *list,
                      const struct rules_group *group)
{
    if (!list || !conf_is_array(list, l->problems))
        return;
    JSON_EACH (item, list) {
        if (!conf_is_object(item, l->problems))
            continue;
        if (json_get(item, "marker"))
            load_marker(l, item);
        else if (json_get(item, "rules"))
            load_group(l, item, group);
        else
            rules_load_rule(l, item, group);
    }
}

void rules_load_file(struct rules_loader *l, const struct json *root)
{
    static const char *const keys[] = {"rules", "exclusions", "vars", "mode", NULL};
    size_t choice = 0;
    if (!conf_is_object(root, l->problems))
        return;
    conf_known_keys(root, keys, l->problems);
    (void)conf_choice(root, "mode", modes, l->problems, &choice);
    const struct rules_group group = {.paranoia = 1, .is_detect = choice == 1};
    load_list(l, json_get(root, "rules"), &group);
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

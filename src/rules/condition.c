// SPDX-License-Identifier: Apache-2.0
// Reads one condition: where to look, what to undo, what to compare.
#include "base/conf.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "rules/loader.h"
#include "rules/program.h"

enum { TARGETS_MAX = 256, TARGET_WHY_MAX = 256, CONDITIONS_MAX = 16 };

static bool stands_twice(const uint32_t *list, size_t count, uint32_t selector)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == selector)
            return true;
    }
    return false;
}

static bool add_selector(struct rules_loader *l, const struct json *item,
                         const struct rules_target *target, struct rules_condition *c,
                         uint32_t *include, uint32_t *exclude)
{
    uint32_t selector;
    if (!rules_loader_selector(l, item, target, &selector))
        return false;
    uint32_t *list = target->is_taken_out ? exclude : include;
    size_t *count = target->is_taken_out ? &c->exclude_count : &c->include_count;
    if (stands_twice(list, *count, selector)) {
        rules_loader_problem(l, item, "the target stands twice");
        return false;
    }
    list[(*count)++] = selector;
    return true;
}

static bool load_target(struct rules_loader *l, const struct json *item, struct rules_condition *c,
                        uint32_t *include, uint32_t *exclude)
{
    char why[TARGET_WHY_MAX];
    struct rules_target targets[RULES_TARGETS_OF_WORD];
    if (!conf_is_string(item, l->problems))
        return false;
    size_t count = rules_target_parse(item->text, targets, why, sizeof why);
    if (count == 0)
        rules_loader_problem(l, item, "%s", why);
    for (size_t i = 0; i < count; i++)
        if (!add_selector(l, item, &targets[i], c, include, exclude))
            return false;
    return count > 0;
}

static bool looks_at(const struct rules_program *p, const struct rules_condition *c,
                     enum rules_collection collection)
{
    for (size_t i = 0; i < c->include_count; i++) {
        if (p->selectors[c->include[i]].collection == collection)
            return true;
    }
    return false;
}

// "!args.x" beside "query.*" alone: the half for the body does nothing, and that is meant.
static bool is_half_of_args(const struct rules_program *p, const struct rules_condition *c,
                            enum rules_collection collection)
{
    static const enum rules_collection halves[][2] = {{RULES_OF_QUERY_VALUES, RULES_OF_BODY_VALUES},
                                                      {RULES_OF_QUERY_NAMES, RULES_OF_BODY_NAMES}};
    for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
        if (collection == halves[i][1] && looks_at(p, c, halves[i][0]))
            return true;
        if (collection == halves[i][0] && looks_at(p, c, halves[i][1]))
            return true;
    }
    return false;
}

// What is taken out must be part of what is looked at: else the line does nothing, and its author
// believes otherwise.
static bool check_excluded(struct rules_loader *l, const struct json *targets,
                           const struct rules_condition *c)
{
    for (size_t i = 0; i < c->exclude_count; i++) {
        enum rules_collection collection = l->program->selectors[c->exclude[i]].collection;
        if (looks_at(l->program, c, collection) || is_half_of_args(l->program, c, collection))
            continue;
        rules_loader_problem(
            l, targets, "a name of \"%s*\" is taken out, but the rule does not look at \"%s*\"",
            rules_collection_facts(collection)->word, rules_collection_facts(collection)->word);
        return false;
    }
    return true;
}

static bool load_targets(struct rules_loader *l, const struct json *object,
                         struct rules_condition *c)
{
    const struct json *targets = conf_required(object, "targets", l->problems);
    if (!targets || !conf_is_array(targets, l->problems))
        return false;
    if (targets->count == 0 || targets->count > TARGETS_MAX) {
        rules_loader_problem(l, targets, "1 to %d targets are expected", TARGETS_MAX);
        return false;
    }
    size_t room = targets->count * RULES_TARGETS_OF_WORD;
    uint32_t *include = rules_loader_take(l, room, sizeof *include);
    uint32_t *exclude = rules_loader_take(l, room, sizeof *exclude);
    if (!include || !exclude)
        return false;
    c->include = include;
    c->exclude = exclude;
    bool ok = true;
    JSON_EACH (item, targets)
        ok &= load_target(l, item, c, include, exclude);
    if (ok && c->include_count == 0) {
        rules_loader_problem(l, targets, "every target is taken out; none is left to look at");
        return false;
    }
    return ok && check_excluded(l, targets, c);
}

static bool load_transform(struct rules_loader *l, const struct json *item,
                           struct rules_condition *c)
{
    const char *const *words = rules_transform_words();
    if (!conf_is_string(item, l->problems))
        return false;
    for (size_t i = 0; words[i]; i++) {
        if (!slice_eq(item->text, slice_str(words[i])))
            continue;
        c->transforms[c->transform_count++] = (unsigned char)i;
        return true;
    }
    const char *near = conf_nearest(item->text, words);
    rules_loader_problem(l, item, "\"%.*s\" is no transform%s%s%s",
                         (int)slice_first(item->text, 60).len, item->text.ptr,
                         near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
    return false;
}

static bool load_transforms(struct rules_loader *l, const struct json *object,
                            struct rules_condition *c)
{
    const struct json *transforms = json_get(object, "transforms");
    if (!transforms)
        return true;
    if (!conf_is_array(transforms, l->problems))
        return false;
    if (transforms->count > RULES_DEPTH_MAX) {
        rules_loader_problem(l, transforms, "at most %d transforms are possible", RULES_DEPTH_MAX);
        return false;
    }
    bool ok = true;
    JSON_EACH (item, transforms)
        ok &= load_transform(l, item, c);
    return ok;
}

// Does what it finds depend on what rules set before?
static bool is_dynamic(const struct rules_program *p, const struct rules_condition *c)
{
    for (size_t i = 0; i < c->include_count; i++) {
        const struct rules_selector *s = &p->selectors[c->include[i]];
        if (s->is_count || rules_collection_facts(s->collection)->source == RULES_STATE)
            return true;
    }
    return c->op.argument.part_count > 0;
}

bool rules_load_condition(struct rules_loader *l, const struct json *object)
{
    struct rules_program *p = l->program;
    struct rules_condition c = {.rule = (uint32_t)p->rule_count};
    bool ok = load_targets(l, object, &c);
    ok &= load_transforms(l, object, &c);
    const struct json *match = conf_required(object, "match", l->problems);
    ok = match && rules_operator_load(l, match, &c.op) && ok;
    (void)conf_bool(object, "multi_match", l->problems, &c.is_multi_match);
    (void)conf_bool(object, "capture", l->problems, &c.captures);
    c.is_dynamic = is_dynamic(p, &c);
    if (!ok)
        return false;
    if (p->condition_count == l->condition_room) {
        problems_add(l->problems, object, "there are more than %d conditions",
                     RULES_CONDITIONS_MAX);
        return false;
    }
    p->conditions[p->condition_count++] = c;
    return true;
}

size_t rules_load_conditions(struct rules_loader *l, const struct json *value)
{
    static const char *const keys[] = {"targets", "transforms", "multi_match", "match", NULL};
    size_t count = 0;
    if (value->type != JSON_ARRAY) {
        if (!conf_is_object(value, l->problems))
            return 0;
        conf_known_keys(value, keys, l->problems);
        return rules_load_condition(l, value) ? 1 : 0;
    }
    if (value->count == 0 || value->count > CONDITIONS_MAX) {
        rules_loader_problem(l, value, "a list of 1 to %d conditions is expected", CONDITIONS_MAX);
        return 0;
    }
    JSON_EACH (item, value) {
        if (!conf_is_object(item, l->problems))
            continue;
        conf_known_keys(item, keys, l->problems);
        count += rules_load_condition(l, item);
    }
    return count == value->count ? count : 0;
}

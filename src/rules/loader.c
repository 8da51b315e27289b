// SPDX-License-Identifier: Apache-2.0
// Helpers of the readers of rule files: memory, messages that name the rule, lists of texts,
// regexes, selectors.
#include "rules/loader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/conf.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "rules/program.h"

void *rules_loader_take(struct rules_loader *l, size_t count, size_t size)
{
    void *memory = arena_zalloc(&l->program->arena, count, size);
    l->has_no_memory |= !memory;
    return memory;
}

struct slice rules_loader_rule_id(const struct json *at)
{
    for (; at && at->parent; at = at->parent) {
        if (at->type != JSON_OBJECT || at->parent->type != JSON_ARRAY ||
            !slice_eq(at->parent->key, SLICE("rules")))
            continue;
        const struct json *id = json_get(at, "id");
        return id && id->type == JSON_STRING ? id->text : (struct slice){0};
    }
    return (struct slice){0};
}

void rules_loader_problem(struct rules_loader *l, const struct json *at, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct slice id = slice_first(rules_loader_rule_id(at), 100);
    if (id.len > 0)
        problems_add(l->problems, at, "rule %.*s: %s", (int)id.len, id.ptr, text);
    else
        problems_add(l->problems, at, "%s", text);
}

bool rules_loader_texts(struct rules_loader *l, const struct json *value, size_t max,
                        const struct slice **texts, size_t *count)
{
    bool is_list = value->type == JSON_ARRAY;
    size_t wanted = is_list ? value->count : 1;
    if (!is_list && !conf_is_string(value, l->problems))
        return false;
    if (wanted == 0 || wanted > max) {
        rules_loader_problem(l, value, "a list of 1 to %zu texts is expected", max);
        return false;
    }
    struct slice *list = rules_loader_take(l, wanted, sizeof *list);
    if (!list)
        return false;
    bool ok = true;
    size_t i = 0;
    for (const struct json *item = is_list ? value->first : value; item && i < wanted;
         item = item->next) {
        if (!conf_is_string(item, l->problems)) {
            ok = false;
        } else if (item->text.len == 0) {
            rules_loader_problem(l, item, "the text must not be empty");
            ok = false;
        } else {
            list[i] = item->text;
        }
        i++;
    }
    *texts = list;
    *count = wanted;
    return ok;
}

static bool keep_regex(struct rules_program *p, struct rules_regex *regex)
{
    if (p->regex_count == p->regex_room) {
        size_t room = p->regex_room ? p->regex_room * 2 : 64;
        struct rules_regex **grown = realloc(p->regexes, room * sizeof(*grown));
        if (!grown)
            return false;
        p->regexes = grown;
        p->regex_room = room;
    }
    p->regexes[p->regex_count++] = regex;
    return true;
}

const struct rules_regex *rules_loader_regex(struct rules_loader *l, const struct json *at,
                                             struct slice pattern, bool ignore_case)
{
    char why[RULES_REGEX_WHY_MAX];
    size_t offset;
    struct rules_regex *regex = rules_regex_compile(pattern, ignore_case, &offset, why);
    if (!regex) {
        size_t from = offset < pattern.len ? offset : pattern.len;
        struct slice rest = slice_first(slice_from(pattern, from), 20);
        rules_loader_problem(l, at, "the regex is wrong at offset %zu%s%.*s%s: %s", offset,
                             rest.len ? " (at \"" : "", (int)rest.len, rest.ptr ? rest.ptr : "",
                             rest.len ? "\")" : "", why);
        return NULL;
    }
    if (!keep_regex(l->program, regex)) {
        rules_regex_free(&regex);
        l->has_no_memory = true;
    }
    return regex;
}

static bool same_selector(const struct rules_selector *s, const struct rules_target *t,
                          struct slice name)
{
    return s->collection == t->collection && s->pick == t->pick && slice_eq(s->name, name);
}

static bool grow_selectors(struct rules_loader *l, const struct json *at)
{
    struct rules_program *p = l->program;
    if (p->selector_count < l->selector_room)
        return true;
    if (p->selector_count == RULES_SELECTORS_MAX) {
        rules_loader_problem(l, at, "the rules name more than %d different targets",
                             RULES_SELECTORS_MAX);
        return false;
    }
    size_t room = l->selector_room ? l->selector_room * 2 : 64;
    struct rules_selector *grown = rules_loader_take(l, room, sizeof *grown);
    if (!grown)
        return false;
    if (p->selector_count)
        memcpy(grown, p->selectors, p->selector_count * sizeof *grown);
    p->selectors = grown;
    l->selector_room = room;
    return true;
}

bool rules_loader_selector(struct rules_loader *l, const struct json *at,
                           const struct rules_target *target, uint32_t *out)
{
    struct rules_program *p = l->program;
    bool ignores_case = rules_collection_facts(target->collection)->kind == RULES_FIELDS;
    struct slice name = target->pick == RULES_PICK_ALL ? (struct slice){0} : target->name;
    if (target->pick == RULES_PICK_NAME && ignores_case) {
        char *lower = rules_loader_take(l, name.len + 1, 1);
        if (!lower)
            return false;
        ascii_lower_copy(lower, name);
        name.ptr = lower;
    }
    for (size_t i = 0; i < p->selector_count; i++) {
        if (!same_selector(&p->selectors[i], target, name))
            continue;
        *out = (uint32_t)i;
        return true;
    }
    struct rules_selector made = {
        .collection = target->collection, .pick = target->pick, .name = name};
    if (target->pick == RULES_PICK_REGEX) {
        made.regex = rules_loader_regex(l, at, name, ignores_case);
        if (!made.regex)
            return false;
    }
    if (!grow_selectors(l, at))
        return false;
    *out = (uint32_t)p->selector_count;
    p->selectors[p->selector_count++] = made;
    return true;
}

// SPDX-License-Identifier: Apache-2.0
// Helpers of the readers of rule files: memory, messages that name the rule, lists of texts,
// regexes, selectors.
#include "rules/loader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "rules/program.h"

enum { LIST_FILE_MAX = 4 * 1024 * 1024 };

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
                                             struct slice pattern, bool ignore_case, bool dot_all)
{
    char why[RULES_REGEX_WHY_MAX];
    size_t offset;
    const struct rules_regex_flags flags = {.ignore_case = ignore_case, .dot_all = dot_all};
    struct rules_regex *regex = rules_regex_compile(pattern, flags, &offset, why);
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

// The next line of *rest without blanks around it; false at the end.
static bool next_line(struct slice *rest, struct slice *line)
{
    if (rest->len == 0)
        return false;
    size_t end = slice_index(*rest, '\n');
    *line = slice_first(*rest, end);
    *rest = slice_from(*rest, end + 1);
    while (line->len > 0 && strchr(" \t\r", line->ptr[line->len - 1]))
        line->len--;
    while (line->len > 0 && strchr(" \t", line->ptr[0]))
        *line = slice_from(*line, 1);
    return true;
}

static bool is_entry(struct slice line)
{
    return line.len > 0 && line.ptr[0] != '#';
}

static bool cut_lines(struct rules_loader *l, const struct json *file, struct slice text,
                      size_t max, const struct slice **texts, size_t *count)
{
    struct slice rest = text, line;
    size_t lines = 0;
    while (next_line(&rest, &line))
        lines += is_entry(line);
    if (lines == 0 || lines > max) {
        rules_loader_problem(l, file, "the file has %zu entries; 1 to %zu are expected", lines,
                             max);
        return false;
    }
    struct slice *list = rules_loader_take(l, lines, sizeof *list);
    if (!list)
        return false;
    *texts = list;
    *count = 0;
    for (rest = text; next_line(&rest, &line);) {
        if (is_entry(line))
            list[(*count)++] = line;
    }
    return true;
}

bool rules_loader_lines(struct rules_loader *l, const struct json *value, size_t max,
                        const struct slice **texts, size_t *count)
{
    static const char *const keys[] = {"file", NULL};
    char why[160], *content = NULL;
    size_t len;
    conf_known_keys(value, keys, l->problems);
    const struct json *file = conf_required(value, "file", l->problems);
    char *path = file ? conf_path(file, l->problems) : NULL;
    if (!path)
        return false;
    bool ok = file_read(path, LIST_FILE_MAX, &content, &len, why, sizeof why);
    if (!ok)
        rules_loader_problem(l, file, "%s: %s", path, why);
    free(path);
    // The lines live as long as the program.
    char *kept = ok ? rules_loader_take(l, len + 1, 1) : NULL;
    if (kept)
        memcpy(kept, content, len);
    free(content);
    return kept && cut_lines(l, file, slice_of(kept, len), max, texts, count);
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

// The name as it is compared; it must outlive the text it was read from.
static bool keep_name(struct rules_loader *l, const struct rules_target *target, struct slice *out)
{
    struct slice name = target->pick == RULES_PICK_ALL ? (struct slice){0} : target->name;
    char *kept = rules_loader_take(l, name.len + 1, 1);
    if (!kept)
        return false;
    if (target->pick != RULES_PICK_REGEX && rules_collection_ignores_case(target->collection))
        ascii_lower_copy(kept, name);
    else if (name.len)
        memcpy(kept, name.ptr, name.len);
    *out = slice_of(kept, name.len);
    return true;
}

static bool find_selector(const struct rules_loader *l, const struct rules_target *target,
                          uint32_t *out)
{
    const struct rules_program *p = l->program;
    bool folds = rules_collection_ignores_case(target->collection);
    struct slice name = target->pick == RULES_PICK_ALL ? (struct slice){0} : target->name;
    for (size_t i = 0; i < p->selector_count; i++) {
        const struct rules_selector *s = &p->selectors[i];
        bool same = s->collection == target->collection && s->pick == target->pick &&
                    s->is_count == target->is_count &&
                    (folds && s->pick != RULES_PICK_REGEX ? ascii_eq_nocase(s->name, name)
                                                          : slice_eq(s->name, name));
        if (!same)
            continue;
        *out = (uint32_t)i;
        return true;
    }
    return false;
}

static bool is_matched(enum rules_collection c)
{
    return c >= RULES_OF_MATCHED && c <= RULES_OF_MATCHED_KEYS;
}

bool rules_loader_selector(struct rules_loader *l, const struct json *at,
                           const struct rules_target *target, uint32_t *out)
{
    struct rules_program *p = l->program;
    l->uses_matched |= is_matched(target->collection);
    if (find_selector(l, target, out))
        return true;
    struct rules_selector made = {.collection = target->collection,
                                  .pick = target->pick,
                                  .is_count = target->is_count,
                                  .slot = RULES_VAR_NONE};
    if (!keep_name(l, target, &made.name))
        return false;
    if (target->pick == RULES_PICK_REGEX) {
        made.regex = rules_loader_regex(l, at, made.name,
                                        rules_collection_ignores_case(target->collection), false);
        if (!made.regex)
            return false;
    }
    if (target->collection == RULES_OF_VARS && target->pick == RULES_PICK_NAME)
        made.slot = rules_vars_slot(l, made.name);
    if (!grow_selectors(l, at))
        return false;
    *out = (uint32_t)p->selector_count;
    p->selectors[p->selector_count++] = made;
    return true;
}

uint32_t rules_loader_find_category(const struct rules_loader *l, struct slice name)
{
    const struct rules_program *p = l->program;
    for (size_t i = 0; i < p->category_count; i++) {
        if (slice_eq(p->categories[i], name))
            return (uint32_t)i;
    }
    return RULES_NONE;
}

uint32_t rules_loader_category(struct rules_loader *l, const struct json *at, struct slice name)
{
    struct rules_program *p = l->program;
    uint32_t known = rules_loader_find_category(l, name);
    if (known != RULES_NONE)
        return known;
    if (!p->categories) {
        p->categories = rules_loader_take(l, RULES_CATEGORIES_MAX, sizeof *p->categories);
        p->category_thresholds =
            rules_loader_take(l, RULES_CATEGORIES_MAX, sizeof *p->category_thresholds);
    }
    if (!p->categories || !p->category_thresholds)
        return RULES_NONE;
    if (p->category_count == RULES_CATEGORIES_MAX) {
        rules_loader_problem(l, at, "there are more than %d categories", RULES_CATEGORIES_MAX);
        return RULES_NONE;
    }
    p->categories[p->category_count] = name;
    return (uint32_t)p->category_count++;
}

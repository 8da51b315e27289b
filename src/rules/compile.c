// SPDX-License-Identifier: Apache-2.0
// From files to a program: find the files, read all of them, lay out the plans. Everything wrong is
// reported before anything is refused; a program is either whole or not there.
#include "rules/engine.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "base/random.h"
#include "rules/loader.h"
#include "rules/program.h"

enum { PROGRAM_MAX = 512 * 1024 * 1024, FILES_MAX = 1024, THRESHOLD_MAX = 100000 };

static struct rules_program *program_new(void)
{
    struct rules_program *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    arena_init(&p->arena, NULL, PROGRAM_MAX);
    p->docs = calloc(FILES_MAX, sizeof(*p->docs));
    if (!p->docs)
        rules_program_free(&p);
    return p;
}

void rules_program_free(struct rules_program **p)
{
    if (!*p)
        return;
    for (size_t i = 0; i < (*p)->regex_count; i++)
        rules_regex_free(&(*p)->regexes[i]);
    free((*p)->regexes);
    for (size_t i = 0; i < (*p)->doc_count; i++)
        json_free(&(*p)->docs[i]);
    free((*p)->docs);
    arena_clear(&(*p)->arena);
    free(*p);
    *p = NULL;
}

static void file_problem(struct problems *problems, const struct json *at, const char *file,
                         const char *text)
{
    if (at)
        problems_add(problems, at, "%s: %s", file, text);
    else
        problems_add_at(problems, file, 0, 0, "%s", text);
}

static void read_file(struct rules_program *p, const char *file, const struct json *at,
                      struct problems *problems)
{
    if (p->doc_count == FILES_MAX) {
        file_problem(problems, at, file, "too many rule files");
        return;
    }
    struct json_doc *doc = json_read_file(file, problems);
    if (doc)
        p->docs[p->doc_count++] = doc;
}

// A name is a name unless it has the signs of a pattern, so that a file that is missing is reported
// as missing.
static void read_pattern(struct rules_program *p, const char *pattern, const struct json *at,
                         struct problems *problems)
{
    glob_t found;
    if (!strpbrk(pattern, "*?[")) {
        read_file(p, pattern, at, problems);
        return;
    }
    int rc = glob(pattern, GLOB_ERR, NULL, &found);
    if (rc == GLOB_NOMATCH) {
        file_problem(problems, at, pattern, "no file has a name like this");
        return;
    }
    if (rc != 0) {
        file_problem(problems, at, pattern,
                     rc == GLOB_NOSPACE ? "out of memory" : "a folder cannot be read");
        return;
    }
    for (size_t i = 0; i < found.gl_pathc; i++)
        read_file(p, found.gl_pathv[i], at, problems);
    globfree(&found);
}

static void count_objects(const struct json *value, size_t *count)
{
    JSON_EACH (item, value) {
        *count += item->type == JSON_OBJECT;
        if (item->type == JSON_OBJECT || item->type == JSON_ARRAY)
            count_objects(item, count);
    }
}

static size_t at_most(size_t count, size_t max)
{
    return count < max ? count : max;
}

// Each rule, condition and exclusion is an object of the documents, so tables of that size do not
// move while they are being referred to. A rule with two guards has objects for them.
static bool make_room(struct rules_loader *l)
{
    struct rules_program *p = l->program;
    size_t objects = 0;
    for (size_t i = 0; i < p->doc_count; i++)
        count_objects(json_root(p->docs[i]), &objects);
    l->rule_room = at_most(objects, RULES_MAX);
    l->condition_room = at_most(objects, RULES_CONDITIONS_MAX);
    l->exclusion_room = at_most(objects, RULES_EXCLUSIONS_MAX);
    p->rules = rules_loader_take(l, l->rule_room, sizeof *p->rules);
    p->conditions = rules_loader_take(l, l->condition_room, sizeof *p->conditions);
    p->exclusions = rules_loader_take(l, l->exclusion_room, sizeof *p->exclusions);
    l->seen = rules_loader_take(l, l->rule_room, sizeof *l->seen);
    l->markers = rules_loader_take(l, RULES_MARKERS_MAX, sizeof *l->markers);
    return !l->has_no_memory;
}

// Of categories in which rules score; the policy's own names go with its text.
static void load_thresholds(struct rules_loader *l, const struct json *thresholds)
{
    struct rules_program *p = l->program;
    if (!thresholds || !conf_is_object(thresholds, l->problems))
        return;
    JSON_EACH (item, thresholds) {
        uint64_t number;
        char key[256];
        (void)snprintf(key, sizeof key, "%.*s", (int)item->key.len, item->key.ptr);
        uint32_t category = rules_loader_find_category(l, item->key);
        if (!conf_u64(thresholds, key, 1, THRESHOLD_MAX, l->problems, &number))
            continue;
        if (category == RULES_NONE)
            problems_warn(l->problems, item, "no rule that is in force scores in this category");
        else
            p->category_thresholds[category] = (unsigned)number;
    }
}

static void load_documents(struct rules_loader *l, const struct rules_options *o,
                           bool no_exclusions)
{
    struct rules_program *p = l->program;
    if (!make_room(l))
        return;
    rules_vars_collect(l, o->vars);
    for (size_t i = 0; i < p->doc_count; i++)
        rules_load_file(l, json_root(p->docs[i]));
    rules_load_check_ids(l);
    for (size_t i = 0; i < p->doc_count; i++)
        rules_load_exclusions(l, json_root(p->docs[i]));
    for (size_t i = 0; no_exclusions && i < p->exclusion_count; i++)
        p->exclusions[i].expires_s = p->exclusions[i].needs_trigger ? 0 : 1;
    load_thresholds(l, o->thresholds);
    rules_load_link_skips(l);
    rules_load_link_exclusions(l);
}

// Compiles the documents of the program, or frees it.
static struct rules_program *finish(struct rules_program *p, const struct rules_options *o,
                                    struct rules_compile_flags flags, struct problems *problems,
                                    size_t errors)
{
    struct rules_loader *l = calloc(1, sizeof *l);
    if (l) {
        l->program = p;
        l->problems = problems;
        l->paranoia = o->paranoia;
        l->detect_paranoia = o->detect_paranoia;
        l->detect = o->detect;
        p->threshold = o->threshold;
        p->step_budget = o->step_budget ? o->step_budget : UINT64_MAX;
        p->response_threshold = o->response_threshold ? o->response_threshold : o->threshold;
        load_documents(l, o, flags.no_exclusions);
    }
    bool ok = l && problems_count(problems) == errors && !l->has_no_memory;
    free(l);
    for (unsigned phase = 0; ok && phase < RULES_PHASE_COUNT; phase++)
        ok = rules_plan_build(p, (enum rules_phase)phase, flags.no_prefilter, problems);
    if (!flags.no_prefilter)
        random_bytes(&p->serial, sizeof p->serial);
    if (ok)
        return p;
    if (problems_count(problems) == errors)
        problems_add_at(problems, "rules", 0, 0, "out of memory while compiling rules");
    rules_program_free(&p);
    return NULL;
}

struct rules_program *rules_compile_with(const struct rules_options *o,
                                         struct rules_compile_flags flags,
                                         struct problems *problems)
{
    size_t errors = problems_count(problems);
    struct rules_program *p = program_new();
    if (!p) {
        problems_add_at(problems, "rules", 0, 0, "out of memory while compiling rules");
        return NULL;
    }
    for (size_t i = 0; i < o->file_count; i++)
        read_pattern(p, o->files[i], o->files_at ? o->files_at[i] : NULL, problems);
    return finish(p, o, flags, problems, errors);
}

struct rules_program *rules_compile_text(const char *name, struct slice text,
                                         const struct rules_options *o,
                                         struct rules_compile_flags flags,
                                         struct problems *problems)
{
    size_t errors = problems_count(problems);
    struct rules_program *p = program_new();
    struct json_doc *doc = p ? json_read_text(name, text, problems) : NULL;
    if (!doc) {
        if (problems_count(problems) == errors)
            problems_add_at(problems, name, 0, 0, "out of memory while compiling rules");
        rules_program_free(&p);
        return NULL;
    }
    p->docs[p->doc_count++] = doc;
    return finish(p, o, flags, problems, errors);
}

struct rules_program *rules_compile(const struct rules_options *o, struct problems *problems)
{
    return rules_compile_with(o, (struct rules_compile_flags){0}, problems);
}

size_t rules_program_count(const struct rules_program *p)
{
    return p->count;
}

bool rules_program_has_tag(const struct rules_program *p, struct slice tag)
{
    for (size_t i = 0; i < p->rule_count; i++)
        for (size_t k = 0; k < p->rules[i].tag_count; k++)
            if (slice_eq(p->rules[i].tags[k], tag))
                return true;
    return false;
}

bool rules_program_wants_body(const struct rules_program *p)
{
    return p->plans[RULES_AT_BODY].rule_count > 0;
}

bool rules_program_wants_response(const struct rules_program *p)
{
    return p->plans[RULES_AT_RESPONSE].rule_count > 0;
}

bool rules_program_wants_response_body(const struct rules_program *p)
{
    return p->plans[RULES_AT_RESPONSE_BODY].rule_count > 0;
}

bool rules_program_wants_end(const struct rules_program *p)
{
    return p->plans[RULES_AT_END].rule_count > 0;
}

static bool looks_at_body(const struct rules_program *p, const struct rules_rule *rule)
{
    for (uint32_t i = 0; i < rule->condition_count; i++) {
        const struct rules_condition *c = &p->conditions[rule->condition + i];
        for (size_t j = 0; j < c->include_count; j++) {
            if (rules_collection_facts(p->selectors[c->include[j]].collection)->phase ==
                RULES_AT_BODY)
                return true;
        }
    }
    return false;
}

bool rules_program_keeps_body(const struct rules_program *p)
{
    for (unsigned phase = RULES_AT_RESPONSE; phase < RULES_PHASE_COUNT; phase++) {
        for (size_t i = 0; i < p->plans[phase].rule_count; i++) {
            if (looks_at_body(p, &p->rules[p->plans[phase].rules[i]]))
                return true;
        }
    }
    return false;
}

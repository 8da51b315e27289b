// SPDX-License-Identifier: Apache-2.0
// From files to a program: find the files, read all of them, lay out the plans. Everything wrong is
// reported before anything is refused; a program is either whole or not there.
#include "rules/engine.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_read.h"
#include "base/problems.h"
#include "rules/loader.h"
#include "rules/program.h"

enum { PROGRAM_MAX = 512 * 1024 * 1024, FILES_MAX = 1024 };

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

static size_t count_list(const struct json *root, const char *key)
{
    const struct json *list = json_get(root, key);
    return list && list->type == JSON_ARRAY ? list->count : 0;
}

static size_t count_conditions(const struct json *root)
{
    const struct json *rules = json_get(root, "rules");
    size_t count = 0;
    if (!rules || rules->type != JSON_ARRAY)
        return 0;
    JSON_EACH (rule, rules)
        count += 1 + count_list(rule, "all_of");
    return count;
}

// Tables have the size the documents say, so that nothing moves while it is being referred to.
static bool make_room(struct rules_loader *l)
{
    struct rules_program *p = l->program;
    for (size_t i = 0; i < p->doc_count; i++) {
        const struct json *root = json_root(p->docs[i]);
        l->rule_room += count_list(root, "rules");
        l->condition_room += count_conditions(root);
        l->exclusion_room += count_list(root, "exclusions");
        bool fits = l->rule_room <= RULES_MAX && l->condition_room <= RULES_CONDITIONS_MAX &&
                    l->exclusion_room <= RULES_EXCLUSIONS_MAX;
        if (fits)
            continue;
        problems_add(
            l->problems, root,
            "too many rules: at most %d rules with %d conditions and %d exclusions are possible",
            RULES_MAX, RULES_CONDITIONS_MAX, RULES_EXCLUSIONS_MAX);
        return false;
    }
    p->rules = rules_loader_take(l, l->rule_room, sizeof *p->rules);
    p->conditions = rules_loader_take(l, l->condition_room, sizeof *p->conditions);
    p->exclusions = rules_loader_take(l, l->exclusion_room, sizeof *p->exclusions);
    l->seen = rules_loader_take(l, l->rule_room, sizeof *l->seen);
    return !l->has_no_memory;
}

static void load_documents(struct rules_loader *l, bool no_exclusions)
{
    struct rules_program *p = l->program;
    if (!make_room(l))
        return;
    for (size_t i = 0; i < p->doc_count; i++)
        rules_load_file(l, json_root(p->docs[i]));
    rules_load_check_ids(l);
    for (size_t i = 0; i < p->doc_count; i++)
        rules_load_exclusions(l, json_root(p->docs[i]));
    if (no_exclusions)
        p->exclusion_count = 0;
    rules_load_link_exclusions(l);
}

// Compiles the documents of the program, or frees it.
static struct rules_program *finish(struct rules_program *p, const struct rules_options *o,
                                    struct rules_compile_flags flags, struct problems *problems,
                                    size_t errors)
{
    struct rules_loader l = {
        .program = p, .problems = problems, .paranoia = o->paranoia, .detect = o->detect};
    p->threshold = o->threshold;
    load_documents(&l, flags.no_exclusions);
    bool ok = problems_count(problems) == errors && !l.has_no_memory;
    for (unsigned phase = 0; ok && phase < RULES_PHASE_COUNT; phase++)
        ok = rules_plan_build(p, (enum rules_phase)phase, flags.no_prefilter, problems);
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
    return p->rule_count;
}

bool rules_program_wants_body(const struct rules_program *p)
{
    return p->plans[RULES_AT_BODY].rule_count > 0;
}

bool rules_program_wants_response(const struct rules_program *p)
{
    return p->plans[RULES_AT_RESPONSE].rule_count > 0;
}

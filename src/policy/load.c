// SPDX-License-Identifier: Apache-2.0
// A policy from text to snapshot. Sections that others refer to come first; all of them are read
// whatever was wrong in the one before, so that a person mends everything at once. A snapshot
// exists only when nothing was wrong.
#include "policy/policy_internal.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/problems.h"
#include "policy/definition.h"

// The document itself is limited to JSON_FILE_MAX; what is made of it is a small multiple.
enum { SNAPSHOT_MEMORY_MAX = 512 * 1024 * 1024 };

static void read_sections(struct policy_reader *r)
{
    policy_read_top(r);
    policy_read_limits(r);
    policy_read_audit(r);
    policy_read_bans(r);
    policy_read_filters(r);
    policy_fit_memory(r);
    policy_read_backends(r);
    policy_read_listeners(r);
    policy_read_routes(r);
}

// Only of a policy that is good: a mistyped reference would be told twice.
static void warn_unused(struct policy_reader *r)
{
    policy_names_warn_unused(r, &r->filters, "filters", "filter");
    policy_names_warn_unused(r, &r->backends, "backends", "backend");
}

static struct snapshot *new_snapshot(const char *name)
{
    struct snapshot *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->references = 1;
    arena_init(&s->arena, NULL, SNAPSHOT_MEMORY_MAX);
    s->path = arena_str(&s->arena, slice_str(name));
    if (!s->path)
        snapshot_unref(&s);
    return s;
}

// Of the sections that name files to be read. A host of a route is "*", which is no pattern of
// names of files, and a log changes all the time.
static uint64_t files_of(const struct json *root)
{
    static const char *const sections[] = {"listeners", "backends", "filters"};
    uint64_t files = 1;
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        const struct json *section = json_get(root, sections[i]);
        if (section)
            files = definition_join(files, definition_of(section, DEFINITION_FILES));
    }
    return files;
}

// Reads what stands in the document; `before` problems were there when its reading began.
static struct snapshot *build(const struct json_doc *doc, enum policy_reach reach, size_t before,
                              struct problems *problems)
{
    const struct json *root = json_root(doc);
    if (!conf_is_object(root, problems))
        return NULL;
    struct snapshot *s = new_snapshot(json_doc_name(doc));
    if (!s) {
        problems_add(problems, root, "not enough memory");
        return NULL;
    }
    s->text = arena_copy(&s->arena, json_doc_text(doc));
    if (!s->text.ptr) {
        problems_add(problems, root, "not enough memory");
        snapshot_unref(&s);
        return NULL;
    }
    s->files = reach == POLICY_REACH_ALL ? files_of(root) : 0;
    struct policy_reader reader = {.s = s, .problems = problems, .root = root, .reach = reach};
    read_sections(&reader);
    if (problems_count(problems) == before)
        warn_unused(&reader);
    else
        snapshot_unref(&s);
    return s;
}

struct snapshot *policy_load(const char *path, struct problems *problems)
{
    size_t before = problems_count(problems);
    struct json_doc *doc = json_read_file(path, problems);
    struct snapshot *s = doc ? build(doc, POLICY_REACH_ALL, before, problems) : NULL;
    json_free(&doc);
    return s;
}

struct snapshot *policy_load_text(const char *name, struct slice text, enum policy_reach reach,
                                  struct problems *problems)
{
    size_t before = problems_count(problems);
    struct json_doc *doc = json_read_text(name, text, problems);
    struct snapshot *s = doc ? build(doc, reach, before, problems) : NULL;
    json_free(&doc);
    return s;
}

struct snapshot *policy_load_again(const struct snapshot *s, struct problems *problems)
{
    return policy_load_variant(s, s->text, problems);
}

struct snapshot *policy_load_variant(const struct snapshot *s, struct slice text,
                                     struct problems *problems)
{
    return policy_load_text(s->path, text, POLICY_REACH_ALL, problems);
}

uint64_t policy_look_at_files(const struct snapshot *s)
{
    struct problems *problems = problems_new();
    struct json_doc *doc = problems ? json_read_text(s->path, s->text, problems) : NULL;
    uint64_t files = doc ? files_of(json_root(doc)) : 0;
    json_free(&doc);
    problems_free(&problems);
    return files;
}

// SPDX-License-Identifier: Apache-2.0
// Event by event, with a stack of what is open; depth and number of nodes are bounded.
#include "suite/yaml.h"

#include <stdio.h>
#include <yaml.h>

#include "base/arena.h"

enum { DEPTH_MAX = 32, NODES_MAX = 1000000 };

struct open {
    struct suite_yaml *node;
    const struct suite_yaml **end; // where the next child goes
    struct slice key;
    bool has_key;
};

struct reader {
    yaml_parser_t parser;
    struct arena *arena;
    struct open stack[DEPTH_MAX];
    size_t depth, nodes;
    struct suite_yaml *root;
    char *why;
    unsigned line;
    bool is_done;
};

static bool fail(struct reader *r, const char *reason)
{
    (void)snprintf(r->why, SUITE_WHY_MAX, "%s", reason);
    return false;
}

// A new node in the place where one is expected; a scalar may be the key of a map instead.
static struct suite_yaml *add(struct reader *r, enum suite_yaml_kind kind, unsigned line)
{
    struct open *open = r->depth > 0 ? &r->stack[r->depth - 1] : NULL;
    struct suite_yaml *node = arena_zalloc(r->arena, 1, sizeof *node);
    if (!node || ++r->nodes > NODES_MAX) {
        (void)fail(r, "the file is too large");
        return NULL;
    }
    node->kind = kind;
    node->line = line;
    if (!open) {
        r->root = node;
        return node;
    }
    node->key = open->key;
    open->has_key = false;
    *open->end = node;
    open->end = &node->next;
    return node;
}

static bool take_scalar(struct reader *r, const yaml_event_t *e, unsigned line)
{
    struct slice text = arena_copy(r->arena, slice_of(e->data.scalar.value, e->data.scalar.length));
    struct open *open = r->depth > 0 ? &r->stack[r->depth - 1] : NULL;
    if (!text.ptr && e->data.scalar.length > 0)
        return fail(r, "the file is too large");
    if (open && open->node->kind == SUITE_MAP && !open->has_key) {
        open->key = text;
        open->has_key = true;
        return true;
    }
    struct suite_yaml *node = add(r, SUITE_TEXT, line);
    if (!node)
        return false;
    node->text = text;
    node->is_quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return true;
}

static bool take_open(struct reader *r, enum suite_yaml_kind kind, unsigned line)
{
    const struct open *open = r->depth > 0 ? &r->stack[r->depth - 1] : NULL;
    if (open && open->node->kind == SUITE_MAP && !open->has_key)
        return fail(r, "a key must be a text");
    struct suite_yaml *node = add(r, kind, line);
    if (!node)
        return false;
    if (r->depth == DEPTH_MAX)
        return fail(r, "the file is nested too deeply");
    r->stack[r->depth++] = (struct open){.node = node, .end = &node->first};
    return true;
}

static bool take_event(struct reader *r, const yaml_event_t *e)
{
    unsigned line = (unsigned)e->start_mark.line + 1;
    r->line = line;
    switch (e->type) {
    case YAML_ALIAS_EVENT:
        return fail(r, "aliases are not read");
    case YAML_SCALAR_EVENT:
        return take_scalar(r, e, line);
    case YAML_SEQUENCE_START_EVENT:
        return take_open(r, SUITE_LIST, line);
    case YAML_MAPPING_START_EVENT:
        return take_open(r, SUITE_MAP, line);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        r->depth--;
        return true;
    case YAML_DOCUMENT_END_EVENT:
    case YAML_STREAM_END_EVENT:
        r->is_done = true;
        return true;
    default:
        return true;
    }
}

static bool read_all(struct reader *r)
{
    while (!r->is_done) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r->parser, &event)) {
            r->line = (unsigned)r->parser.problem_mark.line + 1;
            return fail(r, r->parser.problem ? r->parser.problem : "out of memory");
        }
        bool ok = take_event(r, &event);
        yaml_event_delete(&event);
        if (!ok)
            return false;
    }
    return r->root || fail(r, "the file is empty");
}

const struct suite_yaml *suite_yaml_read(struct slice text, struct arena *arena, char *why,
                                         unsigned *line)
{
    struct reader r = {.arena = arena, .why = why};
    if (!yaml_parser_initialize(&r.parser)) {
        (void)fail(&r, "out of memory");
        return NULL;
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.ptr ? text.ptr : ""),
                                 text.len);
    bool ok = read_all(&r);
    *line = r.line;
    yaml_parser_delete(&r.parser);
    return ok ? r.root : NULL;
}

const struct suite_yaml *suite_yaml_get(const struct suite_yaml *map, const char *key)
{
    if (!map || map->kind != SUITE_MAP)
        return NULL;
    const struct suite_yaml *item = map->first;
    while (item && !slice_eq(item->key, slice_str(key)))
        item = item->next;
    return item;
}

struct slice suite_yaml_text(const struct suite_yaml *map, const char *key)
{
    const struct suite_yaml *item = suite_yaml_get(map, key);
    return item && item->kind == SUITE_TEXT ? item->text : (struct slice){0};
}

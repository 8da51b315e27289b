// SPDX-License-Identifier: Apache-2.0
// What tests of filters begin with: a request as the parser hands it over, facts about it, and a
// filter compiled from JSON.
#ifndef YETT_TESTS_UNIT_FILTER_FACTS_H
#define YETT_TESTS_UNIT_FILTER_FACTS_H

#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "filter/chain.h"
#include "filter/filter.h"
#include "http/head.h"

struct scene {
    struct arena arena;
    struct filter_notes notes;
    struct http_request request;
    struct filter_facts facts;
};

static inline void scene_client(struct scene *s, const char *address)
{
    uint16_t port = 40000;
    assert_true(addr_parse(slice_str(address), &s->facts.client));
    s->facts.client.port = port;
}

// `head` is a whole request head and must outlive the scene; the client is 192.0.2.1.
static inline void scene_init(struct scene *s, const char *head)
{
    static const struct http_head_limits limits = {8192, 16384, 65536, 100};
    static const struct http_request_options options = {.is_tls = true};
    struct http_head_scan scan;
    memset(s, 0, sizeof(*s));
    arena_init(&s->arena, NULL, 1 << 20);
    http_head_scan_init(&scan, &limits, false);
    assert_int_equal(http_head_scan(&scan, head, strlen(head)), HTTP_DONE);
    assert_int_equal(http_request_parse(&scan, head, &options, &s->arena, &s->request),
                     HTTP_REASON_NONE);
    s->facts.request = &s->request;
    s->facts.arena = &s->arena;
    s->facts.notes = &s->notes;
    s->facts.now_ms = 1000000;
    scene_client(s, "192.0.2.1");
}

static inline void scene_clear(struct scene *s)
{
    filter_notes_release(&s->notes);
    arena_clear(&s->arena);
}

struct compiled {
    const struct filter *type;
    struct json_doc *doc;
    struct problems *problems;
    void *config, *state;
};

// Compiles the text of one filter object, which is called "it"; config is NULL when it was refused.
static inline void compile_text(struct compiled *c, const struct filter *type, const char *object)
{
    size_t len = strlen(object) + sizeof("{\"it\":}");
    char *text = malloc(len);
    assert_non_null(text);
    (void)snprintf(text, len, "{\"it\":%s}", object);
    *c = (struct compiled){.type = type, .problems = problems_new()};
    assert_non_null(c->problems);
    // Relative paths are relative to the file.
    c->doc = json_read_text(YETT_SOURCE_DIR "/tests/unit/filter/policy.json", slice_str(text),
                            c->problems);
    if (!c->doc)
        fail_msg("%s in %s", problems_text(c->problems, 0), text);
    free(text);
    c->config = type->compile(json_root(c->doc)->first, c->problems);
    assert_int_equal(!c->config, problems_count(c->problems) > 0);
    if (c->config && type->state_new) {
        c->state = type->state_new(c->config);
        assert_non_null(c->state);
    }
}

static inline void compiled_clear(struct compiled *c)
{
    if (c->state)
        c->type->state_free(c->state);
    if (c->config)
        c->type->free(c->config);
    json_free(&c->doc);
    problems_free(&c->problems);
}

// As compile_text, for objects that are good.
static inline void compile_good(struct compiled *c, const struct filter *type, const char *object)
{
    compile_text(c, type, object);
    if (!c->config)
        fail_msg("%s", problems_text(c->problems, 0));
}

static inline bool any_problem_says(const struct problems *p, const char *part)
{
    const char *text;
    for (size_t i = 0; (text = problems_text(p, i)); i++) {
        if (strstr(text, part))
            return true;
    }
    return false;
}

// The object is refused, and some problem contains `part`.
static inline void assert_refused(const struct filter *type, const char *object, const char *part)
{
    struct compiled c;
    compile_text(&c, type, object);
    if (c.config)
        fail_msg("%s was taken", object);
    if (!any_problem_says(c.problems, part)) {
        problems_print(c.problems, stderr);
        fail_msg("no problem of %s says \"%s\"", object, part);
    }
    compiled_clear(&c);
}

static inline struct filter_verdict check_head(const struct compiled *c, const struct scene *s)
{
    struct filter_verdict v = {0};
    c->type->check_head(c->config, c->state, &s->facts, &v);
    return v;
}

static inline void assert_passes(const struct compiled *c, const struct scene *s)
{
    struct filter_verdict v = check_head(c, s);
    if (v.kind != FILTER_PASS)
        fail_msg("refused: %s", v.reason);
}

static inline void assert_denies(const struct compiled *c, const struct scene *s, unsigned status,
                                 const char *reason)
{
    struct filter_verdict v = check_head(c, s);
    assert_int_equal(v.kind, FILTER_DENY);
    assert_string_equal(v.reason, reason);
    assert_int_equal(v.status, status);
}

// The value that `list` sets, or "(none)".
static inline struct slice field_in(const struct filter_field *list, const char *name)
{
    const struct filter_field *field = filter_field_find(list, slice_str(name));
    return field ? field->value : SLICE("(none)");
}

#endif

// SPDX-License-Identifier: Apache-2.0
// Reads such a file line by line and shows each request to the rules in the phases that a filter
// has,
// so that what is measured is what would happen.
#include "rules/corpus.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "rules/sample.h"

enum {
    CORPUS_MAX = 64 * 1024 * 1024,
    REQUEST_MEMORY_MAX = 64 * 1024 * 1024,
    PLACE_MAX = 512,
    WHY_MAX = 128,
};

struct judge {
    const struct rules_program *program;
    struct rules_profile *profile;
    struct rules_scratch *scratch;
    void (*on_verdict)(void *ctx, const struct rules_corpus_verdict *v);
    void *ctx;
    struct problems *problems;
};

static void note_hit(void *ctx, const struct rules_hit *hit)
{
    struct rules_corpus_verdict *v = ctx;
    if (v->hit_count < RULES_CORPUS_HITS_MAX)
        v->hits[v->hit_count++] = *hit;
}

static bool read_octets(const struct json *line, struct arena *arena, struct problems *problems,
                        struct slice *out)
{
    struct slice text;
    if (!conf_text(line, "base64", problems, &text))
        return false;
    char *octets = arena_alloc(arena, text.len + 1);
    if (!octets || !base64_decode(text, octets, text.len, &out->len)) {
        problems_add(problems, json_get(line, "base64"), "this is no Base64 (RFC 4648, section 4)");
        return false;
    }
    out->ptr = octets;
    return true;
}

static bool read_line(const struct json *line, struct arena *arena, struct problems *problems,
                      struct rules_sample *sample, struct rules_corpus_verdict *v)
{
    static const char *const keys[] = {"expect", "class", "request", "base64", NULL};
    size_t errors = problems_count(problems);
    struct slice expect = {0};
    if (line->type != JSON_OBJECT) {
        problems_add(problems, line, "an object is expected on each line");
        return false;
    }
    conf_known_keys(line, keys, problems);
    if (conf_required(line, "expect", problems) && conf_text(line, "expect", problems, &expect) &&
        !slice_eq(expect, SLICE("block")) && !slice_eq(expect, SLICE("pass")))
        problems_add(problems, json_get(line, "expect"), "\"block\" or \"pass\" is expected");
    (void)conf_text(line, "class", problems, &v->class);
    v->should_block = slice_eq(expect, SLICE("block"));
    if (json_get(line, "base64")) {
        *sample = (struct rules_sample){.client = SLICE_INIT("192.0.2.1")};
        (void)read_octets(line, arena, problems, &sample->request);
    } else if (conf_required(line, "request", problems)) {
        (void)rules_sample_read(json_get(line, "request"), problems, sample);
    }
    v->request = sample->request;
    return problems_count(problems) == errors;
}

// As the filter does: the head first, then the body, if the head has not decided it.
static void evaluate(const struct judge *j, struct rules_message *message,
                     struct rules_corpus_verdict *v)
{
    struct rules_result result = {0};
    struct rules_input *in = &message->input;
    in->now_s = clock_wall_ns() / 1000000000;
    in->profile = j->profile;
    rules_evaluate(j->program, j->scratch, RULES_AT_HEAD, in, note_hit, v, &result);
    in->body = message->body;
    if (result.decision == RULES_NOTHING)
        rules_evaluate(j->program, j->scratch, RULES_AT_BODY, in, note_hit, v, &result);
    v->is_blocked = result.decision == RULES_DENY || result.decision == RULES_CANNOT_DECIDE;
    v->undecided = result.decision == RULES_CANNOT_DECIDE ? result.reason : NULL;
    v->score = result.score;
}

static void judge_line(const struct judge *j, const struct json *line, unsigned number)
{
    struct rules_corpus_verdict v = {.line = number};
    struct rules_sample sample = {0};
    struct rules_message message;
    struct arena arena;
    arena_init(&arena, NULL, REQUEST_MEMORY_MAX);
    if (read_line(line, &arena, j->problems, &sample, &v)) {
        v.refused = rules_sample_build(&sample, &arena, &message);
        if (v.refused)
            v.is_blocked = true;
        else
            evaluate(j, &message, &v);
        j->on_verdict(j->ctx, &v);
    }
    arena_clear(&arena);
}

static void judge_text(const struct judge *j, const char *path, struct slice rest)
{
    for (unsigned number = 1; rest.len > 0; number++) {
        char place[PLACE_MAX];
        size_t end = slice_index(rest, '\n');
        struct slice text = slice_first(rest, end);
        rest = slice_from(rest, end + 1);
        if (text.len == 0)
            continue;
        (void)snprintf(place, sizeof place, "%s, line %u", path, number);
        struct json_doc *doc = json_read_text(place, text, j->problems);
        if (doc)
            judge_line(j, json_root(doc), number);
        json_free(&doc);
    }
}

bool rules_corpus_run(const char *path, const struct rules_program *program,
                      struct rules_profile *profile,
                      void (*on_verdict)(void *ctx, const struct rules_corpus_verdict *v),
                      void *ctx, struct problems *problems)
{
    size_t errors = problems_count(problems), len;
    char why[WHY_MAX], *text;
    if (!file_read(path, CORPUS_MAX, &text, &len, why, sizeof why)) {
        problems_add_at(problems, path, 0, 0, "%s", why);
        return false;
    }
    struct judge j = {program, profile, rules_scratch_new(), on_verdict, ctx, problems};
    if (j.scratch)
        judge_text(&j, path, (struct slice){text, len});
    else
        problems_add_at(problems, path, 0, 0, "out of memory while judging requests");
    rules_scratch_free(&j.scratch);
    free(text);
    return problems_count(problems) == errors;
}

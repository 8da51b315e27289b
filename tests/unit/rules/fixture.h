// SPDX-License-Identifier: Apache-2.0
// Compiles rules from text and puts requests before them, as the filter does: head, then body, then
// response.
#ifndef YETT_TESTS_UNIT_RULES_FIXTURE_H
#define YETT_TESTS_UNIT_RULES_FIXTURE_H

#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/problems.h"
#include "rules/program.h"
#include "rules/sample.h"

enum { FIXTURE_HITS_MAX = 64, FIXTURE_TEXT_MAX = 128 };

struct fixture_hit {
    char rule[FIXTURE_TEXT_MAX], target[FIXTURE_TEXT_MAX], value[FIXTURE_TEXT_MAX];
    char data[FIXTURE_TEXT_MAX], category[FIXTURE_TEXT_MAX], description[FIXTURE_TEXT_MAX];
    unsigned score, values;
    bool is_detect, is_secret;
};

struct fixture {
    struct problems *problems;
    struct rules_program *program;
    struct rules_scratch *scratch;
    uint64_t now_s;
    size_t arena_limit;
    // Of the last run.
    struct fixture_hit hits[FIXTURE_HITS_MAX];
    size_t hit_count;
    struct rules_result result;
    char rule[FIXTURE_TEXT_MAX]; // that decided
};

static inline void fixture_print(const struct fixture *f)
{
    problems_print(f->problems, stderr);
}

static inline bool fixture_open_with(struct fixture *f, const char *text,
                                     const struct rules_options *options,
                                     struct rules_compile_flags flags)
{
    *f = (struct fixture){
        .problems = problems_new(), .scratch = rules_scratch_new(), .arena_limit = 1024 * 1024};
    if (f->problems && f->scratch)
        f->program = rules_compile_text("test.json", slice_str(text), options, flags, f->problems);
    return f->program != NULL;
}

static inline bool fixture_open(struct fixture *f, const char *text)
{
    const struct rules_options options = {.paranoia = 4, .threshold = 5};
    return fixture_open_with(f, text, &options, (struct rules_compile_flags){0});
}

static inline void fixture_close(struct fixture *f)
{
    rules_program_free(&f->program);
    rules_scratch_free(&f->scratch);
    problems_free(&f->problems);
}

static inline void fixture_copy(char *out, struct slice s)
{
    (void)snprintf(out, FIXTURE_TEXT_MAX, "%.*s", (int)s.len, s.ptr ? s.ptr : "");
}

static inline void fixture_hit(void *ctx, const struct rules_hit *hit)
{
    struct fixture *f = ctx;
    if (f->hit_count == FIXTURE_HITS_MAX)
        return;
    struct fixture_hit *h = &f->hits[f->hit_count++];
    fixture_copy(h->rule, hit->rule);
    fixture_copy(h->target, hit->target);
    fixture_copy(h->value, hit->value);
    fixture_copy(h->data, hit->data);
    fixture_copy(h->category, hit->category);
    fixture_copy(h->description, hit->description);
    h->values = hit->values;
    h->score = hit->score;
    h->is_detect = hit->is_detect;
    h->is_secret = hit->is_secret;
}

// Runs the phases that the message has, up to the first decision. False when the sample itself is
// refused.
static inline bool fixture_run(struct fixture *f, const struct rules_sample *sample)
{
    struct arena arena;
    struct arena results;
    struct rules_message message;
    arena_init(&arena, NULL, 64 * 1024 * 1024);
    arena_init(&results, NULL, f->arena_limit);
    f->hit_count = 0;
    f->result = (struct rules_result){0};
    f->rule[0] = '\0';
    const char *refused = rules_sample_build(sample, &arena, &message);
    if (refused) {
        (void)fprintf(stderr, "sample refused: %s\n", refused);
        arena_clear(&arena);
        return false;
    }
    struct rules_input *in = &message.input;
    in->now_s = f->now_s;
    in->arena = &results;
    rules_evaluate(f->program, f->scratch, RULES_AT_HEAD, in, fixture_hit, f, &f->result);
    in->body = message.body;
    if (f->result.decision == RULES_NOTHING)
        rules_evaluate(f->program, f->scratch, RULES_AT_BODY, in, fixture_hit, f, &f->result);
    in->response = &message.response;
    if (f->result.decision == RULES_NOTHING && message.has_response)
        rules_evaluate(f->program, f->scratch, RULES_AT_RESPONSE, in, fixture_hit, f, &f->result);
    in->response_body = message.response_body;
    if (f->result.decision == RULES_NOTHING && message.has_response)
        rules_evaluate(f->program, f->scratch, RULES_AT_RESPONSE_BODY, in, fixture_hit, f,
                       &f->result);
    if (f->result.decision == RULES_NOTHING && message.has_response)
        rules_evaluate(f->program, f->scratch, RULES_AT_END, in, fixture_hit, f, &f->result);
    fixture_copy(f->rule, f->result.rule);
    arena_clear(&results);
    arena_clear(&arena);
    return true;
}

static inline bool fixture_ask(struct fixture *f, const char *request)
{
    const struct rules_sample sample = {.request = slice_str(request),
                                        .client = SLICE("192.0.2.1")};
    return fixture_run(f, &sample);
}

static inline bool fixture_has_hit(const struct fixture *f, const char *rule)
{
    for (size_t i = 0; i < f->hit_count; i++) {
        if (strcmp(f->hits[i].rule, rule) == 0)
            return true;
    }
    return false;
}

// Does any problem or warning contain the text?
static inline bool fixture_says(const struct fixture *f, const char *text)
{
    const char *line;
    for (size_t i = 0; (line = problems_text(f->problems, i)); i++) {
        if (strstr(line, text))
            return true;
    }
    return false;
}

struct fixture_refusal {
    const char *text, *problem;
};

// Each text is refused, with the problem said and its place named.
static inline void fixture_assert_refused(const struct fixture_refusal *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture f;
        if (fixture_open(&f, cases[i].text))
            fail_msg("compiled: %s", cases[i].text);
        if (!fixture_says(&f, cases[i].problem) || !fixture_says(&f, "test.json:1:")) {
            fixture_print(&f);
            fail_msg("expected \"%s\" of %s", cases[i].problem, cases[i].text);
        }
        fixture_close(&f);
    }
}

// Rules (the elements of "rules", in single quotes for double ones), a request, and the ids that
// must hit, in order.
struct fixture_case {
    const char *rules, *request, *hits;
};

static inline void fixture_unquote(char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            *text = '"';
    }
}

static inline void fixture_list_hits(const struct fixture *f, char *out, size_t cap)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < f->hit_count && len < cap; i++)
        len += (size_t)snprintf(out + len, cap - len, "%s%s", i ? " " : "", f->hits[i].rule);
}

// Compiles "rules" and whatever other members of the file are in `members`.
static inline bool fixture_open_rules(struct fixture *f, const char *rules, const char *members)
{
    static char text[16384];
    (void)snprintf(text, sizeof text, "{'rules':[%s]%s%s}", rules, *members ? "," : "", members);
    fixture_unquote(text);
    return fixture_open(f, text);
}

static inline void fixture_assert_hits(const struct fixture_case *cases, size_t count,
                                       const char *members)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture f;
        char hits[512];
        if (!fixture_open_rules(&f, cases[i].rules, members)) {
            fixture_print(&f);
            fail_msg("case %zu does not compile", i);
        }
        assert_true(fixture_ask(&f, cases[i].request));
        fixture_list_hits(&f, hits, sizeof hits);
        if (strcmp(hits, cases[i].hits) != 0)
            fail_msg("case %zu: \"%s\" instead of \"%s\"", i, hits, cases[i].hits);
        fixture_close(&f);
    }
}

// A small generator of its own, so that a failing round can be repeated on any system.
static inline uint32_t fixture_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

#endif

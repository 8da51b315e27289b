// SPDX-License-Identifier: Apache-2.0
// A rule's tests run against all rules of the files together, each only watching, so that no rule
// hides what another does; and without exclusions, which are about sites and not about rules.
#include "rules/selftest.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "rules/program.h"
#include "rules/sample.h"

enum { TEST_MEMORY_MAX = 16 * 1024 * 1024, SHOWN_MAX = 160 };

struct tester {
    const struct rules_program *program;
    struct rules_scratch *scratch;
    FILE *out;
    struct problems *problems;
    struct rules_test_summary *summary;
};

struct watched {
    struct slice rule;
    bool has_hit;
};

static void watch(void *ctx, const struct rules_hit *hit)
{
    struct watched *w = ctx;
    w->has_hit |= slice_eq(w->rule, hit->rule);
}

static bool hits(const struct tester *t, struct slice rule, struct rules_message *message)
{
    struct watched w = {.rule = rule};
    struct rules_result result = {0};
    struct rules_input *in = &message->input;
    in->now_s = clock_wall_ns() / 1000000000;
    rules_evaluate(t->program, t->scratch, RULES_AT_HEAD, in, watch, &w, &result);
    in->body = message->body;
    rules_evaluate(t->program, t->scratch, RULES_AT_BODY, in, watch, &w, &result);
    in->response = message->has_response ? &message->response : NULL;
    in->response_body = message->response_body;
    for (unsigned phase = RULES_AT_RESPONSE; message->has_response && phase <= RULES_AT_END;
         phase++)
        rules_evaluate(t->program, t->scratch, (enum rules_phase)phase, in, watch, &w, &result);
    return w.has_hit;
}

static void print_shown(FILE *out, struct slice text)
{
    struct slice shown = slice_first(text, SHOWN_MAX);
    for (size_t i = 0; i < shown.len; i++) {
        unsigned char c = (unsigned char)shown.ptr[i];
        if (c == '\n')
            (void)fputs("\\n", out);
        else if (c < 0x20 || c >= 0x7f)
            (void)fprintf(out, "\\x%02x", c);
        else
            (void)fputc(c, out);
    }
    (void)fputs(shown.len < text.len ? "..." : "", out);
}

static void fail(struct tester *t, const struct rules_rule *rule, const struct json *item,
                 const struct rules_sample *sample, const char *what, const char *detail)
{
    unsigned line, column;
    json_place(item->doc, item->offset, &line, &column);
    (void)fprintf(t->out, "%s:%u: rule %.*s: ", json_doc_name(item->doc), line, (int)rule->id.len,
                  rule->id.ptr);
    (void)fprintf(t->out, "%s%s: ", what, detail);
    print_shown(t->out, sample->request);
    (void)fputc('\n', t->out);
    t->summary->failed++;
}

static void run_test(struct tester *t, const struct rules_rule *rule, const struct json *item,
                     bool expects_hit)
{
    struct rules_sample sample;
    struct rules_message message;
    struct arena arena;
    if (!rules_sample_read(item, t->problems, &sample))
        return;
    t->summary->tests++;
    arena_init(&arena, NULL, TEST_MEMORY_MAX);
    const char *refused = rules_sample_build(&sample, &arena, &message);
    if (refused)
        fail(t, rule, item, &sample,
             "the request never reaches a rule, as it is refused before: ", refused);
    else if (hits(t, rule->id, &message) != expects_hit)
        fail(t, rule, item, &sample, expects_hit ? "should hit, does not" : "should not hit, does",
             "");
    arena_clear(&arena);
}

static void run_rule(struct tester *t, const struct rules_rule *rule)
{
    const struct json *tests = json_get(rule->at, "tests");
    size_t before = t->summary->tests;
    t->summary->rules++;
    for (const struct json *list = tests ? tests->first : NULL; list; list = list->next) {
        JSON_EACH (item, list)
            run_test(t, rule, item, slice_eq(list->key, SLICE("hit")));
    }
    t->summary->untested += t->summary->tests == before;
}

bool rules_test_files(const char *const *files, size_t count, FILE *out, struct problems *problems,
                      struct rules_test_summary *summary)
{
    const struct rules_options options = {
        .files = files,
        .file_count = count,
        .paranoia = RULES_PARANOIA_MAX,
        .detect = true,
        .threshold = 1,
    };
    *summary = (struct rules_test_summary){0};
    struct rules_program *program =
        rules_compile_with(&options, (struct rules_compile_flags){.no_exclusions = true}, problems);
    if (!program)
        return false;
    struct rules_scratch *scratch = rules_scratch_new();
    if (!scratch) {
        problems_add_at(problems, "rules", 0, 0, "out of memory while testing rules");
        rules_program_free(&program);
        return false;
    }
    struct tester t = {program, scratch, out, problems, summary};
    for (size_t i = 0; i < program->rule_count; i++) {
        if (program->rules[i].kind == RULES_RULE) // guards stand at the object of their rule
            run_rule(&t, &program->rules[i]);
    }
    rules_scratch_free(&scratch);
    rules_program_free(&program);
    return true;
}

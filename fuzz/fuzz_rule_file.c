// SPDX-License-Identifier: Apache-2.0
// A rule file from anywhere: it compiles or is refused with a problem; what compiles judges a
// message, with the prefilter as without.
#include "base/arena.h"
#include "base/check.h"
#include "base/problems.h"
#include "rules/program.h"
#include "rules/sample.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const struct rules_options options = {.paranoia = 4, .threshold = 5};
static const struct rules_sample sample = {
    .request = SLICE_INIT("POST /a/b.php?id=1%27+or+1=1&name=%3Cscript%3E&a[]=b\n"
                          "User-Agent: x ${jndi:y}\nCookie: s=1; t=../../etc\n\n"
                          "text=one+two&password=x&a=aaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    .client = SLICE_INIT("192.0.2.1"),
    .response = SLICE_INIT("HTTP/1.1 200 OK\nServer: x"),
};

static void judge(const struct rules_program *p, struct rules_scratch *scratch,
                  struct rules_message *m, struct rules_result *result)
{
    *result = (struct rules_result){0};
    m->input.response = &m->response;
    m->input.body = m->body;
    for (unsigned phase = 0; phase < RULES_PHASE_COUNT; phase++)
        rules_evaluate(p, scratch, (enum rules_phase)phase, &m->input, NULL, NULL, result);
}

static void try_program(struct slice text, struct rules_program *p, struct problems *problems)
{
    static struct rules_scratch *scratch;
    const struct rules_compile_flags plain = {.no_prefilter = true};
    struct rules_program *other = rules_compile_text("fuzz", text, &options, plain, problems);
    struct rules_result one, two;
    struct rules_message message;
    struct arena arena;
    if (!scratch)
        scratch = rules_scratch_new();
    arena_init(&arena, NULL, 1 << 20);
    CHECK(scratch && other && rules_sample_build(&sample, &arena, &message) == NULL);
    judge(p, scratch, &message, &one);
    judge(other, scratch, &message, &two);
    CHECK(one.decision == two.decision && one.score == two.score && slice_eq(one.rule, two.rule));
    arena_clear(&arena);
    rules_program_free(&other);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct slice text = slice_of(data, size);
    struct problems *problems = problems_new();
    if (!problems)
        return 0;
    struct rules_program *p =
        rules_compile_text("fuzz", text, &options, (struct rules_compile_flags){0}, problems);
    CHECK((p == NULL) == (problems_count(problems) > 0));
    if (p)
        try_program(text, p, problems);
    rules_program_free(&p);
    problems_free(&problems);
    return 0;
}

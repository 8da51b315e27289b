// SPDX-License-Identifier: Apache-2.0
// Test files from anywhere: they are read or refused, and each test comes out somehow.
#include "base/check.h"
#include "base/problems.h"
#include "rules/program.h"
#include "suite/suite.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const char rules[] = "{\"rules\":[{\"id\":\"100001\",\"targets\":[\"args.*\",\"headers.*\"],"
                            "\"match\":{\"contains\":\"a\"},\"action\":\"log\"}]}";

static void count(void *ctx, const char *file, const struct suite_verdict *v)
{
    size_t *seen = ctx;
    (void)file;
    CHECK(v->result < SUITE_RESULT_COUNT && (v->result == SUITE_PASSED) == (v->why[0] == '\0'));
    ++*seen;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static struct rules_program *program;
    static struct rules_scratch *scratch;
    const struct rules_options options = {.paranoia = 1, .threshold = 5, .detect = true};
    struct problems *problems = problems_new();
    size_t seen = 0, all = 0;
    if (!problems)
        return 0;
    if (!program) {
        program = rules_compile_text("rules", slice_str(rules), &options,
                                     (struct rules_compile_flags){0}, problems);
        scratch = rules_scratch_new();
    }
    CHECK(program && scratch);
    struct suite s = {.program = program, .scratch = scratch, .on_verdict = count, .ctx = &seen};
    bool good = suite_run_text(&s, "fuzz", slice_of(data, size), problems);
    CHECK(good == (problems_count(problems) == 0));
    for (size_t i = 0; i < SUITE_RESULT_COUNT; i++)
        all += s.counts[i];
    CHECK(seen == all);
    problems_free(&problems);
    return 0;
}

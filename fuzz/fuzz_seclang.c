// SPDX-License-Identifier: Apache-2.0
// SecLang from anywhere: it is read without harm, and what is written is a rule file that loads.
#include "base/buf.h"
#include "base/check.h"
#include "base/problems.h"
#include "rules/program.h"
#include "seclang/reader.h"
#include "seclang/settle.h"
#include "seclang/write.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

enum { OUTPUT_MAX = 8 * 1024 * 1024 };

static void load(struct slice text, size_t rules)
{
    const struct rules_options options = {
        .paranoia = RULES_PARANOIA_MAX, .threshold = 5, .response_threshold = 4};
    struct problems *problems = problems_new();
    if (!problems)
        return;
    struct rules_program *p =
        rules_compile_text("written", text, &options, (struct rules_compile_flags){0}, problems);
    if (!p)
        problems_print(problems, stderr);
    CHECK(p && rules_program_count(p) == rules);
    rules_program_free(&p);
    problems_free(&problems);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct seclang_report report = {.say = NULL};
    struct seclang_written written;
    struct seclang_set set;
    struct buf out;
    seclang_set_init(&set, &report);
    set.reads_no_files = true;
    buf_new(&out, OUTPUT_MAX);
    if (seclang_read_text(&set, "fuzz", slice_of(data, size))) {
        seclang_settle(&set);
        if (seclang_write(&set, &out, &written))
            load(buf_view(&out), written.rules);
    }
    buf_free(&out);
    seclang_set_clear(&set);
    return 0;
}

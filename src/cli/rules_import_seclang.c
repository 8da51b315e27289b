// SPDX-License-Identifier: Apache-2.0
// `yett rules import-seclang`: ModSecurity's rules as a rule file. What was written is loaded once
// before it is said to be there.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/problems.h"
#include "cli/cli.h"
#include "rules/program.h"
#include "seclang/reader.h"
#include "seclang/settle.h"
#include "seclang/write.h"

enum { OUTPUT_MAX = 16 * 1024 * 1024 };

struct options {
    const char *out;
    bool is_strict, is_verbose;
};

static void say(void *ctx, enum seclang_note note, const struct seclang_place *place,
                const char *text)
{
    static const char *const words[] = {"broken", "lost", "setting", "idle"};
    const struct options *o = ctx;
    if (note == SECLANG_IDLE && !o->is_verbose)
        return;
    if (place->line > 0)
        (void)fprintf(stderr, "%s:%u: %s: %s\n", place->file, place->line, words[note], text);
    else
        (void)fprintf(stderr, "%s: %s: %s\n", place->file, words[note], text);
}

// Whether the engine takes the text; what it complains of is a mistake of the import.
static bool loads(struct slice text)
{
    const struct rules_options options = {
        .paranoia = RULES_PARANOIA_MAX, .threshold = 5, .response_threshold = 4};
    struct problems *problems = problems_new();
    struct rules_program *program =
        problems ? rules_compile_text("the import", text, &options, (struct rules_compile_flags){0},
                                      problems)
                 : NULL;
    bool ok = program != NULL;
    if (problems && !ok)
        problems_print(problems, stderr);
    rules_program_free(&program);
    problems_free(&problems);
    return ok;
}

static bool write_out(const char *path, struct slice text)
{
    bool to_stdout = strcmp(path, "-") == 0;
    FILE *f = to_stdout ? stdout : fopen(path, "we");
    bool ok = f && fwrite(text.ptr, 1, text.len, f) == text.len;
    if (f && !to_stdout)
        ok = fclose(f) == 0 && ok;
    if (!ok)
        log_error("cannot write %s: %s", path, log_errno(errno));
    return ok;
}

static void print_summary(const struct seclang_report *report, const struct seclang_written *w)
{
    (void)fprintf(stderr,
                  "%zu rules written, %zu left out; %zu notes of what is lost, %zu settings for "
                  "the policy, %zu broken lines, %zu things without effect here (--verbose lists "
                  "them)\n",
                  w->rules, w->left_out, report->counts[SECLANG_LOST],
                  report->counts[SECLANG_SETTING], report->counts[SECLANG_BROKEN],
                  report->counts[SECLANG_IDLE]);
}

static int import(const struct options *o, char **files, size_t count)
{
    struct seclang_report report = {.say = say, .ctx = (void *)(uintptr_t)o};
    struct seclang_set set;
    struct seclang_written written;
    struct buf out;
    bool ok = true;
    seclang_set_init(&set, &report);
    buf_new(&out, OUTPUT_MAX);
    for (size_t i = 0; i < count; i++)
        ok &= seclang_read_file(&set, files[i]);
    int result = set.has_no_memory ? CLI_REFUSED : CLI_BAD_INPUT;
    if (ok) {
        seclang_settle(&set);
        if (!seclang_write(&set, &out, &written)) {
            (void)fprintf(stderr, "yett: the rules are too large to write\n");
        } else if (loads(buf_view(&out))) {
            result = write_out(o->out, buf_view(&out)) ? CLI_WELL : CLI_REFUSED;
            print_summary(&report, &written);
        }
    }
    buf_free(&out);
    seclang_set_clear(&set);
    bool has_losses = report.counts[SECLANG_LOST] + report.counts[SECLANG_BROKEN] > 0;
    return result == CLI_WELL && o->is_strict && has_losses ? CLI_BAD_INPUT : result;
}

static int run(int argc, char **argv)
{
    static const struct option longs[] = {{"output", required_argument, NULL, 'o'},
                                          {"strict", no_argument, NULL, 's'},
                                          {"verbose", no_argument, NULL, 'v'},
                                          {NULL, 0, NULL, 0}};
    struct options o = {0};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":o:sv", longs, NULL)) != -1) {
        switch (option) {
        case 'o':
            o.out = optarg;
            break;
        case 's':
            o.is_strict = true;
            break;
        case 'v':
            o.is_verbose = true;
            break;
        default:
            return cli_bad_option(&cli_verb_rules_import_seclang, option, argv);
        }
    }
    if (optind >= argc)
        return cli_misuse(&cli_verb_rules_import_seclang, "which SecLang files?");
    if (!o.out)
        return cli_misuse(&cli_verb_rules_import_seclang, "where to? -o OUT.json");
    return import(&o, argv + optind, (size_t)(argc - optind));
}

static const char help[] =
    "usage: yett rules import-seclang [--strict] [--verbose] -o OUT.json FILE...\n"
    "\n"
    "Turns rules of ModSecurity (SecRule, SecAction, SecMarker, SecDefaultAction, SecRuleUpdate*,\n"
    "SecRuleRemove*, Include) into a rule file. FILE is a file or a quoted pattern; files are "
    "read\n"
    "in this order, as ModSecurity would read them: first the setup, then the rules. Lists of "
    "words\n"
    "are put into OUT.json, which needs no other file; \"-\" is the standard output.\n"
    "\n"
    "What cannot be expressed is named on stderr, line by line, and counted in the end:\n"
    "  lost      the rules do less than they did, for the reason given\n"
    "  setting   belongs into the policy\n"
    "  broken    is no SecLang\n"
    "  idle      means nothing here and changes no verdict (only with --verbose)\n"
    "\n"
    "Of the core rule set, paranoia levels become \"paranoia\" of rules, so that \"paranoia\" and\n"
    "\"detect_paranoia\" of the filter choose; its thresholds are those of the filter.\n"
    "\n"
    "options:\n"
    "  -o, --output FILE   where to write\n"
    "  -s, --strict        exit with 1 when anything is lost or broken\n"
    "  -v, --verbose       also list what has no effect here\n"
    "\n"
    "example:\n"
    "  yett rules import-seclang -o crs.json /etc/modsecurity/crs/crs-setup.conf \\\n"
    "      '/usr/share/modsecurity-crs/rules/*.conf'\n"
    "\n"
    "exit codes: 0 written, 1 a file cannot be read (or, with --strict, something is lost),\n"
    "2 wrong usage, 3 the output cannot be written\n";

const struct cli_verb cli_verb_rules_import_seclang = {
    .name = "rules import-seclang",
    .summary = "turn rules of ModSecurity into a rule file",
    .help = help,
    .run = run,
};

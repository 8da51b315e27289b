// SPDX-License-Identifier: Apache-2.0
// `yett rules test`: the tests inside rule files, as one command that a build can run.
#include <stdio.h>
#include <unistd.h>

#include "base/problems.h"
#include "cli/cli.h"
#include "rules/selftest.h"

static int report(const struct rules_test_summary *summary)
{
    (void)printf("%zu rules, %zu tests, %zu failed", summary->rules, summary->tests,
                 summary->failed);
    if (summary->untested)
        (void)printf("; %zu rules have no test", summary->untested);
    (void)printf("\n");
    return summary->failed ? CLI_BAD_INPUT : CLI_WELL;
}

static int run(int argc, char **argv)
{
    opterr = 0;
    if (getopt(argc, argv, "+") != -1)
        return cli_no_option(&cli_verb_rules_test, argv);
    if (optind >= argc)
        return cli_misuse(&cli_verb_rules_test, "which rule files?");
    struct problems *problems = problems_new();
    if (!problems)
        return CLI_REFUSED;
    struct rules_test_summary summary = {0};
    const char *const *files = (const char *const *)argv + optind;
    bool good = rules_test_files(files, (size_t)(argc - optind), stdout, problems, &summary);
    problems_print(problems, stderr);
    problems_free(&problems);
    return good ? report(&summary) : CLI_BAD_INPUT;
}

static const char help[] =
    "usage: yett rules test FILE...\n"
    "\n"
    "Compiles rule files and sends each rule its own tests: every request under \"hit\" must make\n"
    "the rule hit, none under \"miss\" may. A rule file looks like this:\n"
    "\n"
    "  { \"rules\": [\n"
    "    { \"id\": \"no-dumps\", \"description\": \"somebody looks for a copy of the database\",\n"
    "      \"targets\": [\"path\"], \"transforms\": [\"lowercase\"],\n"
    "      \"match\": { \"regex\": \"\\\\.(sql|bak)$\" },\n"
    "      \"action\": \"score\", \"score\": 5,\n"
    "      \"tests\": { \"hit\": [\"GET /site.SQL\"], \"miss\": [\"GET /sql.html\"] } } ] }\n"
    "\n"
    "Each failure is one line with file, line, rule and what was sent; the last line counts.\n"
    "Mistakes in the files are reported all at once. FILE is a rule file or a quoted pattern. The\n"
    "page rules/README.md of the source lists all targets, transforms and matches.\n"
    "\n"
    "examples:\n"
    "  yett rules test 'rules/*.json'\n"
    "  yett rules test mine.json && yett check site.json\n"
    "\n"
    "exit codes: 0 all tests pass, 1 one failed or a file is broken, 2 wrong usage, 3 no memory\n";

const struct cli_verb cli_verb_rules_test = {
    .name = "rules test",
    .summary = "run the tests inside rule files",
    .help = help,
    .run = run,
};

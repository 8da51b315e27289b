// SPDX-License-Identifier: Apache-2.0
// `yett rules test`: the tests inside rule files, and test files of the core rule set, as one
// command that a build can run.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/num.h"
#include "base/problems.h"
#include "cli/cli.h"
#include "cli/policy_rules.h"
#include "rules/program.h"
#include "rules/selftest.h"
#include "suite/send.h"
#include "suite/suite.h"

enum { FILES_MAX = 4096, LINE_MAX_OCTETS = 256 * 1024, VARS_MAX = 64 * 1024 };

struct options {
    const char **rules; // rule files whose own tests do not matter
    size_t rules_count;
    const char **files; // rule files to be tested
    size_t files_count;
    const char **suites;
    size_t suites_count;
    const char *policy, *filter; // in place of rule files
    uint64_t paranoia;           // 0: not said
    struct buf vars;             // members of an object, in JSON
    bool is_json, is_verbose;
};

static bool is_suite(const char *path)
{
    struct slice name = slice_str(path);
    return slice_ends(name, SLICE(".yaml")) || slice_ends(name, SLICE(".yml"));
}

static int report(const struct rules_test_summary *summary)
{
    (void)printf("%zu rules, %zu tests, %zu failed", summary->rules, summary->tests,
                 summary->failed);
    if (summary->untested)
        (void)printf("; %zu rules have no test", summary->untested);
    (void)printf("\n");
    return summary->failed ? CLI_BAD_INPUT : CLI_WELL;
}

static int test_files(const struct options *o, struct problems *problems)
{
    struct rules_test_summary summary = {0};
    bool good = rules_test_files(o->files, o->files_count, stdout, problems, &summary);
    return good ? report(&summary) : CLI_BAD_INPUT;
}

static const char *const results[SUITE_RESULT_COUNT] = {"passed", "refused", "failed", "skipped"};

// One line of JSON for each test.
static void print_json(const char *file, const struct suite_verdict *v)
{
    struct buf b;
    struct json_writer w;
    buf_new(&b, LINE_MAX_OCTETS);
    json_write_init(&w, &b);
    json_write_object(&w);
    json_write_key_str(&w, "file", file);
    json_write_key_u64(&w, "line", v->line);
    json_write_key_slice(&w, "test", v->title);
    json_write_key_str(&w, "result", results[v->result]);
    if (v->why[0] != '\0')
        json_write_key_str(&w, "why", v->why);
    json_write_key(&w, "hits");
    json_write_array(&w);
    for (const struct suite_hit *h = v->hits; h; h = h->next)
        json_write_slice(&w, h->rule);
    json_write_end_array(&w);
    json_write_end_object(&w);
    if (!b.failed)
        (void)printf("%.*s\n", (int)b.len, b.data);
    buf_free(&b);
}

static void on_verdict(void *ctx, const char *file, const struct suite_verdict *v)
{
    const struct options *o = ctx;
    if (o->is_json)
        print_json(file, v);
    else if (v->result != SUITE_PASSED || o->is_verbose)
        (void)printf("%s:%u: %.*s: %s%s%s\n", file, v->line, (int)v->title.len, v->title.ptr,
                     results[v->result], v->why[0] ? ": " : "", v->why);
}

static int report_suite(const struct options *o, const struct suite *s)
{
    size_t all = 0;
    for (size_t i = 0; i < SUITE_RESULT_COUNT; i++)
        all += s->counts[i];
    if (o->is_json)
        (void)printf("{\"tests\":%zu,\"passed\":%zu,\"refused\":%zu,\"failed\":%zu,\"skipped\":%zu}"
                     "\n",
                     all, s->counts[SUITE_PASSED], s->counts[SUITE_REFUSED],
                     s->counts[SUITE_FAILED], s->counts[SUITE_SKIPPED]);
    else
        (void)printf("%zu tests, %zu passed, %zu refused before any rule, %zu failed, %zu "
                     "skipped\n",
                     all, s->counts[SUITE_PASSED], s->counts[SUITE_REFUSED],
                     s->counts[SUITE_FAILED], s->counts[SUITE_SKIPPED]);
    return s->counts[SUITE_FAILED] ? CLI_BAD_INPUT : CLI_WELL;
}

// The rules only watch.
static struct rules_program *compile(const char *const *files, size_t count, uint64_t paranoia,
                                     const struct json *vars, struct problems *problems)
{
    const struct rules_options options = {
        .files = files,
        .file_count = count,
        .paranoia = (unsigned)paranoia,
        .detect = true,
        .threshold = 5,
        .response_threshold = 4,
        .vars = vars,
    };
    return rules_compile(&options, problems);
}

// Of all rule files given.
static struct rules_program *compile_files(const struct options *o, struct problems *problems)
{
    const char **all = calloc(o->rules_count + o->files_count + 1, sizeof(*all));
    struct rules_program *program = NULL;
    struct buf text;
    buf_new(&text, VARS_MAX + 2);
    buf_char(&text, '{');
    buf_slice(&text, buf_view(&o->vars));
    buf_char(&text, '}');
    struct json_doc *vars = all ? json_read_text("--var", buf_view(&text), problems) : NULL;
    for (size_t i = 0; vars && i < o->rules_count; i++)
        all[i] = o->rules[i];
    for (size_t i = 0; vars && i < o->files_count; i++)
        all[o->rules_count + i] = o->files[i];
    if (vars)
        program =
            compile(all, o->rules_count + o->files_count,
                    o->paranoia ? o->paranoia : RULES_PARANOIA_MAX, json_root(vars), problems);
    json_free(&vars);
    buf_free(&text);
    free(all);
    return program;
}

static struct rules_program *compile_policy(const struct options *o, struct problems *problems)
{
    struct policy_rules r;
    struct rules_program *program = NULL;
    if (policy_rules_read(o->policy, o->filter, problems, &r))
        program = compile((const char *const *)r.files, r.file_count,
                          o->paranoia ? o->paranoia : r.paranoia, r.vars, problems);
    policy_rules_clear(&r);
    return program;
}

static int run_suites(const struct options *o, struct suite *s, struct problems *problems)
{
    bool good = true;
    for (size_t i = 0; i < o->suites_count; i++)
        good &= suite_run_file(s, o->suites[i], problems);
    int result = report_suite(o, s);
    return good ? result : CLI_BAD_INPUT;
}

static int test_suites(const struct options *o, struct problems *problems)
{
    struct suite s = {.on_verdict = on_verdict, .ctx = (void *)(uintptr_t)o};
    struct rules_program *program =
        o->policy ? compile_policy(o, problems) : compile_files(o, problems);
    int result = CLI_BAD_INPUT;
    s.program = program;
    s.scratch = program ? rules_scratch_new() : NULL;
    if (program)
        result = s.scratch ? run_suites(o, &s, problems) : CLI_REFUSED;
    rules_scratch_free(&s.scratch);
    rules_program_free(&program);
    return result;
}

static int test(const struct options *o)
{
    struct problems *problems = problems_new();
    if (!problems)
        return CLI_REFUSED;
    int result = o->suites_count > 0 ? test_suites(o, problems) : test_files(o, problems);
    problems_print(problems, stderr);
    problems_free(&problems);
    return result;
}

// "NAME=VALUE" as a member of an object.
static bool add_var(struct options *o, const char *text)
{
    struct slice all = slice_str(text);
    size_t equals = slice_index(all, '=');
    struct json_writer w;
    if (equals == 0 || equals == all.len)
        return false;
    json_write_init(&w, &o->vars);
    if (o->vars.len > 0)
        buf_char(&o->vars, ',');
    json_write_slice(&w, slice_first(all, equals));
    buf_char(&o->vars, ':');
    w.needs_comma = false;
    json_write_slice(&w, slice_from(all, equals + 1));
    return !o->vars.failed;
}

// 0, or the exit code.
static int read_option(struct options *o, int option, char **argv)
{
    switch (option) {
    case 'r':
        if (o->rules_count == FILES_MAX)
            return cli_misuse(&cli_verb_rules_test, "too many rule files");
        o->rules[o->rules_count++] = optarg;
        return 0;
    case 'p':
        if (num_decimal(slice_str(optarg), RULES_PARANOIA_MAX, &o->paranoia) && o->paranoia > 0)
            return 0;
        return cli_misuse(&cli_verb_rules_test, "--paranoia is 1 to 4");
    case 'V':
        return add_var(o, optarg) ? 0 : cli_misuse(&cli_verb_rules_test, "--var NAME=VALUE");
    case 'P':
        o->policy = optarg;
        return 0;
    case 'f':
        o->filter = optarg;
        return 0;
    case 'j':
        o->is_json = true;
        return 0;
    case 'v':
        o->is_verbose = true;
        return 0;
    default:
        return cli_bad_option(&cli_verb_rules_test, option, argv);
    }
}

static int read_words(struct options *o, int argc, char **argv)
{
    static const struct option longs[] = {
        {"rules", required_argument, NULL, 'r'},  {"policy", required_argument, NULL, 'P'},
        {"filter", required_argument, NULL, 'f'}, {"paranoia", required_argument, NULL, 'p'},
        {"var", required_argument, NULL, 'V'},    {"json", no_argument, NULL, 'j'},
        {"verbose", no_argument, NULL, 'v'},      {NULL, 0, NULL, 0}};
    int option, result;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":r:p:jv", longs, NULL)) != -1) {
        result = read_option(o, option, argv);
        if (result != 0)
            return result;
    }
    if (optind >= argc)
        return cli_misuse(&cli_verb_rules_test, "which files?");
    for (int i = optind; i < argc; i++) {
        if (is_suite(argv[i]))
            o->suites[o->suites_count++] = argv[i];
        else
            o->files[o->files_count++] = argv[i];
    }
    if (o->policy && (o->rules_count + o->files_count + o->vars.len > 0))
        return cli_misuse(&cli_verb_rules_test,
                          "a policy brings its own rules: no rule files and no --var beside it");
    if (o->suites_count == 0 && (o->policy || o->rules_count > 0))
        return cli_misuse(&cli_verb_rules_test, "which tests? FILE.yaml");
    if (o->suites_count > 0 && !o->policy && o->rules_count + o->files_count == 0)
        return cli_misuse(&cli_verb_rules_test, "which rules? --rules FILE.json");
    return 0;
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    o.rules = calloc(FILES_MAX, sizeof(*o.rules));
    o.files = calloc((size_t)argc + 1, sizeof(*o.files));
    o.suites = calloc((size_t)argc + 1, sizeof(*o.suites));
    buf_new(&o.vars, VARS_MAX);
    int result = CLI_REFUSED;
    if (o.rules && o.files && o.suites) {
        result = read_words(&o, argc, argv);
        if (result == 0)
            result = test(&o);
    }
    buf_free(&o.vars);
    free(o.rules);
    free(o.files);
    free(o.suites);
    return result;
}

static const char help[] =
    "usage: yett rules test FILE...\n"
    "       yett rules test [--rules RULES.json]... [--paranoia N] [--var NAME=VALUE]... [--json]\n"
    "                       TESTS.yaml...\n"
    "       yett rules test --policy POLICY [--filter NAME] [--paranoia N] [--json] TESTS.yaml...\n"
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
    "A file that ends in .yaml holds tests of the core rule set, which are run as they are over "
    "the\n"
    "rules given: those that must be logged hit, those that must not do not. Requests go through\n"
    "the gateway's strict parser; one that it refuses is counted apart, with the reason.\n"
    "\n"
    "options for such files:\n"
    "  -r, --rules FILE       rules to run the tests over, such as yett rules import-seclang "
    "wrote\n"
    "      --policy POLICY    in place of --rules and --var: what a filter of the policy has\n"
    "      --filter NAME      which one, where several have rules\n"
    "  -p, --paranoia N       level of the rules; else the filter's, and 4 without a policy\n"
    "      --var NAME=VALUE   a variable of the rules, as \"vars\" of the filter\n"
    "  -j, --json             one line of JSON for each test, and one that counts\n"
    "  -v, --verbose          name the tests that pass, too\n"
    "\n"
    "examples:\n"
    "  yett rules test 'rules/*.json'\n"
    "  yett rules test mine.json && yett check site.json\n"
    "  yett rules test --rules crs.json --var arg_length=400 tests/regression/tests/*/*.yaml\n"
    "\n"
    "exit codes: 0 all tests pass, 1 one failed or a file is broken, 2 wrong usage, 3 no memory\n";

const struct cli_verb cli_verb_rules_test = {
    .name = "rules test",
    .summary = "run the tests inside rule files, or those of the core rule set",
    .help = help,
    .run = run,
};

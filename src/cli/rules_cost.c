// SPDX-License-Identifier: Apache-2.0
// `yett rules cost`: what each rule costs over a collection of requests, the dearest first.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_write.h"
#include "base/num.h"
#include "base/problems.h"
#include "cli/cli.h"
#include "rules/corpus.h"
#include "rules/profile.h"
#include "rules/program.h"

enum { CORPORA_MAX = 64, OUTPUT_MAX = 16 * 1024 * 1024 };

struct line {
    struct slice rule;
    struct rules_profile_count sum;
};

struct cost {
    const char *corpora[CORPORA_MAX];
    size_t corpus_count;
    uint64_t paranoia, top; // top 0: all
    bool as_json;
    struct line *lines;
    size_t count, requests;
};

static void on_verdict(void *ctx, const struct rules_corpus_verdict *v)
{
    struct cost *c = ctx;
    c->requests += v->refused == NULL;
}

static void take(void *ctx, struct slice rule, const struct rules_profile_count *sum)
{
    struct cost *c = ctx;
    c->lines[c->count++] = (struct line){rule, *sum};
}

static int by_time(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    return (x->sum.ns < y->sum.ns) - (x->sum.ns > y->sum.ns);
}

static void print_table(const struct cost *c, size_t shown)
{
    uint64_t all_ns = 0;
    for (size_t i = 0; i < c->count; i++)
        all_ns += c->lines[i].sum.ns;
    (void)printf("%-40s %12s %12s %10s %10s %6s\n", "rule", "asked", "skipped", "matched",
                 "ns/request", "share");
    for (size_t i = 0; i < shown; i++) {
        const struct line *l = &c->lines[i];
        (void)printf("%-40.*s %12llu %12llu %10llu %10llu %5.1f%%\n", (int)l->rule.len, l->rule.ptr,
                     (unsigned long long)l->sum.asked, (unsigned long long)l->sum.skipped,
                     (unsigned long long)l->sum.matched,
                     (unsigned long long)(c->requests ? l->sum.ns / c->requests : 0),
                     all_ns ? 100.0 * (double)l->sum.ns / (double)all_ns : 0.0);
    }
    (void)printf("%zu requests, %zu rules, %llu ns a request for all comparisons together\n",
                 c->requests, c->count,
                 (unsigned long long)(c->requests ? all_ns / c->requests : 0));
}

static bool print_json(const struct cost *c, size_t shown)
{
    struct buf out;
    struct json_writer w;
    buf_new(&out, OUTPUT_MAX);
    json_write_init(&w, &out);
    json_write_object(&w);
    json_write_key_u64(&w, "requests", c->requests);
    json_write_key(&w, "rules");
    json_write_array(&w);
    for (size_t i = 0; i < shown; i++) {
        const struct line *l = &c->lines[i];
        json_write_object(&w);
        json_write_key_slice(&w, "rule", l->rule);
        json_write_key_u64(&w, "asked", l->sum.asked);
        json_write_key_u64(&w, "skipped", l->sum.skipped);
        json_write_key_u64(&w, "matched", l->sum.matched);
        json_write_key_u64(&w, "ns", l->sum.ns);
        json_write_end_object(&w);
    }
    json_write_end_array(&w);
    json_write_end_object(&w);
    buf_char(&out, '\n');
    bool ok = !out.failed && fwrite(out.data, 1, out.len, stdout) == out.len;
    buf_free(&out);
    return ok;
}

static int profile(struct cost *c, const struct rules_program *p, struct problems *problems)
{
    struct rules_profile *counts = rules_profile_new(p);
    bool ok = true;
    c->lines = calloc(p->rule_count + 1, sizeof(*c->lines));
    if (!counts || !c->lines) {
        rules_profile_free(&counts);
        return CLI_REFUSED;
    }
    for (size_t i = 0; i < c->corpus_count; i++)
        ok = rules_corpus_run(c->corpora[i], p, counts, on_verdict, c, problems) && ok;
    rules_profile_each(p, counts, take, c);
    rules_profile_free(&counts);
    qsort(c->lines, c->count, sizeof(*c->lines), by_time);
    size_t shown = c->top && c->top < c->count ? (size_t)c->top : c->count;
    if (c->as_json)
        ok = print_json(c, shown) && ok;
    else
        print_table(c, shown);
    return ok ? CLI_WELL : CLI_BAD_INPUT;
}

static int compile_and_profile(struct cost *c, char **files, size_t count)
{
    const struct rules_options options = {
        .files = (const char *const *)files,
        .file_count = count,
        .paranoia = (unsigned)c->paranoia,
        .threshold = UINT32_MAX, // every rule has its turn, whatever the ones before it found
    };
    struct problems *problems = problems_new();
    if (!problems)
        return CLI_REFUSED;
    struct rules_program *program = rules_compile(&options, problems);
    int result = program ? profile(c, program, problems) : CLI_BAD_INPUT;
    problems_print(problems, stderr);
    rules_program_free(&program);
    problems_free(&problems);
    free(c->lines);
    return result;
}

static bool read_option(struct cost *c, int option)
{
    struct slice text = optarg ? slice_str(optarg) : (struct slice){0};
    switch (option) {
    case 'c':
        if (c->corpus_count == CORPORA_MAX)
            return false;
        c->corpora[c->corpus_count++] = optarg;
        return true;
    case 'p':
        return num_decimal(text, RULES_PARANOIA_MAX, &c->paranoia) && c->paranoia > 0;
    case 't':
        return num_decimal(text, RULES_MAX, &c->top);
    case 'j':
        c->as_json = true;
        return true;
    default:
        return false;
    }
}

static int run(int argc, char **argv)
{
    static const struct option longs[] = {{"corpus", required_argument, NULL, 'c'},
                                          {"paranoia", required_argument, NULL, 'p'},
                                          {"top", required_argument, NULL, 't'},
                                          {"json", no_argument, NULL, 'j'},
                                          {NULL, 0, NULL, 0}};
    struct cost c = {.paranoia = 1};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":c:p:t:j", longs, NULL)) != -1)
        if (!read_option(&c, option))
            return cli_bad_option(&cli_verb_rules_cost, option, argv);
    if (c.corpus_count == 0)
        return cli_misuse(&cli_verb_rules_cost, "over which requests? --corpus FILE");
    if (optind >= argc)
        return cli_misuse(&cli_verb_rules_cost, "which rule files?");
    return compile_and_profile(&c, argv + optind, (size_t)(argc - optind));
}

static const char help[] =
    "usage: yett rules cost --corpus FILE [option...] RULES...\n"
    "\n"
    "Puts every request of the collection before the rules, and tells of each rule how many texts\n"
    "it was compared with, how many it was not since they lack what it requires, how many of them\n"
    "matched, and the time that took; the dearest first. Decoding and transforms, which rules\n"
    "share, are nobody's; looking at the clock costs some 20 ns a comparison. FILE is as for\n"
    "`yett rules measure`.\n"
    "\n"
    "options:\n"
    "  -c, --corpus FILE  requests; may be repeated\n"
    "  -p, --paranoia N   as of the filter; 1 if not given\n"
    "  -t, --top N        only so many rules\n"
    "  -j, --json         one JSON object\n"
    "\n"
    "example:\n"
    "  yett rules cost --top 20 --corpus tests/corpus/benign.jsonl 'rules/*.json'\n"
    "\n"
    "exit codes: 0 counted, 1 a file is broken, 2 wrong usage, 3 no memory\n";

const struct cli_verb cli_verb_rules_cost = {
    .name = "rules cost",
    .summary = "tell what each rule costs over known requests",
    .help = help,
    .run = run,
};

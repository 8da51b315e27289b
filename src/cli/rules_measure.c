// SPDX-License-Identifier: Apache-2.0
// `yett rules measure`: how many attacks of a collection rules stop, and how many of its harmless
// requests they would refuse.
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/problems.h"
#include "cli/cli.h"
#include "rules/corpus.h"
#include "rules/program.h"

enum { CORPORA_MAX = 64, CLASSES_MAX = 128, CLASS_NAME_MAX = 48, SHOWN_MAX = 240 };

struct class_counts {
    char name[CLASS_NAME_MAX];
    bool should_block;
    size_t all, wrong, scored;
};

struct measure {
    const char *corpora[CORPORA_MAX], *file;
    size_t corpus_count;
    uint64_t paranoia, threshold, tolerated; // tolerated: of a thousand
    bool is_quiet, shows_scores;
    struct class_counts classes[CLASSES_MAX];
    size_t class_count;
};

static struct class_counts *find_class(struct measure *m, const struct rules_corpus_verdict *v)
{
    char name[CLASS_NAME_MAX];
    (void)snprintf(name, sizeof name, "%.*s", (int)v->class.len, v->class.len ? v->class.ptr : "");
    for (size_t i = 0; i < m->class_count; i++) {
        struct class_counts *c = &m->classes[i];
        if (c->should_block == v->should_block && strcmp(c->name, name) == 0)
            return c;
    }
    if (m->class_count == CLASSES_MAX) // the rest is counted with the last
        return &m->classes[CLASSES_MAX - 1];
    struct class_counts *c = &m->classes[m->class_count++];
    *c = (struct class_counts){.should_block = v->should_block};
    memcpy(c->name, name, sizeof name);
    return c;
}

static void print_octets(struct slice text)
{
    struct slice shown = slice_first(text, SHOWN_MAX);
    for (size_t i = 0; i < shown.len; i++) {
        unsigned char c = (unsigned char)shown.ptr[i];
        (void)printf(c == '\n' ? "\\n" : c < 0x20 || c >= 0x7f ? "\\x%02x" : "%c", c);
    }
    (void)fputs(shown.len < text.len ? "..." : "", stdout);
}

static void print_verdict(const struct measure *m, const struct rules_corpus_verdict *v,
                          bool is_wrong)
{
    const char *what = !is_wrong         ? "scores"
                       : v->should_block ? "should be refused, is not"
                                         : "should pass, is refused";
    (void)printf("%s:%u: %s", m->file, v->line, what);
    if (v->refused)
        (void)printf(", before any rule: %s", v->refused);
    if (v->undecided)
        (void)printf(", undecided: %s", v->undecided);
    for (size_t i = 0; i < v->hit_count; i++) {
        const struct rules_hit *hit = &v->hits[i];
        (void)printf("%s%.*s (%u, %.*s \"", i == 0 ? ": " : ", ", (int)hit->rule.len, hit->rule.ptr,
                     hit->score, (int)hit->target.len, hit->target.ptr);
        print_octets(hit->value);
        (void)fputs("\")", stdout);
    }
    (void)fputs(": ", stdout);
    print_octets(v->request);
    (void)fputc('\n', stdout);
}

static void on_verdict(void *ctx, const struct rules_corpus_verdict *v)
{
    struct measure *m = ctx;
    struct class_counts *c = find_class(m, v);
    // A parser that refuses an attack has stopped it; to refuse an honest request is wrong.
    bool is_wrong = v->is_blocked != v->should_block;
    bool scores = !v->should_block && v->hit_count > 0;
    c->all++;
    c->wrong += is_wrong;
    c->scored += scores;
    if ((is_wrong && !m->is_quiet) || (scores && m->shows_scores))
        print_verdict(m, v, is_wrong);
}

static bool print_sum(const struct measure *m, bool should_block)
{
    size_t all = 0, wrong = 0;
    for (size_t i = 0; i < m->class_count; i++) {
        const struct class_counts *c = &m->classes[i];
        if (c->should_block != should_block)
            continue;
        all += c->all;
        wrong += c->wrong;
        if (should_block)
            (void)printf("  %-24s %6zu of %6zu refused\n", c->name, c->all - c->wrong, c->all);
        else
            (void)printf("  %-24s %6zu of %6zu refused, %zu met by a rule\n", c->name, c->wrong,
                         c->all, c->scored);
    }
    if (all == 0)
        return true;
    size_t refused = should_block ? all - wrong : wrong;
    (void)printf("%s: %zu of %zu refused (%.2f %%)\n", should_block ? "attacks" : "harmless",
                 refused, all, 100.0 * (double)refused / (double)all);
    return !should_block ? wrong == 0 : wrong * 1000 <= all * m->tolerated;
}

static int measure(struct measure *m, char **files, size_t count, struct problems *problems)
{
    const struct rules_options options = {
        .files = (const char *const *)files,
        .file_count = count,
        .paranoia = (unsigned)m->paranoia,
        .threshold = (unsigned)m->threshold,
    };
    struct rules_program *program = rules_compile(&options, problems);
    bool good = program != NULL;
    for (size_t i = 0; program && i < m->corpus_count; i++) {
        m->file = m->corpora[i];
        good &= rules_corpus_run(m->file, program, NULL, on_verdict, m, problems);
    }
    rules_program_free(&program);
    good &= print_sum(m, true);
    good &= print_sum(m, false);
    return good ? CLI_WELL : CLI_BAD_INPUT;
}

static bool read_option(struct measure *m, int option)
{
    struct slice text = optarg ? slice_str(optarg) : (struct slice){0};
    switch (option) {
    case 'c':
        if (m->corpus_count == CORPORA_MAX)
            return false;
        m->corpora[m->corpus_count++] = optarg;
        return true;
    case 'p':
        return num_decimal(text, RULES_PARANOIA_MAX, &m->paranoia) && m->paranoia > 0;
    case 't':
        return num_decimal(text, 1000, &m->threshold) && m->threshold > 0;
    case 'm':
        return num_decimal(text, 1000, &m->tolerated);
    case 'q':
        m->is_quiet = true;
        return true;
    case 's':
        m->shows_scores = true;
        return true;
    default:
        return false;
    }
}

static int run(int argc, char **argv)
{
    static const struct option longs[] = {{"corpus", required_argument, NULL, 'c'},
                                          {"paranoia", required_argument, NULL, 'p'},
                                          {"threshold", required_argument, NULL, 't'},
                                          {"missed", required_argument, NULL, 'm'},
                                          {"quiet", no_argument, NULL, 'q'},
                                          {"scores", no_argument, NULL, 's'},
                                          {NULL, 0, NULL, 0}};
    struct measure m = {.paranoia = 1, .threshold = 5};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "c:p:t:m:qs", longs, NULL)) != -1) {
        if (!read_option(&m, option))
            return cli_misuse(&cli_verb_rules_measure, "%s: no such option, or no good value",
                              argv[optind - 1]);
    }
    if (m.corpus_count == 0)
        return cli_misuse(&cli_verb_rules_measure, "which requests? --corpus FILE");
    if (optind >= argc)
        return cli_misuse(&cli_verb_rules_measure, "which rule files?");
    struct problems *problems = problems_new();
    if (!problems)
        return CLI_REFUSED;
    int result = measure(&m, argv + optind, (size_t)(argc - optind), problems);
    problems_print(problems, stderr);
    problems_free(&problems);
    return result;
}

static const char help[] =
    "usage: yett rules measure --corpus FILE [option...] RULES...\n"
    "\n"
    "Judges requests of which is known what should become of them, as a rules filter in block "
    "mode\n"
    "would, and counts by class. FILE has one JSON object on each line:\n"
    "\n"
    "  {\"expect\": \"block\", \"class\": \"sqli\", \"request\": \"GET /?id=1'+or+1=1--+\"}\n"
    "  {\"expect\": \"pass\", \"class\": \"webhook\", \"base64\": \"UE9TVCAv...\"}\n"
    "\n"
    "\"request\" is written as in a rule's own tests; \"base64\" has the octets of one. A request\n"
    "that the parser refuses counts as refused. Each wrong verdict is one line, with the rules\n"
    "that hit.\n"
    "\n"
    "options:\n"
    "  -c, --corpus FILE    requests to judge; may be repeated\n"
    "  -p, --paranoia N     as of the filter; 1 if not given\n"
    "  -t, --threshold N    as of the filter; 5 if not given\n"
    "  -m, --missed N       how many of a thousand attacks may be missed; 0 if not given\n"
    "  -q, --quiet          only the sums\n"
    "  -s, --scores         also harmless requests that rules hit without refusing them\n"
    "\n"
    "example:\n"
    "  yett rules measure --corpus tests/corpus/benign.jsonl 'rules/*.json'\n"
    "\n"
    "exit codes: 0 every harmless request passes and not more attacks than allowed, 1 otherwise "
    "or\n"
    "a file is broken, 2 wrong usage, 3 no memory\n";

const struct cli_verb cli_verb_rules_measure = {
    .name = "rules measure",
    .summary = "count what rules stop and refuse of known requests",
    .help = help,
    .run = run,
};

// SPDX-License-Identifier: Apache-2.0
// `yett audit summary`: what is in audit files, on one screen or as JSON.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/summary.h"
#include "base/buf.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/num.h"
#include "cli/cli.h"

enum {
    TOP_USUAL = 10,
    TOP_MAX = 1000,
    BAR_WIDTH = 50,
    HOURS_SHOWN = 48,
    JSON_MAX = 16 * 1024 * 1024
};

typedef unsigned long long ull;

static const struct {
    const char *title, *key;
} tables[SUMMARY_TABLES] = {
    [SUMMARY_VERDICTS] = {"verdicts", "verdicts"},
    [SUMMARY_STATUSES] = {"answered", "statuses"},
    [SUMMARY_REASONS] = {"why not", "reasons"},
    [SUMMARY_FILTERS] = {"filters that refused", "filters"},
    [SUMMARY_RULES] = {"rules that matched", "rules"},
    [SUMMARY_CLIENTS] = {"clients", "clients"},
    [SUMMARY_REFUSED_CLIENTS] = {"clients refused", "refused_clients"},
    [SUMMARY_PATHS] = {"paths", "paths"},
    [SUMMARY_REFUSED_PATHS] = {"paths refused", "refused_paths"},
    [SUMMARY_COUNTRIES] = {"countries", "countries"},
    [SUMMARY_ROUTES] = {"routes", "routes"},
    [SUMMARY_BACKENDS] = {"backends", "backends"},
    [SUMMARY_HOURS] = {"hours", "hours"},
    [SUMMARY_REFUSED_HOURS] = {NULL, "refused_hours"},
};

// A file may hold anything: nothing that a terminal would take for a command gets there.
static void print_key(struct slice key)
{
    for (size_t i = 0; i < key.len; i++) {
        unsigned char c = (unsigned char)key.ptr[i];
        bool is_c1 = c == 0xc2 && i + 1 < key.len && (unsigned char)key.ptr[i + 1] < 0xa0;
        if (c < ' ' || c == 0x7f || is_c1)
            (void)putchar('?');
        else
            (void)putchar(c);
        i += is_c1;
    }
}

static void print_table(const struct summary *s, enum summary_table table, size_t max)
{
    const struct top_entry *most[TOP_MAX];
    const struct top *t = &s->tables[table];
    size_t count = top_most(t, most, max);
    if (count == 0)
        return;
    (void)printf("\n%s", tables[table].title);
    if (t->used > count)
        (void)printf(" (%zu of %s%zu)", count, t->floor ? "more than " : "", t->used);
    (void)printf("\n");
    for (size_t i = 0; i < count; i++) {
        (void)printf("  %10llu%s ", (ull)most[i]->count, most[i]->missed ? "+" : " ");
        print_key(slice_of(most[i]->key, most[i]->len));
        (void)printf("\n");
    }
}

static int by_key(const void *a, const void *b)
{
    const struct top_entry *x = *(const struct top_entry *const *)a;
    const struct top_entry *y = *(const struct top_entry *const *)b;
    int order = memcmp(x->key, y->key, x->len < y->len ? x->len : y->len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void print_bar(uint64_t all, uint64_t refused, uint64_t most)
{
    unsigned width = (unsigned)((all * BAR_WIDTH + most - 1) / most);
    unsigned marked = (unsigned)((refused * BAR_WIDTH + most - 1) / most);
    for (unsigned i = 0; i < width; i++)
        (void)putchar(i < marked ? '#' : '=');
}

static void print_hours(const struct summary *s)
{
    static const struct top_entry *hours[TOP_ENTRIES_MAX];
    size_t count = top_most(&s->tables[SUMMARY_HOURS], hours, TOP_ENTRIES_MAX);
    uint64_t most = count ? hours[0]->count : 1;
    qsort(hours, count, sizeof(hours[0]), by_key);
    size_t from = count > HOURS_SHOWN ? count - HOURS_SHOWN : 0;
    if (count)
        (void)printf("\nhours, UTC (# denied or refused)%s\n", from ? ", the last ones" : "");
    for (size_t i = from; i < count; i++) {
        struct slice key = slice_of(hours[i]->key, hours[i]->len);
        uint64_t refused = top_count(&s->tables[SUMMARY_REFUSED_HOURS], key);
        (void)printf("  ");
        print_key(key);
        (void)printf(" %10llu ", (ull)hours[i]->count);
        print_bar(hours[i]->count, refused < hours[i]->count ? refused : hours[i]->count, most);
        (void)printf("\n");
    }
}

static void print_text(const struct summary *s, size_t max)
{
    (void)printf("%llu records", (ull)s->records);
    if (s->records && s->first[0]) {
        (void)printf(", ");
        print_key(slice_str(s->first));
        (void)printf(" to ");
        print_key(slice_str(s->last));
    }
    (void)printf("\n");
    if (s->lost)
        (void)printf("%llu more were lost, as the log says\n", (ull)s->lost);
    if (s->broken)
        (void)printf("%llu lines are no records\n", (ull)s->broken);
    for (unsigned i = 0; i < SUMMARY_HOURS; i++)
        print_table(s, (enum summary_table)i, max);
    print_hours(s);
}

// Without the beginning of a character at its end.
static struct slice whole_characters(struct slice key)
{
    size_t lead = key.len;
    while (lead > 0 && key.len - lead < 4 && ((unsigned char)key.ptr[lead - 1] & 0xc0) == 0x80)
        lead--;
    if (lead == 0)
        return key;
    unsigned char first = (unsigned char)key.ptr[lead - 1];
    size_t needs = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
    return needs > key.len - lead + 1 ? slice_first(key, lead - 1) : key;
}

// Keys stand in the line as JSON has them, so they need no other escapes; they may have been cut
// inside one.
static struct slice whole_escapes(struct slice key)
{
    key = whole_characters(key);
    for (size_t i = 0; i < key.len; i++) {
        size_t len = key.ptr[i] != '\\' ? 1 : i + 1 < key.len && key.ptr[i + 1] == 'u' ? 6 : 2;
        if (len > key.len - i)
            return slice_first(key, i);
        i += len - 1;
    }
    return key;
}

static void write_table(struct json_writer *w, const struct top *t, size_t max)
{
    const struct top_entry *most[TOP_MAX];
    size_t count = top_most(t, most, max);
    json_write_array(w);
    for (size_t i = 0; i < count; i++) {
        json_write_object(w);
        json_write_key(w, "key");
        buf_char(w->out, '"');
        buf_slice(w->out, whole_escapes(slice_of(most[i]->key, most[i]->len)));
        buf_char(w->out, '"');
        w->needs_comma = true;
        json_write_key_u64(w, "count", most[i]->count);
        if (most[i]->missed)
            json_write_key_u64(w, "missed_at_most", most[i]->missed);
        json_write_end_object(w);
    }
    json_write_end_array(w);
}

static int print_json(const struct summary *s, size_t max)
{
    struct buf out;
    struct json_writer w;
    buf_new(&out, JSON_MAX);
    json_write_init(&w, &out);
    json_write_object(&w);
    json_write_key_u64(&w, "records", s->records);
    json_write_key_u64(&w, "lost", s->lost);
    json_write_key_u64(&w, "broken_lines", s->broken);
    json_write_key_str(&w, "first", s->first);
    json_write_key_str(&w, "last", s->last);
    for (unsigned i = 0; i < SUMMARY_TABLES; i++) {
        json_write_key(&w, tables[i].key);
        write_table(&w, &s->tables[i], i >= SUMMARY_HOURS ? TOP_MAX : max);
    }
    json_write_end_object(&w);
    buf_char(&out, '\n');
    bool ok = !out.failed;
    if (ok)
        (void)fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    return ok ? CLI_WELL : CLI_REFUSED;
}

static bool read_file(struct summary *s, const char *name)
{
    bool is_stdin = strcmp(name, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(name, "re");
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    while (file && (len = getline(&line, &cap, file)) > 0) {
        size_t end = (size_t)len - (line[len - 1] == '\n');
        line[end] = '\0';
        summary_add(s, line, end);
    }
    bool ok = file && !ferror(file);
    if (!ok)
        (void)fprintf(stderr, "yett audit summary: cannot read %s: %s\n", name, log_errno(errno));
    free(line);
    if (file && !is_stdin)
        (void)fclose(file);
    return ok;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"top", required_argument, NULL, 't'}, {0}};
    bool is_json = false;
    uint64_t max = TOP_USUAL;
    int option, code = CLI_WELL;
    opterr = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, ":jt:", options, NULL)) != -1) {
        if (option == 'j')
            is_json = true;
        else if (option != 't')
            return cli_bad_option(&cli_verb_audit_summary, option, argv);
        else if (!num_decimal(slice_str(optarg), TOP_MAX, &max) || max == 0)
            return cli_misuse(&cli_verb_audit_summary, "--top takes a number from 1 to %d",
                              TOP_MAX);
    }
    if (optind == argc)
        return cli_misuse(&cli_verb_audit_summary, "which file?");
    struct summary *s = calloc(1, sizeof(*s));
    if (!s)
        return CLI_REFUSED;
    summary_init(s);
    for (int i = optind; i < argc; i++)
        code = read_file(s, argv[i]) ? code : CLI_BAD_INPUT;
    if (!is_json)
        print_text(s, (size_t)max);
    else if (print_json(s, (size_t)max) != CLI_WELL)
        code = CLI_REFUSED;
    free(s);
    return code;
}

const struct cli_verb cli_verb_audit_summary = {
    .name = "audit summary",
    .summary = "tell what is in audit files",
    .help =
        "usage: yett audit summary [--json] [--top N] FILE...\n"
        "\n"
        "Counts records of audit files by verdict, status, reason, filter, rule, client, path,\n"
        "country, route, backend and hour. - is standard input. Memory does not grow with the\n"
        "files: of very many different clients or paths the rarest are forgotten, and a + says\n"
        "that one may have occurred somewhat more often.\n"
        "\n"
        "options:\n"
        "  -j, --json   as one JSON object\n"
        "  -t, --top N  how many of each (10; at most 1000)\n"
        "\n"
        "examples:\n"
        "  yett audit summary audit.jsonl\n"
        "  zcat audit.jsonl.*.gz | yett audit summary --top 20 -\n"
        "\n"
        "exit codes: 0 well, 1 a file cannot be read, 2 wrong usage, 3 no memory\n",
    .run = run,
};

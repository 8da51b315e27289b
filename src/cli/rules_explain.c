// SPDX-License-Identifier: Apache-2.0
// `yett rules explain`: why a policy does with a request what it does.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/problems.h"
#include "cli/cli.h"
#include "cli/explain.h"
#include "policy/snapshot.h"

enum {
    MESSAGE_MAX = 16 * 1024 * 1024,
    OUTPUT_MAX = 64 * 1024 * 1024,
};

struct wish {
    const char *policy, *request, *response;
    struct rules_sample sample;
    bool as_json;
};

// All of a file, or of stdin ("-"), into `out`.
static bool read_message(const char *path, struct buf *out, struct slice *text)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    char piece[16 * 1024];
    size_t got;
    buf_new(out, MESSAGE_MAX);
    while (file && (got = fread(piece, 1, sizeof(piece), file)) > 0)
        buf_append(out, piece, got);
    int error = !file || ferror(file) ? errno : 0;
    if (file && !is_stdin)
        (void)fclose(file);
    *text = buf_view(out);
    if (error)
        (void)fprintf(stderr, "yett rules explain: %s: %s\n", path, log_errno(error));
    else if (out->failed)
        (void)fprintf(stderr, "yett rules explain: %s: more than %d octets\n", path, MESSAGE_MAX);
    return !error && !out->failed;
}

static void write_proposal(struct slice exclusions, struct buf *out)
{
    buf_str(out, "\nto let it pass, and as little else as possible, add to the \"exclusions\" of a "
                 "rule file:\n");
    buf_slice(out, exclusions);
    buf_char(out, '\n');
}

static int print(const struct buf *out)
{
    if (out->failed || fwrite(out->data, 1, out->len, stdout) != out->len || fflush(stdout) != 0)
        return CLI_REFUSED;
    return CLI_WELL;
}

static int explain(const struct wish *w, const struct snapshot *s)
{
    static struct explanation x;
    struct buf out, exclusions;
    buf_new(&out, OUTPUT_MAX);
    buf_new(&exclusions, OUTPUT_MAX);
    int result = CLI_REFUSED;
    if (explain_request(&x, s, &w->sample)) {
        bool proposes = explain_exclude(&x, s, &w->sample, &exclusions);
        if (w->as_json)
            explain_write_json(&x, buf_view(&exclusions), &out);
        else
            explain_write_text(&x, &out);
        if (proposes && !w->as_json)
            write_proposal(buf_view(&exclusions), &out);
        result = print(&out);
    }
    explain_clear(&x);
    buf_free(&out);
    buf_free(&exclusions);
    return result;
}

static int explain_by_policy(const struct wish *w)
{
    struct problems *problems = problems_new();
    if (!problems)
        return CLI_REFUSED;
    struct snapshot *s = policy_load(w->policy, problems);
    if (problems_count(problems))
        problems_print(problems, stderr);
    problems_free(&problems);
    int result = s ? explain(w, s) : CLI_BAD_INPUT;
    snapshot_unref(&s);
    return result;
}

static int read_and_explain(struct wish *w)
{
    struct buf request = {0}, response = {0};
    bool ok = read_message(w->request, &request, &w->sample.request);
    if (ok && w->response)
        ok = read_message(w->response, &response, &w->sample.response);
    int result = ok ? explain_by_policy(w) : CLI_BAD_INPUT;
    buf_free(&request);
    buf_free(&response);
    return result;
}

static int run(int argc, char **argv)
{
    static const struct option longs[] = {{"client", required_argument, NULL, 'c'},
                                          {"response", required_argument, NULL, 'r'},
                                          {"json", no_argument, NULL, 'j'},
                                          {NULL, 0, NULL, 0}};
    struct wish w = {.sample = {.client = SLICE("192.0.2.1")}};
    struct addr client;
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":c:r:j", longs, NULL)) != -1) {
        if (option == 'c')
            w.sample.client = slice_str(optarg);
        else if (option == 'r')
            w.response = optarg;
        else if (option == 'j')
            w.as_json = true;
        else
            return cli_bad_option(&cli_verb_rules_explain, option, argv);
    }
    if (!addr_parse(w.sample.client, &client))
        return cli_misuse(&cli_verb_rules_explain, "\"%s\" is no address", w.sample.client.ptr);
    if (argc - optind < 1 || argc - optind > 2)
        return cli_misuse(&cli_verb_rules_explain, "which policy, and which request?");
    w.policy = argv[optind];
    w.request = argc - optind == 2 ? argv[optind + 1] : "-";
    return read_and_explain(&w);
}

static const char help[] =
    "usage: yett rules explain [option...] POLICY [REQUEST]\n"
    "\n"
    "Shows what the policy would do with the request in the file (or on stdin): the route it\n"
    "takes, what each filter says, which rules hit, and for each of them the value, what every\n"
    "transform made of it and what matched. What an exclusion took out is shown with the place\n"
    "of the exclusion. Where the rules refuse the request, the narrowest exclusions that would\n"
    "let it pass are tried out and printed, ready for a rule file.\n"
    "\n"
    "REQUEST is what a client sends: lines may end in LF alone; version, Host, Content-Length\n"
    "and the Content-Type of a form are filled in where they are missing. Nothing is sent\n"
    "anywhere. Counters of rate limits begin at zero.\n"
    "\n"
    "options:\n"
    "  -c, --client ADDRESS  whom it comes from; 192.0.2.1 if not given\n"
    "  -r, --response FILE   the backend's answer to it, judged too\n"
    "  -j, --json            one JSON object instead of text\n"
    "\n"
    "examples:\n"
    "  echo \"GET /?id=1'+or+1=1--+\" | yett rules explain site.json\n"
    "  yett rules explain --client 203.0.113.9 --json site.json request.txt\n"
    "\n"
    "exit codes: 0 explained, whatever the verdict; 1 the policy or the request cannot be read;\n"
    "2 wrong usage; 3 no memory\n";

const struct cli_verb cli_verb_rules_explain = {
    .name = "rules explain",
    .summary = "show why a policy refuses a request or lets it pass",
    .help = help,
    .run = run,
};

// SPDX-License-Identifier: Apache-2.0
// `yett audit verify`: whether chained audit files are as the gateway wrote them.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/verify.h"
#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "policy/audit_chain.h"
#include "tls/seal.h"

enum { FILES_MAX = 1024, SHOWN_MAX = 50, WHY_MAX = 256, PEM_MAX = 16 * 1024 };

typedef unsigned long long ull;

struct log_file {
    const char *name;
    FILE *file;
    uint64_t first;
};

struct job {
    struct verify_keys keys;
    unsigned char public_key[CHAIN_SEED_LEN];
    char *key;
    size_t key_len;
    const char *state_path;
    struct log_file files[FILES_MAX];
    int file_count;
};

static void show(void *ctx, const char *file, uint64_t line, const char *text)
{
    unsigned *shown = ctx;
    if (line && ++*shown > SHOWN_MAX)
        return;
    if (line)
        (void)printf("%s:%llu: %s\n", file, (ull)line, text);
    else
        (void)printf("%s: %s\n", file, text);
}

static bool load_key(struct job *j, const char *path)
{
    char why[WHY_MAX];
    if (!file_read_private(path, CHAIN_KEY_MAX, &j->key, &j->key_len, why, sizeof(why))) {
        (void)fprintf(stderr, "yett audit verify: cannot read key %s: %s\n", path, why);
        return false;
    }
    j->keys.key = slice_of(j->key, j->key_len);
    return true;
}

static bool load_public_key(struct job *j, const char *path)
{
    char why[WHY_MAX] = "no Ed25519 key in PEM", *text = NULL;
    size_t len = 0;
    bool ok = file_read(path, PEM_MAX, &text, &len, why, sizeof(why)) &&
              tls_seal_public_key(slice_of(text, len), j->public_key);
    if (text)
        secret_wipe(text, len);
    free(text);
    if (!ok)
        (void)fprintf(stderr, "yett audit verify: cannot read key %s: %s\n", path, why);
    j->keys.public_key = j->public_key;
    j->keys.verify = tls_seal_verify;
    return ok;
}

static bool open_files(struct job *j, int count, char **names)
{
    for (int i = 0; i < count; i++) {
        FILE *file = fopen(names[i], "re");
        if (!file) {
            (void)fprintf(stderr, "yett audit verify: cannot open %s: %s\n", names[i],
                          log_errno(errno));
            return false;
        }
        j->files[j->file_count++] = (struct log_file){names[i], file, verify_first_sequence(file)};
    }
    return true;
}

static int by_sequence(const void *a, const void *b)
{
    uint64_t x = ((const struct log_file *)a)->first, y = ((const struct log_file *)b)->first;
    return (x > y) - (x < y);
}

// Read before the files: a gateway that goes on meanwhile only gets further.
static enum chain_state_read read_state(const struct job *j, struct chain_state *state)
{
    char *path = NULL;
    enum chain_state_read read = CHAIN_STATE_BAD;
    if (j->state_path)
        return chain_state_read(j->state_path, j->keys.crypto, j->keys.key, state);
    if (asprintf(&path, "%s" CHAIN_STATE_SUFFIX, j->files[j->file_count - 1].name) < 0)
        return read;
    read = chain_state_read(path, j->keys.crypto, j->keys.key, state);
    free(path);
    return read;
}

static void report(const struct job *j, const struct verify *v)
{
    (void)printf("%s: %llu records in %d file%s, up to number %llu",
                 v->findings ? "NOT WELL" : "well", (ull)v->lines, j->file_count,
                 j->file_count == 1 ? "" : "s", (ull)v->point.sequence);
    if (v->findings)
        (void)printf("; %llu findings", (ull)v->findings);
    (void)printf("\n%llu checkpoints", (ull)v->checkpoints);
    if (!v->keys->public_key)
        (void)printf(", their signatures not looked at");
    else
        (void)printf(", the last good one is for record %llu", (ull)v->covered);
    (void)printf("\n");
    if (v->keys->key.len == 0 && v->covered < v->point.sequence)
        (void)printf(
            "what stands behind it, and the state file, are not vouched for without --key\n");
}

static int verify(struct job *j)
{
    struct chain_state state;
    unsigned shown = 0;
    struct verify v = {.keys = &j->keys, .on_finding = show, .ctx = &shown};
    qsort(j->files, (size_t)j->file_count, sizeof(j->files[0]), by_sequence);
    enum chain_state_read read = read_state(j, &state);
    for (int i = 0; i < j->file_count; i++)
        verify_file(&v, j->files[i].name, j->files[i].file);
    verify_end(&v, j->files[j->file_count - 1].name, read, &state);
    if (shown > SHOWN_MAX)
        (void)printf("... and %u more\n", shown - SHOWN_MAX);
    report(j, &v);
    return v.findings ? CLI_BAD_INPUT : CLI_WELL;
}

static int read_options(struct job *j, int argc, char **argv)
{
    static const struct option options[] = {{"key", required_argument, NULL, 'k'},
                                            {"public-key", required_argument, NULL, 'p'},
                                            {"state", required_argument, NULL, 's'},
                                            {0}};
    int option;
    opterr = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, ":k:p:s:", options, NULL)) != -1) {
        bool ok = true;
        if (option == 'k')
            ok = load_key(j, optarg);
        else if (option == 'p')
            ok = load_public_key(j, optarg);
        else if (option == 's')
            j->state_path = optarg;
        else
            return cli_bad_option(&cli_verb_audit_verify, option, argv);
        if (!ok)
            return CLI_BAD_INPUT;
    }
    if (!j->key && !j->keys.public_key)
        return cli_misuse(&cli_verb_audit_verify, "it needs --key, --public-key or both");
    if (optind == argc || argc - optind > FILES_MAX)
        return cli_misuse(&cli_verb_audit_verify, "it takes 1 to %d files", FILES_MAX);
    return CLI_WELL;
}

static int run(int argc, char **argv)
{
    struct job *j = calloc(1, sizeof(*j));
    if (!j)
        return CLI_REFUSED;
    j->keys.crypto = &policy_audit_crypto;
    int code = read_options(j, argc, argv);
    if (code == CLI_WELL && !open_files(j, argc - optind, argv + optind))
        code = CLI_BAD_INPUT;
    if (code == CLI_WELL)
        code = verify(j);
    for (int i = 0; i < j->file_count; i++)
        (void)fclose(j->files[i].file);
    if (j->key)
        secret_wipe(j->key, j->key_len);
    free(j->key);
    free(j);
    return code;
}

const struct cli_verb cli_verb_audit_verify = {
    .name = "audit verify",
    .summary = "tell whether chained audit files are as they were written",
    .help =
        "usage: yett audit verify [--key FILE] [--public-key PEM] [--state FILE] FILE...\n"
        "\n"
        "Reads audit files whose sink has a \"chain\" and names each place where something was\n"
        "changed, removed, moved, added or cut off. Files may be given in any order; they are\n"
        "read in the order in which they were written, rotated ones and the current one.\n"
        "\n"
        "options:\n"
        "  -k, --key FILE         the key of the chain: every line is checked\n"
        "  -p, --public-key PEM   the public half of the signing key: checkpoints are checked,\n"
        "                         also by whoever may not have the key\n"
        "  -s, --state FILE       how far the log had got; usually the newest file's name and\n"
        "                         \".chain\". Without it a cut end could not be seen\n"
        "\n"
        "examples:\n"
        "  yett audit verify --key audit.key audit.jsonl\n"
        "  yett audit verify --public-key audit.pub audit.jsonl.2 audit.jsonl.1 audit.jsonl\n"
        "\n"
        "exit codes: 0 all is well, 1 something is not or cannot be read, 2 wrong usage\n",
    .run = run,
};

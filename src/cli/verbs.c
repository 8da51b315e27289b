// SPDX-License-Identifier: Apache-2.0
// The table of verbs, and the way from words to one of them. A verb has one word or two ("rules
// test").
#include "cli/cli.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"

const struct cli_verb *const cli_verbs[] = {
    &cli_verb_run,           &cli_verb_check,
    &cli_verb_rules_test,    &cli_verb_rules_explain,
    &cli_verb_rules_tune,    &cli_verb_rules_measure,
    &cli_verb_rules_cost,    &cli_verb_rules_import_seclang,
    &cli_verb_audit_summary, &cli_verb_audit_verify,
    &cli_verb_passwd,        &cli_verb_version,
    &cli_verb_help,          NULL,
};

// True when `name` is what argv begins with; *words is how many of its words that takes.
static bool is_called(const char *name, int argc, char **argv, int *words)
{
    const char *blank = strchr(name, ' ');
    size_t first = blank ? (size_t)(blank - name) : strlen(name);
    *words = blank ? 2 : 1;
    if (argc < *words || strlen(argv[0]) != first || memcmp(argv[0], name, first) != 0)
        return false;
    return !blank || strcmp(argv[1], blank + 1) == 0;
}

const struct cli_verb *cli_find(int argc, char **argv, int *words)
{
    for (size_t i = 0; cli_verbs[i]; i++) {
        if (is_called(cli_verbs[i]->name, argc, argv, words))
            return cli_verbs[i];
    }
    return NULL;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

int cli_misuse(const struct cli_verb *verb, const char *format, ...)
{
    va_list args;
    (void)fprintf(stderr, "yett %s: ", verb->name);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fprintf(stderr, " (see: yett %s --help)\n", verb->name);
    return CLI_USAGE;
}

int cli_no_option(const struct cli_verb *verb, char **argv)
{
    if (optopt == '-') // of "--word" getopt has taken the second dash alone
        return cli_misuse(verb, "there is no option %s", argv[optind]);
    return cli_misuse(verb, "there is no option -%c", optopt);
}

int cli_bad_option(const struct cli_verb *verb, int option, char **argv)
{
    const char *what = option == ':' ? "no value is given for option" : "there is no option";
    if (optopt > 0 && argv[optind - 1][1] != '-')
        return cli_misuse(verb, "%s -%c", what, optopt);
    return cli_misuse(verb, "%s %s", what, argv[optind - 1]);
}

bool cli_print_help(int argc, char **argv)
{
    int words;
    const struct cli_verb *verb = cli_find(argc, argv, &words);
    if (verb) {
        (void)fputs(verb->help, stdout);
        return true;
    }
    bool found = false;
    for (size_t i = 0; cli_verbs[i]; i++) { // "rules" alone: all that begin with it
        size_t first = strcspn(cli_verbs[i]->name, " ");
        if (strlen(argv[0]) != first || memcmp(argv[0], cli_verbs[i]->name, first) != 0)
            continue;
        (void)printf("%s%s", found ? "\n" : "", cli_verbs[i]->help);
        found = true;
    }
    return found;
}

int cli_no_verb(const char *word)
{
    const char *names[ARRAY_LEN(cli_verbs)];
    size_t count = 0;
    for (; cli_verbs[count]; count++)
        names[count] = cli_verbs[count]->name;
    names[count] = NULL;
    const char *nearest = conf_nearest(slice_str(word), names);
    if (nearest)
        (void)fprintf(stderr, "yett: there is no \"%s\" (did you mean \"%s\"?); see: yett help\n",
                      word, nearest);
    else
        (void)fprintf(stderr, "yett: there is no \"%s\"; see: yett help\n", word);
    return CLI_USAGE;
}

int cli_dispatch(int argc, char **argv)
{
    int words = 0;
    if (argc < 2) {
        (void)fprintf(stderr, "yett: what shall it do? See: yett help\n");
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return cli_verb_help.run(1, argv + 1);
    if (strcmp(argv[1], "--version") == 0)
        return cli_verb_version.run(1, argv + 1);
    if (asks_for_help(argc - 2, argv + 2) && cli_print_help(argc - 1, argv + 1))
        return CLI_WELL;
    const struct cli_verb *verb = cli_find(argc - 1, argv + 1, &words);
    return verb ? verb->run(argc - words, argv + words) : cli_no_verb(argv[1]);
}

// SPDX-License-Identifier: Apache-2.0
// The command line: one verb per file, all of them in one table (verbs.c). A verb gets its own
// words only; asking for help is answered before it runs.
#ifndef YETT_CLI_CLI_H
#define YETT_CLI_CLI_H

#include <stddef.h>

#include <stdbool.h>

#include "base/attr.h"

enum cli_exit {
    CLI_WELL = 0,
    CLI_BAD_INPUT = 1, // the policy, a rule file or what was typed is not good
    CLI_USAGE = 2,     // the command line itself makes no sense
    CLI_REFUSED = 3,   // the system said no: a port in use, no permission, no memory
};

struct cli_verb {
    const char *name;    // "check", "rules test"
    const char *summary; // one line for `yett help`
    const char *help;    // what --help prints: usage, what it does, options, examples, exit codes
    int (*run)(int argc, char **argv); // argv[0] is the verb's last word; returns an enum cli_exit
};

extern const struct cli_verb cli_verb_run;
extern const struct cli_verb cli_verb_check;
extern const struct cli_verb cli_verb_rules_test;
extern const struct cli_verb cli_verb_rules_explain;
extern const struct cli_verb cli_verb_rules_tune;
extern const struct cli_verb cli_verb_rules_cost;
extern const struct cli_verb cli_verb_rules_measure;
extern const struct cli_verb cli_verb_rules_import_seclang;
extern const struct cli_verb cli_verb_audit_summary;
extern const struct cli_verb cli_verb_audit_verify;
extern const struct cli_verb cli_verb_passwd;
extern const struct cli_verb cli_verb_version;
extern const struct cli_verb cli_verb_help;

// All verbs in the order of `yett help`; NULL-terminated.
extern const struct cli_verb *const cli_verbs[];

// Finds the verb and runs it; the answer is the exit code of the program.
int cli_dispatch(int argc, char **argv);
// The verb that begins argv (one or two words), and how many words that are; NULL when there is
// none.
const struct cli_verb *cli_find(int argc, char **argv, int *words);
// Prints all about the verb that begins argv, or about those whose first word does; false when
// there is none. argc is at least 1.
bool cli_print_help(int argc, char **argv);
// Prints "yett VERB: " and the sentence on stderr, and where to read on. Returns CLI_USAGE.
int cli_misuse(const struct cli_verb *verb, const char *format, ...) PRINTF_LIKE(2, 3);
// Complains of the option that getopt has just not known.
int cli_no_option(const struct cli_verb *verb, char **argv);
// The same of getopt_long with a colon before its letters, whose answer `option` was: also of one
// that lacks its value.
int cli_bad_option(const struct cli_verb *verb, int option, char **argv);
// Complains that there is no such verb, naming the nearest. Returns CLI_USAGE.
int cli_no_verb(const char *word);

#endif

// SPDX-License-Identifier: Apache-2.0
// yett run: loads the policy and serves it in the foreground.
#include <stdio.h>

#include "base/problems.h"
#include "cli/cli.h"
#include "policy/snapshot.h"
#include "server/server.h"

static int run(int argc, char **argv)
{
    if (argc != 2)
        return cli_misuse(&cli_verb_run, "run needs exactly one policy file");
    struct problems *problems = problems_new();
    if (!problems)
        return CLI_REFUSED;
    struct snapshot *snapshot = policy_load(argv[1], problems);
    problems_print(problems, stderr);
    problems_free(&problems);
    if (!snapshot)
        return CLI_BAD_INPUT;
    enum server_result result = server_run(snapshot);
    snapshot_unref(&snapshot);
    return result == SERVER_STOPPED ? CLI_WELL : CLI_REFUSED;
}

static const char help[] =
    "usage: yett run POLICY\n"
    "\n"
    "Loads the policy and serves it in the foreground until told to stop. Says on stderr what it\n"
    "listens on; requests go to the audit sinks of the policy. As root or not: it needs no more\n"
    "than its ports, its files and the spool folder of the audit.\n"
    "\n"
    "signals:\n"
    "  TERM, INT  stop: listeners close, running exchanges finish within limits.drain_timeout;\n"
    "             a second signal breaks them off at once\n"
    "  USR1       reopen the audit files, after they were moved away\n"
    "\n"
    "example:\n"
    "  yett check site.json && yett run site.json\n"
    "\n"
    "exit codes: 0 stopped as told, 1 the policy is bad (every mistake is listed), 2 wrong usage,\n"
    "3 the system refused (port in use, no permission)\n";

const struct cli_verb cli_verb_run = {
    .name = "run",
    .summary = "serve a policy until told to stop",
    .help = help,
    .run = run,
};

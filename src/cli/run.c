// SPDX-License-Identifier: Apache-2.0
// yett run: loads the policy and serves it in the foreground.
#include <stdio.h>
#include <unistd.h>

#include "base/problems.h"
#include "cli/cli.h"
#include "policy/snapshot.h"
#include "server/server.h"

static int run(int argc, char **argv)
{
    opterr = 0;
    if (getopt(argc, argv, "+") != -1)
        return cli_no_option(&cli_verb_run, argv);
    if (optind + 1 != argc)
        return cli_misuse(&cli_verb_run, "it takes one policy file");
    struct problems *problems = problems_new();
    if (!problems)
        return CLI_REFUSED;
    struct snapshot *snapshot = policy_load(argv[optind], problems);
    problems_print(problems, stderr);
    problems_free(&problems);
    if (!snapshot)
        return CLI_BAD_INPUT;
    return server_run(snapshot) == SERVER_STOPPED ? CLI_WELL : CLI_REFUSED;
}

static const char help[] =
    "usage: yett run POLICY\n"
    "\n"
    "Loads the policy and serves it in the foreground until told to stop. Every mistake in the\n"
    "policy is told as `yett check` tells it, and then nothing is served. What it listens on, and\n"
    "what goes wrong later, it says on stderr; what it did with each request goes to the audit\n"
    "sinks of the policy, one JSON object a line.\n"
    "\n"
    "A policy to begin with, for a backend that speaks TLS on port 9443 of this machine:\n"
    "\n"
    "  {\n"
    "    \"listeners\": [{ \"name\": \"public\", \"bind\": \"[::]:8443\",\n"
    "                    \"tls\": { \"certificates\": [{ \"chain\": \"site.pem\", \"key\": "
    "\"site.key\" }] } }],\n"
    "    \"backends\":  { \"app\": { \"servers\": [{ \"url\": \"https://127.0.0.1:9443\" }],\n"
    "                            \"tls\": { \"ca\": \"backend-ca.pem\", \"server_name\": "
    "\"app.internal\" } } },\n"
    "    \"filters\":   { \"speed\": { \"type\": \"rate_limit\", \"key\": [\"client.address\"],\n"
    "                              \"rate\": \"20/1s\", \"burst\": 100 } },\n"
    "    \"routes\":    [{ \"hosts\": [\"www.example.com\"], \"filters\": [\"speed\"], "
    "\"backend\": \"app\" }],\n"
    "    \"audit\":     { \"sinks\": [{ \"type\": \"file\", \"path\": \"audit.jsonl\" }] }\n"
    "  }\n"
    "\n"
    "Paths in it are relative to the file. The folder policies/ of the source has longer examples\n"
    "and a page that explains every key.\n"
    "\n"
    "It needs no rights beyond its ports, its files and the folder of the audit log, and may run\n"
    "as root or not. Killed hard, it needs no cleaning up: the next start writes the records that\n"
    "had not reached the log.\n"
    "\n"
    "signals:\n"
    "  TERM, INT  stop: listeners close, running requests finish within limits.drain_timeout;\n"
    "             a second signal breaks them off at once\n"
    "  USR1       open the audit files anew, after they were moved away\n"
    "  HUP        the same, and take over the policy as it stands in its file now: what runs goes\n"
    "             on under the old one, connections stay open where their listener is the same.\n"
    "             With a mistake in it the old one stays in force, and stderr says why\n"
    "\n"
    "examples:\n"
    "  yett check site.json && yett run site.json\n"
    "  mv audit.jsonl audit.jsonl.1 && kill -USR1 \"$(pidof yett)\"\n"
    "\n"
    "exit codes: 0 stopped as told, 1 the policy is bad, 2 wrong usage, 3 the system refused (a\n"
    "port is taken, no permission, no memory)\n";

const struct cli_verb cli_verb_run = {
    .name = "run",
    .summary = "serve a policy until told to stop",
    .help = help,
    .run = run,
};

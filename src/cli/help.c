// SPDX-License-Identifier: Apache-2.0
// The overview is made from the table of verbs, so that it cannot forget one.
#include <stdio.h>

#include "cli/cli.h"

static int print_overview(void)
{
    (void)printf("Yett is a filtering gateway: it ends TLS in front of web backends, judges every\n"
                 "request, and passes on what may pass, encrypted again.\n"
                 "\n"
                 "usage: yett VERB ...\n"
                 "\n");
    for (size_t i = 0; cli_verbs[i]; i++)
        (void)printf("  %-12s  %s\n", cli_verbs[i]->name, cli_verbs[i]->summary);
    (void)printf(
        "\n"
        "yett VERB --help tells all about one of them; yett run --help has a policy to begin "
        "with.\n"
        "\n"
        "exit codes: 0 well, 1 the policy or input is bad, 2 wrong usage, 3 the system refused\n");
    return CLI_WELL;
}

static int run(int argc, char **argv)
{
    if (argc < 2)
        return print_overview();
    return cli_print_help(argc - 1, argv + 1) ? CLI_WELL : cli_no_verb(argv[1]);
}

const struct cli_verb cli_verb_help = {
    .name = "help",
    .summary = "list the verbs, or tell about one",
    .help = "usage: yett help [VERB]\n"
            "\n"
            "Lists what Yett can do, or prints all about one verb.\n"
            "\n"
            "examples:\n"
            "  yett help\n"
            "  yett help check\n"
            "\n"
            "exit codes: 0 well, 2 there is no such verb\n",
    .run = run,
};

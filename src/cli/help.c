// SPDX-License-Identifier: Apache-2.0
// The overview is made from the table of verbs, so that it cannot forget one.
#include <stdio.h>

#include "cli/cli.h"

static int print_overview(void)
{
    (void)printf("Yett is a filtering gateway in front of web backends.\n"
                 "\n"
                 "usage: yett VERB ...\n"
                 "\n");
    for (size_t i = 0; cli_verbs[i]; i++)
        (void)printf("  %-12s  %s\n", cli_verbs[i]->name, cli_verbs[i]->summary);
    (void)printf(
        "\n"
        "yett VERB --help tells all about one of them.\n"
        "exit codes: 0 well, 1 the policy or input is bad, 2 wrong usage, 3 the system refused\n");
    return CLI_WELL;
}

static int run(int argc, char **argv)
{
    int words;
    if (argc < 2)
        return print_overview();
    const struct cli_verb *verb = cli_find(argc - 1, argv + 1, &words);
    if (!verb)
        return cli_no_verb(argv[1]);
    (void)fputs(verb->help, stdout);
    return CLI_WELL;
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

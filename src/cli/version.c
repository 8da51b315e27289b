// SPDX-License-Identifier: Apache-2.0
// `yett version`: the one line that a bug report begins with.
#include <stdio.h>

#include "cli/cli.h"

static int run(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return cli_misuse(&cli_verb_version, "it takes no arguments");
    (void)printf("yett %s\n", YETT_VERSION);
    return CLI_WELL;
}

const struct cli_verb cli_verb_version = {
    .name = "version",
    .summary = "print the version",
    .help = "usage: yett version\n"
            "\n"
            "Prints the name of the program and its version on one line.\n"
            "\n"
            "exit codes: 0 well, 2 wrong usage\n",
    .run = run,
};

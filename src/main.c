// SPDX-License-Identifier: Apache-2.0
// The program: a verb runs, and what it printed must have got out before its exit code counts.
#include <stdio.h>

#include "base/log.h"
#include "cli/cli.h"

int main(int argc, char **argv)
{
    int code = cli_dispatch(argc, argv);
    if (fflush(stdout) == 0)
        return code;
    log_error("standard output cannot be written");
    return code == CLI_WELL ? CLI_REFUSED : code;
}

// SPDX-License-Identifier: Apache-2.0
// Passwords from a person or a pipe; never from argv, which everybody on the machine can read.
#ifndef YETT_CLI_PROMPT_H
#define YETT_CLI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

// Asks twice on the terminal without echo, or takes the first line of standard input when that is
// no terminal. The password is in out[cap], NUL-terminated, for the caller to wipe. False with a
// sentence in *why.
MUST_USE bool prompt_password(char *out, size_t cap, const char **why);

#endif

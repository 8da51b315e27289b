// SPDX-License-Identifier: Apache-2.0
// The last words of a program whose own reasoning was wrong: one line, then a core if the system
// keeps them.
#include "base/check.h"

#include <stdlib.h>

#include "base/log.h"

_Noreturn void check_failed(const char *file, int line, const char *condition)
{
    log_error("internal fault at %s:%d: %s does not hold", file, line, condition);
    abort();
}

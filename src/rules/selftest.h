// SPDX-License-Identifier: Apache-2.0
// Runs the tests that rules carry: each "hit" request must make its rule hit, each "miss" must not.
#ifndef YETT_RULES_SELFTEST_H
#define YETT_RULES_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/attr.h"

struct problems;

struct rules_test_summary {
    size_t rules, tests, failed;
    size_t untested; // rules without a test
};

// Loads the files and runs every test; each failure is one line on `out` (file:line: rule, what was
// sent, what happened). False when a file is broken (see problems).
MUST_USE bool rules_test_files(const char *const *files, size_t count, FILE *out,
                               struct problems *problems, struct rules_test_summary *summary);

#endif

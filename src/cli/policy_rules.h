// SPDX-License-Identifier: Apache-2.0
// The rules that a policy's filter names, for verbs that work on rules and not on traffic.
#ifndef YETT_CLI_POLICY_RULES_H
#define YETT_CLI_POLICY_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct json;
struct json_doc;
struct problems;

struct policy_rules {
    struct json_doc *doc;
    char **files; // resolved
    size_t file_count;
    uint64_t paranoia;       // the higher of the filter's two
    const struct json *vars; // of the filter; may be NULL
};

// Reads the policy for its filter `name`; NULL means the only one with rules. False with problems.
// To be cleared in any case.
MUST_USE bool policy_rules_read(const char *path, const char *name, struct problems *problems,
                                struct policy_rules *out);
void policy_rules_clear(struct policy_rules *r);

#endif

// SPDX-License-Identifier: Apache-2.0
// Variables as rule files know them: their first values, and whether any rule sets them. All names
// are lower case, and are known before the first rule is read, so that a variable that stays as it
// is can be put in wherever it is used.
#ifndef YETT_RULES_VARS_H
#define YETT_RULES_VARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

struct json;
struct rules_loader;

struct rules_var {
    struct slice name;
    struct slice value; // the first one
    bool has_value;     // else it is not there before a rule sets it
    bool is_set;        // by some rule
};

enum { RULES_VARS_MAX = 4096, RULES_VAR_NONE = INT32_MAX };

// Gathers variables from "vars" of the policy and of all documents, and from every "set".
void rules_vars_collect(struct rules_loader *l, const struct json *policy_vars);
// The number of the variable of that name in any case, added when new; RULES_VAR_NONE when there
// are too many.
uint32_t rules_vars_slot(struct rules_loader *l, struct slice name);
// Does no rule set it? Then *value is what it is; empty when nobody gave it one.
bool rules_vars_is_constant(const struct rules_loader *l, uint32_t slot, struct slice *value);

#endif

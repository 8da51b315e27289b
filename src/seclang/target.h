// SPDX-License-Identifier: Apache-2.0
// From SecLang's variables to targets: "ARGS:id" is "args.id".
#ifndef YETT_SECLANG_TARGET_H
#define YETT_SECLANG_TARGET_H

#include "base/attr.h"
#include "rules/target.h"
#include "seclang/model.h"

enum { SECLANG_WHY_MAX = 256 };

// A variable as the targets of a rule file: its text without "!", and what the engine reads in it.
struct seclang_target {
    struct slice text; // in the arena of the set
    struct rules_target parsed[RULES_TARGETS_OF_WORD];
    size_t count;
};

// False with a sentence in why[SECLANG_WHY_MAX] when there is no such target, or without memory.
MUST_USE bool seclang_target_find(struct seclang_set *s, const struct seclang_variable *v,
                                  struct seclang_target *out, char *why);
// Does the variable hold what outlives a request?
bool seclang_is_persistent(struct slice collection);

#endif

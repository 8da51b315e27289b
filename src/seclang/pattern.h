// SPDX-License-Identifier: Apache-2.0
// Regexes that SecLang applies to rules: to their tags and messages.
#ifndef YETT_SECLANG_PATTERN_H
#define YETT_SECLANG_PATTERN_H

#include "base/attr.h"
#include "seclang/model.h"

struct seclang_pattern;

// NULL with a note.
struct seclang_pattern *seclang_pattern_new(struct seclang_set *s,
                                            const struct seclang_place *place, struct slice text);
void seclang_pattern_free(struct seclang_pattern **p);
// Has the rule an action of that name with a value that the pattern matches?
MUST_USE bool seclang_pattern_fits(struct seclang_pattern *p, const struct seclang_rule *rule,
                                   const char *action);
MUST_USE bool seclang_pattern_matches(struct seclang_pattern *p, struct slice text);
// Would the engine take the regex? If not, why[SECLANG_WHY_MAX] says what is wrong.
MUST_USE bool seclang_pattern_compiles(struct slice pattern, char *why);

#endif

// SPDX-License-Identifier: Apache-2.0
// Operators of SecLang as the "match" of a condition.
#ifndef YETT_SECLANG_MATCH_H
#define YETT_SECLANG_MATCH_H

#include "base/attr.h"
#include "seclang/model.h"
#include "seclang/out.h"

// Writes the object. False with a sentence in why[SECLANG_WHY_MAX]; what was written then is to be
// taken back.
MUST_USE bool seclang_match_write(struct seclang_set *s, const struct seclang_rule *rule,
                                  const struct seclang_link *link, struct seclang_out *out,
                                  char *why);

#endif

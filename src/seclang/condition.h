// SPDX-License-Identifier: Apache-2.0
// One link of a chain as a condition: targets, transforms, match, capture.
#ifndef YETT_SECLANG_CONDITION_H
#define YETT_SECLANG_CONDITION_H

#include "base/attr.h"
#include "seclang/model.h"
#include "seclang/out.h"

// Writes the members of the condition into the object that is open. Variables without a target are
// left out with a note; false with a sentence in why[SECLANG_WHY_MAX] when the condition as a whole
// cannot be expressed.
MUST_USE bool seclang_condition_write(struct seclang_set *s, const struct seclang_rule *rule,
                                      const struct seclang_link *link, struct seclang_out *out,
                                      char *why);
// Is it one about how the body is taken apart that also holds where nothing takes it apart? Such a
// condition can only be a guard ("unless"), as what is not there is never compared.
bool seclang_condition_is_guard(const struct seclang_link *link);

#endif

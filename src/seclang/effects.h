// SPDX-License-Identifier: Apache-2.0
// What a rule does beside its verdict: setvar, ctl, skipAfter.
#ifndef YETT_SECLANG_EFFECTS_H
#define YETT_SECLANG_EFFECTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "seclang/model.h"
#include "seclang/out.h"

// Writes "set" for the link, or for the links behind it as well that `is_wanted` when that is not
// NULL; *any when there was something to write. False without memory.
MUST_USE bool seclang_write_changes(struct seclang_set *s, const struct seclang_rule *rule,
                                    const struct seclang_link *link,
                                    bool (*is_wanted)(const struct seclang_link *link),
                                    struct seclang_out *out, bool *any);
// Writes "exclude", "decode_body" and "skip_to" of all links; *any as above. False without memory.
MUST_USE bool seclang_write_effects(struct seclang_set *s, const struct seclang_rule *rule,
                                    struct seclang_out *out, bool *any);
// Notes every action of the rule that is not known.
void seclang_note_actions(struct seclang_set *s, const struct seclang_rule *rule);

#endif

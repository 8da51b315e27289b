// SPDX-License-Identifier: Apache-2.0
// Directives that change or remove rules read before them. They act on the set at once, so what is
// written is the outcome.
#ifndef YETT_SECLANG_AMEND_H
#define YETT_SECLANG_AMEND_H

#include "base/attr.h"
#include "seclang/model.h"

// `ids`: "1", "1-9" or several in quotes.
void seclang_remove_by_id(struct seclang_set *s, const struct seclang_place *place,
                          struct slice ids);
// Rules one of whose actions `action` ("tag", "msg") has a value that the regex `pattern` matches.
void seclang_remove_by_text(struct seclang_set *s, const struct seclang_place *place,
                            const char *action, struct slice pattern);
// Adds the variables to rules: by id when `action` is NULL, else as above. False without memory.
MUST_USE bool seclang_update_targets(struct seclang_set *s, const struct seclang_place *place,
                                     const char *action, struct slice which,
                                     struct slice variables);
// Puts actions in place of those of the same name. False without memory.
MUST_USE bool seclang_update_actions(struct seclang_set *s, const struct seclang_place *place,
                                     struct slice id, struct slice actions);
// Is the number in "1", "1-9", "1,5 8"?
MUST_USE bool seclang_ids_have(struct slice ids, uint64_t number);

#endif

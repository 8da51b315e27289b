// SPDX-License-Identifier: Apache-2.0
// The small languages inside a SecRule: its variables, its operator, its actions.
#ifndef YETT_SECLANG_PARSE_H
#define YETT_SECLANG_PARSE_H

#include "base/attr.h"
#include "seclang/model.h"

// "ARGS|!ARGS:foo|&TX:/^x/|XML:/*". False with a note, or without memory.
MUST_USE bool seclang_parse_variables(struct seclang_set *s, const struct seclang_place *place,
                                      struct slice text, struct seclang_variable **out);
// "!@rx ^a"; without a name it is a regex.
void seclang_parse_operator(struct slice text, struct seclang_link *out);
// "id:1,phase:2,t:none,msg:'it\'s'". False with a note, or without memory.
MUST_USE bool seclang_parse_actions(struct seclang_set *s, const struct seclang_place *place,
                                    struct slice text, struct seclang_action **out);

#endif

// SPDX-License-Identifier: Apache-2.0
// Exclusions as verbs propose them.
#ifndef YETT_CLI_EXCLUSION_H
#define YETT_CLI_EXCLUSION_H

#include "base/json_write.h"
#include "base/slice.h"

// The target of an exclusion that takes out what a record calls `shown`; empty when none spells it
// (a count, say): then only the rule as a whole can be taken out.
struct slice exclusion_target(struct slice shown);
// Members "hosts", "path" and "targets" of the object that is being written; what is empty is left
// out.
void exclusion_write_place(struct json_writer *w, struct slice host, struct slice path,
                           struct slice target);

#endif

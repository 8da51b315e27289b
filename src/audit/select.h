// SPDX-License-Identifier: Apache-2.0
// Which lines a sink takes, by what they say of themselves. Only the writer's thread asks.
#ifndef YETT_AUDIT_SELECT_H
#define YETT_AUDIT_SELECT_H

#include <stdbool.h>

#include "base/slice.h"

// Whether `line`, as audit_record_write made it, has one of `verdicts` (1u << enum audit_verdict).
// 0 takes all. A line without a verdict (the log speaking of itself: losses) is taken always.
bool select_takes(unsigned verdicts, struct slice line);

#endif

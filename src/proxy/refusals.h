// SPDX-License-Identifier: Apache-2.0
// Records of connections that are refused again and again: of each address and reason the first is
// recorded at once, those after it together, every few seconds, by each worker. Belongs to one
// worker.
#ifndef YETT_PROXY_REFUSALS_H
#define YETT_PROXY_REFUSALS_H

#include "base/attr.h"

struct audit_record;
struct proxy_worker;
struct refusals;

// NULL without memory.
MUST_USE struct refusals *refusals_new(struct proxy_worker *w);
void refusals_free(struct refusals **r);
// Records it, or counts it for a sum.
void refusals_record(struct refusals *r, const struct audit_record *record);
// Records all that is only counted so far; what comes from now on is recorded at once.
void refusals_end(struct refusals *r);

#endif

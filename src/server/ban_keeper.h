// SPDX-License-Identifier: Apache-2.0
// Keeps bans in a file, on a thread of its own: after a change at once, but not more than once a
// second, and at the end.
#ifndef YETT_SERVER_BAN_KEEPER_H
#define YETT_SERVER_BAN_KEEPER_H

#include <stdbool.h>

#include "base/attr.h"
#include "policy/snapshot.h"

struct ban_keeper;
struct bans;

// Reads the file into `bans`. One that is no good is told of and set aside, and the table stays
// empty. Before anybody is served.
void ban_keeper_load(struct bans *bans, const struct policy_bans *p);
// NULL with an errno value when the system refuses. `path` is copied.
MUST_USE struct ban_keeper *ban_keeper_start(struct bans *bans, const char *path);
// After the last change was made.
void ban_keeper_stop(struct ban_keeper **k);

#endif

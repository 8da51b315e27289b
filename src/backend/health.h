// SPDX-License-Identifier: Apache-2.0
// Active health checks of one server by one worker: a GET on a connection of its own, verified like
// any other, every interval. `fall` failures in a row make the server sick, `rise` successes well
// again; only changes are told, in one line.
#ifndef YETT_BACKEND_HEALTH_H
#define YETT_BACKEND_HEALTH_H

#include "base/attr.h"

struct backend_health;
struct backend_member;

// Starts checking at once; NULL without memory.
MUST_USE struct backend_health *backend_health_new(struct backend_member *m);
void backend_health_free(struct backend_health **h);

#endif

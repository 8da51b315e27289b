// SPDX-License-Identifier: Apache-2.0
// The process that serves: sockets, worker threads, audit, signals. Everything that can fail fails
// before the first request is taken.
#ifndef YETT_SERVER_SERVER_H
#define YETT_SERVER_SERVER_H

#include "base/attr.h"

struct snapshot;

enum server_result {
    SERVER_STOPPED, // drained after SIGTERM or SIGINT
    SERVER_REFUSED, // the system refused something; one line on stderr said what
};

// Serves until told to stop; the reference is taken over. SIGTERM and SIGINT drain (a second one
// breaks off at once), SIGUSR1 reopens the audit files, SIGHUP does so and goes over to what the
// policy file says now.
MUST_USE enum server_result server_run(struct snapshot *snapshot);

#endif

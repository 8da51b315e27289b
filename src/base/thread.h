// SPDX-License-Identifier: Apache-2.0
// Threads that take no signals: those are for the supervisor alone.
#ifndef YETT_BASE_THREAD_H
#define YETT_BASE_THREAD_H

#include <pthread.h>

#include "base/attr.h"

// Starts `run(arg)` under a name of at most 15 characters; all signals are blocked in it from its
// birth. 0, or an errno value.
MUST_USE int thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *arg);

#endif

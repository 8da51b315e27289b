// SPDX-License-Identifier: Apache-2.0
// Tries at the servers of a backend: choose one, get a connection, send the request, and when that
// fails decide whether another try is safe. Safe means: nothing of the request was written; or the
// method is idempotent, nothing was answered, and the whole body is still at hand. Tries are
// limited per exchange, by a deadline for all of them, and by a budget per backend and worker.
#ifndef YETT_PROXY_ATTEMPT_H
#define YETT_PROXY_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>

struct exchange;

// Begins the first or a further try; ends the exchange when there is no server to try.
void attempt_start(struct exchange *ex);
// Request body octets go to the backend.
void attempt_send_body(struct exchange *ex, const char *octets, size_t len, bool last);
// Gives the connection up, for reuse or closed, and stops the clock.
void attempt_end(struct exchange *ex);

#endif

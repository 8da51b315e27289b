// SPDX-License-Identifier: Apache-2.0
// One HTTP/2 connection to a backend server, and the calls that share it. It lives as long as it
// has calls, and then as long as an unused connection is kept. Once the server has said goodbye, or
// the connection is broken, it takes no further calls.
#ifndef YETT_BACKEND_SESSION_H
#define YETT_BACKEND_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/call.h"
#include "base/list.h"
#include "http2/client.h"
#include "io/loop.h"
#include "io/transport.h"

struct backend_http2_call;

struct backend_session {
    struct list link; // in member->sessions while it takes calls
    struct backend_member *member;
    struct http2_client *h2;
    struct list calls;
    uint32_t call_count;
    struct loop_timer idle;
    struct loop_task output;
    struct loop_task resume;            // goes on reading in the next turn
    struct list answered;               // calls whose head came in what is being read
    struct backend_http2_call *holding; // has the end of what was read last (http2.c)
    unsigned busy;                      // depth of callbacks running: it is not freed under them
    bool feeding;                       // inside feed or produce: output waits
    bool connected;
    bool over;                  // of no use any more; all calls have been told
    struct transport transport; // at the end: TLS needs more room behind it
};

// One that takes a further call, connected or not, or with `fresh` a new one. NULL with a failure.
MUST_USE struct backend_session *backend_session_get(struct backend_member *m, bool fresh,
                                                     struct backend_failure *why);
// A call begins, and ends, to use the session; behind the latter the session may be gone.
void backend_session_join(struct backend_session *s, struct backend_http2_call *c);
void backend_session_leave(struct backend_session *s, struct backend_http2_call *c);
// Begins or goes on with connecting.
void backend_session_connect(struct backend_session *s);
// There is something to send: at the end of this turn, together with what else comes up.
void backend_session_output_soon(struct backend_session *s);
// Reads what has come, for somebody who wants to know whether the session is still alive.
void backend_session_look(struct backend_session *s);
// Says goodbye and closes it; for a session without calls.
void backend_session_close(struct backend_session *s);

#endif

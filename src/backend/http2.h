// SPDX-License-Identifier: Apache-2.0
// Calls over HTTP/2: each is a stream of a session (session.h). What the user does not take at once
// of a response waits here, bounded by the stream's window; what the server does not take of a
// request is bounded as backend_call_pending says.
#ifndef YETT_BACKEND_HTTP2_H
#define YETT_BACKEND_HTTP2_H

#include "backend/call.h"
#include "backend/session.h"
#include "base/octet_queue.h"

struct backend_http2_call {
    struct backend_call call;
    struct http2_client_stream h2;
    struct list link;                // in session->calls
    struct list answered;            // in session->answered
    struct backend_session *session; // NULL: it is over, or the call has left it
    struct slice held;               // while session->holding is this call
    struct octet_queue in, out;
    struct loop_task resume;
    uint64_t sent; // octets of the body that frames have taken
    unsigned busy;
    bool started;
    bool out_last;
    bool must_wait; // too much lies in `out`
    bool starved;   // `out` had no room
};

size_t backend_http2_call_size(void);
// For backend_call_new.
MUST_USE struct backend_call *backend_http2_get(struct backend_member *m, bool fresh,
                                                struct backend_failure *why);

// For the session.
extern const struct http2_client_events backend_http2_events;
void backend_http2_connected(struct backend_http2_call *c);
// The session is over, and told so: `word` and `text`, or what the call's progress says. The call
// has left it.
void backend_http2_session_over(struct backend_http2_call *c, const char *word, const char *text);
// All that was read has been fed: what was held back goes on.
void backend_http2_release_held(struct backend_session *s);
void backend_http2_tell_idle(struct backend_http2_call *c);

#endif

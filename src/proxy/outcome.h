// SPDX-License-Identifier: Apache-2.0
// Every way an exchange or a connection can end for a reason of the gateway's own, in one table, so
// that what the client gets and what the record says cannot disagree. Reasons of the HTTP parsers
// stand in http/reason.h, those of filters in their verdicts; outcome_of_http turns the former into
// one of these.
#ifndef YETT_PROXY_OUTCOME_H
#define YETT_PROXY_OUTCOME_H

#include "audit/record.h"
#include "backend/connection.h"
#include "http/reason.h"

// X(NAME, "word", status, VERDICT, "sentence"); status 0: nothing is answered, the connection just
// ends
#define PROXY_OUTCOMES(X)                                                                          \
    X(ANSWERED, NULL, 0, PASSED, NULL)                                                             \
    X(MISDIRECTED, "misdirected-request", 421, REFUSED,                                            \
      "the host does not belong to the certificate of this connection")                            \
    X(OFFENCES, "http2-offences", 0, REFUSED, "connections of this client went too far too often") \
    X(BANNED, "banned", 403, REFUSED, "the client is banned for what it did before")               \
    X(NO_ROUTE, "no-route", 404, REFUSED, "no route matches host, method and path")                \
    X(METHOD, "method-not-allowed", 405, REFUSED, "the method is not on the list of this policy")  \
    X(NO_WEBSOCKET, "websocket-not-allowed", 403, REFUSED, "no WebSocket on this route")           \
    X(NOT_GRPC, "not-grpc", 415, REFUSED, "this route takes gRPC alone, over HTTP/2")              \
    X(BODY_LIMIT, "body-too-large", 413, REFUSED, "the body is larger than the limit")             \
    X(HEAD_TIMEOUT, "head-timeout", 408, REFUSED, "the request head did not come in time")         \
    X(BODY_TIMEOUT, "body-timeout", 408, REFUSED, "the request body stopped coming")               \
    X(BODY_RATE, "body-too-slow", 408, REFUSED,                                                    \
      "the request body came slower than the minimum rate")                                        \
    X(SEND_TIMEOUT, "send-timeout", 0, ABORTED,                                                    \
      "the client took nothing of the response for too long")                                      \
    X(SEND_RATE, "send-too-slow", 0, ABORTED,                                                      \
      "the client took the response slower than the minimum rate")                                 \
    X(NO_MEMORY, "out-of-memory", 503, REFUSED, "the memory of this exchange is used up")          \
    X(NO_BUFFER, "buffer-memory", 503, REFUSED, "limits.http2.buffer_memory is used up")           \
    X(AUDIT_FULL, "audit-full", 503, REFUSED, "the audit log takes no records for now")            \
    X(OVERLOAD, "offload-queue-full", 503, REFUSED, "too many checks are waiting for a thread")    \
    X(NO_SERVER, "no-server", 503, FAILED, "no server of the backend is left to try")              \
    X(CONNECT_TIMEOUT, "connect-timeout", 504, FAILED,                                             \
      "the backend did not accept the connection in time")                                         \
    X(SEND_STALLED, "backend-send-timeout", 504, FAILED, "the backend stopped taking the request") \
    X(RESPONSE_TIMEOUT, "response-timeout", 504, FAILED, "the backend did not answer in time")     \
    X(RESPONSE_IDLE, "response-stalled", 504, FAILED, "the backend stopped inside its response")   \
    X(UNWRITABLE, "request-not-writable", 502, FAILED,                                             \
      "the request with the gateway's fields is larger than a head may be")                        \
    X(REPLY_UNWRITABLE, "response-not-writable", 502, FAILED,                                      \
      "the response with the gateway's fields is larger than a head may be")                       \
    X(BACKEND_FAILED, "backend-failed", 502, FAILED, "the backend failed")                         \
    X(CLIENT_GONE, "client-gone", 0, ABORTED,                                                      \
      "the client closed before the response was complete")                                        \
    X(STREAM_RESET, "stream-reset", 0, ABORTED, "the client reset the stream")                     \
    X(TUNNEL_IDLE, "tunnel-idle", 0, PASSED, "neither side of the tunnel spoke for too long")      \
    X(TUNNEL_DURATION, "tunnel-max-duration", 0, PASSED, "the tunnel lasted as long as one may")   \
    X(CLIENT_ERROR, "client-connection-error", 0, ABORTED, "the client's connection broke")        \
    X(BODY_INCOMPLETE, "body-incomplete", 0, ABORTED, "the client closed inside the request body") \
    X(DRAINED, "drain-timeout", 503, ABORTED,                                                      \
      "the gateway stopped before the exchange was complete")                                      \
    X(SHED, "shed", 0, REFUSED, "closed in favour of others: the connection table was full")

enum proxy_outcome {
#define X(name, word, status, verdict, text) PROXY_OUTCOME_##name,
    PROXY_OUTCOMES(X)
#undef X
};

// What ended an exchange: filled once, by the first that has something to say.
struct outcome {
    const char *word; // NULL: all went well
    const char *text;
    unsigned status;
    enum audit_verdict verdict;
};

struct outcome outcome_of(enum proxy_outcome o);
struct outcome outcome_of_http(enum http_reason reason);
// A backend failure: 502 with the backend's own word; 503 when the fault is not the backend's.
struct outcome outcome_of_backend(const struct backend_failure *f);

#endif

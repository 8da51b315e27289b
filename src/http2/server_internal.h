// SPDX-License-Identifier: Apache-2.0
// What the two files of a server session share: server.c takes frames, server_send.c makes them.
#ifndef YETT_HTTP2_SERVER_INTERNAL_H
#define YETT_HTTP2_SERVER_INTERNAL_H

#include <nghttp2/nghttp2.h>

#include "http2/server.h"

// Work since the connection began, for the record of one that went too far.
struct http2_counts {
    uint64_t resets_received, resets_sent, control_frames, empty_frames, window_updates;
    uint64_t header_octets; // as HPACK yielded them
};

struct http2_server {
    nghttp2_session *session;
    const struct http2_server_limits *limits;
    const struct http2_server_events *events;
    void *owner;
    struct http2_bucket buckets[HTTP2_WORK_COUNT];
    struct http2_counts counts;
    struct http2_fault fault;
    uint64_t now_ms;
    uint32_t continuations; // of the head that is coming
    int32_t highest;        // stream that the client has begun
    uint64_t used;          // which of the 64 up to it were begun, the highest first
    int32_t head_of;        // stream whose head has begun and is not complete; 0: none
};

// Counts work against its limit; false when it is passed: the connection ends.
MUST_USE bool http2_server_work(struct http2_server *s, enum http2_work work, uint64_t amount,
                                uint64_t total);
void http2_server_send_callbacks(nghttp2_session_callbacks *callbacks);

#endif

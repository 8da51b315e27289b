// SPDX-License-Identifier: Apache-2.0
// A backend of the test's own that speaks HTTP/2 on the socket a scene has accepted, and a user of
// calls who remembers what he is told.
#ifndef YETT_TESTS_SUPPORT_HTTP2_PEER_H
#define YETT_TESTS_SUPPORT_HTTP2_PEER_H

#include <fcntl.h>

#include "http2/server.h"
#include "support/backend_scene.h"

enum { PEER_STREAMS = 4 };

struct peer_stream {
    struct http2_stream h2;
    struct arena arena;
    const char *answer;
    bool closed;
    uint32_t code;
};

struct peer {
    struct backend_scene scene;
    struct http2_server *server;
    struct http2_server_limits limits;
    struct http_head_limits head;
    struct peer_stream streams[PEER_STREAMS];
    size_t count; // requests so far
};

struct peer_user {
    struct backend_call *call;
    struct peer *peer;
    unsigned connects, heads, bodies, idles, failures;
    bool done;
    char body[4096];
    size_t len;
    size_t trailers;
    struct backend_failure failure;
};

// --- the server

static inline struct http2_stream *peer_begin(void *owner)
{
    struct peer *p = owner;
    assert_true(p->count < PEER_STREAMS);
    struct peer_stream *s = &p->streams[p->count++];
    arena_init(&s->arena, NULL, 65536);
    s->h2.arena = &s->arena;
    return &s->h2;
}

static inline void peer_request(struct http2_stream *s)
{
    struct http_request r;
    const struct http_request_options options = {0};
    assert_int_equal(http_request_of_pseudo(&s->head, &options, s->ended, &r), HTTP_REASON_NONE);
}

static inline void peer_body(struct http2_stream *s, struct slice data)
{
    http2_server_consume(s, data.len);
}

static inline void peer_nothing(struct http2_stream *s)
{
    (void)s;
}

static inline void peer_malformed(struct http2_stream *s, enum http_reason reason)
{
    (void)s;
    assert_int_equal(reason, HTTP_REASON_NONE);
}

static inline void peer_close(struct http2_stream *h2, uint32_t code)
{
    struct peer_stream *s = CONTAINER_OF(h2, struct peer_stream, h2);
    s->closed = true;
    s->code = code;
}

static inline size_t peer_pull(struct http2_stream *h2, char *out, size_t cap, bool *last)
{
    struct peer_stream *s = CONTAINER_OF(h2, struct peer_stream, h2);
    size_t len = s->answer ? strlen(s->answer) : 0;
    assert_true(len <= cap);
    memcpy(out, s->answer ? s->answer : "", len);
    *last = s->answer != NULL;
    return len;
}

static inline void peer_init(struct peer *p)
{
    static const struct http2_server_events events = {peer_begin,   peer_request,   peer_body,
                                                      peer_nothing, peer_malformed, peer_nothing,
                                                      peer_close,   peer_pull};
    memset(p, 0, sizeof(*p));
    backend_scene_init(&p->scene);
    p->scene.config.protocol = BACKEND_HTTP_2;
    p->scene.config.http2 = (struct http2_client_limits){.head = &p->scene.config.response_head,
                                                         .max_concurrent_streams = 10,
                                                         .stream_window = 65535,
                                                         .connection_window = 65535};
    backend_scene_start(&p->scene);
    p->head = (struct http_head_limits){
        .start_line = 1024, .field_line = 1024, .field_bytes = 4096, .field_count = 20};
    p->limits = (struct http2_server_limits){.head = &p->head,
                                             .max_concurrent_streams = PEER_STREAMS,
                                             .stream_window = 65535,
                                             .connection_window = 65535,
                                             .header_bomb = 65536,
                                             .continuations = 8};
    p->server = http2_server_new(&p->limits, &events, NULL, p);
    assert_non_null(p->server);
}

static inline void peer_clear(struct peer *p)
{
    backend_scene_clear(&p->scene);
    http2_server_free(&p->server);
    for (size_t i = 0; i < p->count; i++)
        arena_clear(&p->streams[i].arena);
}

// Both sides take their turns until nothing moves.
static inline void peer_turn(struct peer *p)
{
    char octets[16384];
    if (p->scene.accepted >= 0)
        assert_true(fcntl(p->scene.accepted, F_SETFL, O_NONBLOCK) == 0);
    for (int quiet = 0; quiet < 3; quiet++) {
        loop_turn(p->scene.loop, 5);
        ssize_t len = recv(p->scene.accepted, octets, sizeof(octets), 0);
        if (len > 0) {
            quiet = -1;
            (void)!http2_server_feed(p->server, slice_of(octets, (size_t)len), 1);
        }
        for (struct slice out; (out = http2_server_produce(p->server)).len;)
            backend_scene_say(&p->scene, out.ptr, out.len);
    }
}

static inline void peer_answer(struct peer *p, size_t i, const char *body)
{
    const struct http_outgoing m = {.status = 200, .framing = {HTTP_BODY_CHUNKED, 0}};
    p->streams[i].answer = body;
    assert_true(http2_server_respond(&p->streams[i].h2, &m, false));
}

// --- the user

static inline void user_connected(void *owner)
{
    struct peer_user *u = owner;
    const struct http_outgoing m = {
        .method = SLICE("GET"), .path = SLICE("/"), .authority = SLICE("a")};
    u->connects++;
    assert_true(backend_call_send_head(u->call, &m, (struct slice){0}, true));
}

static inline void user_interim(void *owner, const struct http_response *r)
{
    (void)owner;
    (void)r;
}

static inline void user_head(void *owner, struct http_response *r)
{
    ((struct peer_user *)owner)->heads++;
    assert_int_equal(r->status, 200);
}

static inline void user_body(void *owner, struct slice data, bool last)
{
    struct peer_user *u = owner;
    u->bodies++;
    if (data.len)
        memcpy(u->body + u->len, data.ptr, data.len);
    u->len += data.len;
    u->done = last;
    if (last)
        backend_call_release(&u->call);
}

static inline void user_trailers(void *owner, struct http_fields *f)
{
    ((struct peer_user *)owner)->trailers = f->count;
}

static inline void user_idle(void *owner)
{
    ((struct peer_user *)owner)->idles++;
}

static inline void user_drained(void *owner)
{
    (void)owner;
}

static inline void user_failure(void *owner, const struct backend_failure *f)
{
    struct peer_user *u = owner;
    u->failures++;
    u->failure = *f;
    backend_call_release(&u->call);
}

static inline void user_begin(struct peer_user *u, struct peer *p, bool fresh)
{
    static const struct backend_events events = {user_connected, user_interim, user_head,
                                                 user_trailers,  user_body,    user_idle,
                                                 user_drained,   user_failure};
    struct backend_failure why;
    *u = (struct peer_user){.peer = p};
    u->call = backend_call_new(backend_scene_member(&p->scene), fresh, &why);
    assert_non_null(u->call);
    backend_call_start(u->call, &events, u, &p->scene.arena, 4);
}

#endif

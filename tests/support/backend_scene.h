// SPDX-License-Identifier: Apache-2.0
// One backend whose only server is a listening socket of the test itself, on loopback: the test
// accepts what the gateway's side connects and says octet by octet what is answered.
#ifndef YETT_TESTS_SUPPORT_BACKEND_SCENE_H
#define YETT_TESTS_SUPPORT_BACKEND_SCENE_H

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/call.h"
#include "backend/group.h"
#include "backend/http2.h"
#include "http2/memory.h"
#include "io/loop.h"
#include "io/socket.h"
#include "support/unit.h"

struct backend_scene {
    struct loop *loop;
    struct io_context io;
    struct backend_context context;
    struct backend_server server;
    struct backend_config config;
    struct backend_group *groups;
    struct arena arena;
    struct pool octets;
    int listener, accepted; // -1: nobody has connected
};

// The config may be changed before backend_scene_start.
static inline void backend_scene_init(struct backend_scene *s)
{
    struct addr at;
    *s = (struct backend_scene){.accepted = -1};
    assert_true(addr_parse_with_port(SLICE("127.0.0.1:0"), false, &at));
    s->listener = socket_listen(&at, 8);
    assert_true(s->listener >= 0 && socket_local(s->listener, &at));
    s->loop = loop_new();
    assert_non_null(s->loop);
    assert_true(io_context_init(&s->io, s->loop));
    s->server = (struct backend_server){.addresses = {at}, .address_count = 1, .weight = 1};
    s->config = (struct backend_config){
        .servers = &s->server,
        .server_count = 1,
        .keep_ms = 60000,
        .keep_max = 4,
        .response_head = {.start_line = 1024,
                          .field_line = 1024,
                          .field_bytes = 4096,
                          .field_count = 20},
    };
    s->context.io = &s->io;
    s->context.bulk = malloc(IO_BULK);
    s->context.head_out = malloc(BACKEND_HEAD_OUT);
    assert_true(s->context.bulk && s->context.head_out);
    pool_init(&s->context.buffers, 8192, 16, 4);
    pool_init(&s->context.http2_calls, backend_http2_call_size(), 16, 4);
    pool_init(&s->octets, OCTET_BLOCK, 16, 4);
    s->context.octets = &s->octets;
    s->context.http2_in = malloc(IO_BULK);
    buf_new(&s->context.http2_out, 65536);
    s->context.http2_memory = http2_memory_new();
    assert_true(s->context.http2_in && s->context.http2_memory);
    arena_init(&s->arena, NULL, 65536);
}

static inline void backend_scene_start(struct backend_scene *s)
{
    s->groups = backend_groups_new(&s->context, &s->config, 1);
    assert_non_null(s->groups);
}

// The server hangs up.
static inline void backend_scene_hang_up(struct backend_scene *s)
{
    if (s->accepted >= 0)
        close(s->accepted);
    s->accepted = -1;
}

static inline void backend_scene_clear(struct backend_scene *s)
{
    backend_groups_free(&s->groups, 1);
    arena_clear(&s->arena);
    pool_clear(&s->context.buffers);
    pool_clear(&s->context.http2_calls);
    pool_clear(&s->octets);
    buf_free(&s->context.http2_out);
    free(s->context.http2_in);
    http2_memory_free(&s->context.http2_memory);
    free(s->context.bulk);
    free(s->context.head_out);
    io_context_clear(&s->io);
    loop_free(&s->loop);
    backend_scene_hang_up(s);
    if (s->listener >= 0)
        close(s->listener);
}

static inline struct backend_member *backend_scene_member(struct backend_scene *s)
{
    return &s->groups[0].members[0];
}

// Turns the loop until the flag is as wanted; a second without it is a failure.
static inline void backend_scene_until(struct backend_scene *s, const bool *flag, bool wanted)
{
    for (int i = 0; i < 100 && *flag != wanted; i++)
        loop_turn(s->loop, 10);
    assert_int_equal(*flag, wanted);
}

// Takes the connection that waits, or will within a second.
static inline void backend_scene_accept(struct backend_scene *s)
{
    for (int i = 0; i < 100 && s->accepted < 0; i++) {
        loop_turn(s->loop, 10);
        s->accepted = accept(s->listener, NULL, NULL);
    }
    assert_true(s->accepted >= 0);
}

static inline void backend_scene_say(struct backend_scene *s, const char *octets, size_t len)
{
    assert_int_equal(send(s->accepted, octets, len, MSG_NOSIGNAL), len);
}

#endif

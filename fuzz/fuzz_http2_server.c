// SPDX-License-Identifier: Apache-2.0
// Raw frames into a server session. The first octet says in how large pieces they come. Every
// request is answered; every stream that began must end, and the session's word about it be true.
#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "http2/memory.h"
#include "http2/server.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

enum { STREAMS_MAX = 8, BODY = 100 };

struct stream {
    struct http2_stream h2;
    struct arena arena;
    size_t left, place;
};

static struct stream *streams[STREAMS_MAX]; // that are open

static const struct http_head_limits head_limits = {
    .start_line = 256, .field_line = 200, .field_bytes = 800, .field_count = 12};

static struct http2_stream *on_begin(void *owner)
{
    (void)owner;
    size_t place = 0;
    while (place < STREAMS_MAX && streams[place])
        place++;
    if (place == STREAMS_MAX)
        return NULL;
    struct stream *s = streams[place] = calloc(1, sizeof(*s));
    CHECK(s);
    arena_init(&s->arena, NULL, 1 << 20);
    s->h2.arena = &s->arena;
    s->left = BODY;
    s->place = place;
    return &s->h2;
}

static void on_request(struct http2_stream *h2)
{
    static const struct http_request_options options = {.is_tls = true};
    struct http_request r;
    if (http_request_of_pseudo(&h2->head, &options, h2->ended, &r) != HTTP_REASON_NONE) {
        h2->deaf = true;
        http2_server_reset(h2, HTTP2_PROTOCOL_ERROR);
        return;
    }
    CHECK(r.method.len && r.path.len && r.authority.len);
    const struct http_outgoing m = {.status = 200, .framing = {HTTP_BODY_LENGTH, BODY}};
    CHECK(http2_server_respond(h2, &m, false));
}

static void on_body(struct http2_stream *h2, struct slice data)
{
    http2_server_consume(h2, data.len);
}

static void on_end(struct http2_stream *h2)
{
    CHECK(h2->ended && h2->head.reason == HTTP_REASON_NONE);
}

static void on_early_end(struct http2_stream *h2)
{
    CHECK(h2->deaf && !h2->ended && h2->finished);
    http2_server_reset(h2, HTTP2_NO_ERROR);
}

static void on_malformed(struct http2_stream *h2, enum http_reason reason)
{
    CHECK(h2->deaf && reason != HTTP_REASON_NONE);
}

static void on_close(struct http2_stream *h2, uint32_t code)
{
    struct stream *s = CONTAINER_OF(h2, struct stream, h2);
    (void)code;
    streams[s->place] = NULL;
    arena_clear(&s->arena);
    free(s);
}

static size_t pull(struct http2_stream *h2, char *out, size_t cap, bool *last)
{
    struct stream *s = CONTAINER_OF(h2, struct stream, h2);
    size_t len = s->left < cap ? s->left : cap;
    memset(out, 'x', len);
    s->left -= len;
    *last = s->left == 0;
    return len;
}

static const struct http2_server_events events = {
    .on_begin = on_begin,
    .on_request = on_request,
    .on_body = on_body,
    .on_end = on_end,
    .on_malformed = on_malformed,
    .on_early_end = on_early_end,
    .on_close = on_close,
    .pull = pull,
};

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const struct http2_server_limits limits = {
        .head = &head_limits,
        .max_concurrent_streams = 100,
        .stream_window = 65535,
        .connection_window = 65535,
        .header_bomb = 4096,
        .continuations = 4,
        .work = {[HTTP2_WORK_RESETS] = {20, 10000},
                 [HTTP2_WORK_CONTROL] = {50, 10000},
                 [HTTP2_WORK_EMPTY] = {20, 10000},
                 [HTTP2_WORK_UPDATES] = {50, 10000},
                 [HTTP2_WORK_HEADERS] = {1 << 20, 10000}}};
    if (size < 1)
        return 0;
    size_t piece = (size_t)data[0] + 1;
    struct slice in = slice_from(slice_of(data, size), 1);
    struct http2_memory *memory = http2_memory_new();
    CHECK(memory);
    struct http2_server *s = http2_server_new(&limits, &events, memory, NULL);
    CHECK(s);
    enum http2_feed fed = HTTP2_FEED_OK;
    while (in.len && fed == HTTP2_FEED_OK) {
        fed = http2_server_feed(s, slice_first(in, piece), 1000);
        in = slice_from(in, piece);
        while (http2_server_produce(s).len)
            ;
    }
    CHECK(fed != HTTP2_FEED_ABUSE || http2_server_fault(s).word);
    // nghttp2 tells of no end when the session goes: what is open is the owner's to free.
    http2_server_free(&s);
    for (size_t i = 0; i < STREAMS_MAX; i++)
        if (streams[i])
            on_close(&streams[i]->h2, 0);
    http2_memory_free(&memory);
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// A server session with somebody on top who remembers what he is told, and frames to feed it with.
#ifndef YETT_TESTS_SUPPORT_HTTP2_SCENE_H
#define YETT_TESTS_SUPPORT_HTTP2_SCENE_H

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "http2/memory.h"
#include "http2/server.h"

enum { SCENE_STREAMS = 4, SCENE_BODY_MAX = 256 };

enum scene_frame {
    SCENE_DATA,
    SCENE_HEADERS,
    SCENE_RST = 3,
    SCENE_SETTINGS,
    SCENE_PING = 6,
    SCENE_UPDATE = 8
};

struct scene_stream {
    struct http2_stream h2;
    struct arena arena;
    struct http_request request;
    enum http_reason reason, malformed;
    char body[SCENE_BODY_MAX];
    size_t body_len;
    const char *answer; // what is pulled
    unsigned requests, ends, closes;
    uint32_t code;
};

struct scene {
    struct http2_memory *memory;
    struct http2_server *server;
    struct scene_stream streams[SCENE_STREAMS];
    size_t count;
    struct buf in, out;
};

static inline struct scene_stream *scene_of(struct http2_stream *h2)
{
    return CONTAINER_OF(h2, struct scene_stream, h2);
}

static inline struct http2_stream *scene_begin(void *owner)
{
    struct scene *s = owner;
    if (s->count == SCENE_STREAMS)
        return NULL;
    struct scene_stream *stream = &s->streams[s->count++];
    arena_init(&stream->arena, NULL, 1 << 20);
    stream->h2.arena = &stream->arena;
    return &stream->h2;
}

static inline void scene_request(struct http2_stream *h2)
{
    static const struct http_request_options options = {.is_tls = true};
    struct scene_stream *s = scene_of(h2);
    s->requests++;
    s->reason = http_request_of_pseudo(&h2->head, &options, h2->ended, &s->request);
    h2->has_length = s->request.framing.kind == HTTP_BODY_LENGTH;
    h2->length = s->request.framing.length;
}

static inline void scene_body(struct http2_stream *h2, struct slice data)
{
    struct scene_stream *s = scene_of(h2);
    assert_true(data.len <= SCENE_BODY_MAX - s->body_len);
    memcpy(s->body + s->body_len, data.ptr, data.len);
    s->body_len += data.len;
    http2_server_consume(h2, data.len);
}

static inline void scene_end(struct http2_stream *h2)
{
    scene_of(h2)->ends++;
}

static inline void scene_malformed(struct http2_stream *h2, enum http_reason reason)
{
    scene_of(h2)->malformed = reason;
}

static inline void scene_early_end(struct http2_stream *h2)
{
    http2_server_reset(h2, HTTP2_NO_ERROR);
}

static inline void scene_close(struct http2_stream *h2, uint32_t code)
{
    scene_of(h2)->closes++;
    scene_of(h2)->code = code;
}

static inline size_t scene_pull(struct http2_stream *h2, char *out, size_t cap, bool *last)
{
    struct scene_stream *s = scene_of(h2);
    size_t len = s->answer ? strlen(s->answer) : 0;
    len = len < cap ? len : cap;
    memcpy(out, s->answer ? s->answer : "", len);
    if (s->answer)
        s->answer += len;
    *last = s->answer && !*s->answer;
    return len;
}

static inline void scene_init(struct scene *s, const struct http2_server_limits *limits)
{
    static const struct http2_server_events events = {scene_begin, scene_request,   scene_body,
                                                      scene_end,   scene_malformed, scene_early_end,
                                                      scene_close, scene_pull};
    memset(s, 0, sizeof(*s));
    s->memory = http2_memory_new();
    s->server = http2_server_new(limits, &events, s->memory, s);
    assert_non_null(s->server);
    buf_new(&s->in, 1 << 20);
    buf_new(&s->out, 1 << 20);
}

static inline void scene_clear(struct scene *s)
{
    http2_server_free(&s->server);
    http2_memory_free(&s->memory);
    for (size_t i = 0; i < s->count; i++)
        arena_clear(&s->streams[i].arena);
    buf_free(&s->in);
    buf_free(&s->out);
}

static inline void scene_frame(struct scene *s, enum scene_frame type, unsigned flags,
                               uint32_t stream, struct slice payload)
{
    const char head[9] = {(char)(payload.len >> 16),
                          (char)(payload.len >> 8),
                          (char)payload.len,
                          (char)type,
                          (char)flags,
                          (char)(stream >> 24),
                          (char)(stream >> 16),
                          (char)(stream >> 8),
                          (char)stream};
    buf_slice(&s->in, slice_of(head, sizeof(head)));
    buf_slice(&s->in, payload);
}

static inline void scene_text(struct buf *block, const char *text)
{
    buf_char(block, (char)strlen(text));
    buf_str(block, text);
}

// Fields as name, value, ..., NULL; as literals with new names (RFC 7541, 6.2.2).
static inline void scene_headers(struct scene *s, uint32_t stream, bool end,
                                 const char *const *fields)
{
    char memory[1024];
    struct buf block;
    buf_init(&block, memory, sizeof(memory));
    for (; *fields; fields += 2) {
        buf_char(&block, 0);
        scene_text(&block, fields[0]);
        scene_text(&block, fields[1]);
    }
    scene_frame(s, SCENE_HEADERS, 4u | (end ? 1u : 0u), stream, buf_view(&block));
}

static inline void scene_greet(struct scene *s)
{
    buf_str(&s->in, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    scene_frame(s, SCENE_SETTINGS, 0, 0, (struct slice){0});
}

// Feeds what was collected in pieces of that size, and collects what is answered.
static inline enum http2_feed scene_feed(struct scene *s, size_t piece)
{
    struct slice in = buf_view(&s->in);
    enum http2_feed fed = HTTP2_FEED_OK;
    while (in.len && fed == HTTP2_FEED_OK) {
        fed = http2_server_feed(s->server, slice_first(in, piece), 1000);
        in = slice_from(in, piece);
    }
    for (struct slice out = http2_server_produce(s->server); out.len;
         out = http2_server_produce(s->server))
        buf_slice(&s->out, out);
    buf_reset(&s->in);
    return fed;
}

// The payload of the first frame of a type (on a stream) in what was answered; NULL without.
static inline bool scene_answer(const struct scene *s, unsigned type, uint32_t stream,
                                unsigned *flags, struct slice *payload)
{
    struct slice out = slice_of(s->out.data, s->out.len);
    while (out.len >= 9) {
        const unsigned char *h = (const unsigned char *)out.ptr;
        size_t len = (size_t)h[0] << 16 | (size_t)h[1] << 8 | h[2];
        uint32_t of = (uint32_t)h[5] << 24 | (uint32_t)h[6] << 16 | (uint32_t)h[7] << 8 | h[8];
        *flags = h[4];
        *payload = slice_first(slice_from(out, 9), len);
        if (h[3] == type && of == stream)
            return true;
        out = slice_from(out, 9 + len);
    }
    return false;
}

#endif

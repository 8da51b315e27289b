// SPDX-License-Identifier: Apache-2.0
// Raw frames from a server into a client session with requests under way. The first octet says in
// how large pieces they come. What the session tells of a response must be true of it.
#include "base/arena.h"
#include "base/check.h"
#include "http2/client.h"
#include "http2/memory.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

enum { STREAMS = 3 };

static struct http2_client_stream streams[STREAMS];

static const struct http_head_limits head_limits = {
    .start_line = 256, .field_line = 200, .field_bytes = 800, .field_count = 12};

static void on_interim(struct http2_client_stream *s)
{
    CHECK(s->response.status >= 100 && s->response.status < 200 && s->response.status != 101);
    CHECK(!s->head_done && !s->deaf);
}

static void on_response(struct http2_client_stream *s)
{
    CHECK(s->response.status >= 200 && s->response.status <= 599);
    CHECK(s->head.reason == HTTP_REASON_NONE && !s->deaf);
}

static void on_body(struct http2_client_stream *s, struct slice data)
{
    CHECK(s->head_done && !s->ended && (!s->has_length || s->received <= s->length));
    http2_client_consume(s, data.len);
}

static void on_end(struct http2_client_stream *s)
{
    CHECK(s->ended && (!s->has_length || s->received == s->length));
}

static void on_malformed(struct http2_client_stream *s, enum http_reason reason)
{
    CHECK(s->deaf && reason != HTTP_REASON_NONE);
}

static void on_close(struct http2_client_stream *s, uint32_t code)
{
    (void)code;
    CHECK(!s->client);
}

static size_t pull(struct http2_client_stream *s, char *out, size_t cap, bool *last)
{
    (void)s;
    CHECK(cap > 0);
    out[0] = 'x';
    *last = true;
    return 1;
}

static const struct http2_client_events events = {
    .on_interim = on_interim,
    .on_response = on_response,
    .on_body = on_body,
    .on_end = on_end,
    .on_malformed = on_malformed,
    .on_close = on_close,
    .pull = pull,
};

static void ask(struct http2_client *c, struct arena *arena)
{
    static const struct slice methods[STREAMS] = {SLICE_INIT("GET"), SLICE_INIT("POST"),
                                                  SLICE_INIT("HEAD")};
    for (size_t i = 0; i < STREAMS; i++) {
        streams[i] = (struct http2_client_stream){.arena = arena};
        const struct http_outgoing m = {
            .method = methods[i], .path = SLICE("/"), .authority = SLICE("a")};
        CHECK(http2_client_request(c, &streams[i], &m, SLICE("https"), i != 1));
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const struct http2_client_limits limits = {.head = &head_limits,
                                                      .max_concurrent_streams = 10,
                                                      .stream_window = 65535,
                                                      .connection_window = 65535};
    if (size < 1)
        return 0;
    size_t piece = (size_t)data[0] + 1;
    struct slice in = slice_from(slice_of((const char *)data, size), 1);
    struct http2_memory *memory = http2_memory_new();
    struct arena arena;
    arena_init(&arena, NULL, 1 << 20);
    CHECK(memory);
    struct http2_client *c = http2_client_new(&limits, &events, memory, NULL);
    CHECK(c);
    ask(c, &arena);
    bool goes_on = true;
    while (http2_client_produce(c).len)
        ;
    while (in.len && goes_on) {
        goes_on = http2_client_feed(c, slice_first(in, piece));
        in = slice_from(in, piece);
        while (http2_client_produce(c).len)
            ;
    }
    http2_client_free(&c);
    http2_memory_free(&memory);
    arena_clear(&arena);
    return 0;
}

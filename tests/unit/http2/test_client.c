// SPDX-License-Identifier: Apache-2.0
// Against a server of the library's own, which is told to say what no server should.
#include "http2/client.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "support/unit.h"

enum { STREAMS = 2, TEXT_MAX = 4096, FIELDS_MAX = 6 };

static const struct http_head_limits head_limits = {
    .start_line = 256, .field_line = 512, .field_bytes = 2048, .field_count = 8};
static const struct http2_client_limits limits = {.head = &head_limits,
                                                  .max_concurrent_streams = 10,
                                                  .stream_window = 1000,
                                                  .connection_window = 65535};

struct stream {
    struct http2_client_stream h2;
    const char *send;
    char body[TEXT_MAX];
    size_t body_len;
    unsigned interims, responses, ends, closes;
    enum http_reason malformed;
    uint32_t code;
};

struct fixture {
    struct http2_client *client;
    nghttp2_session *server;
    struct arena arena;
    struct stream streams[STREAMS];
    char seen[TEXT_MAX]; // by the server: "name: value\n", DATA as it is, "RST code\n"
    struct buf text;
};

static struct stream *of(struct http2_client_stream *s)
{
    return CONTAINER_OF(s, struct stream, h2);
}

static void on_interim(struct http2_client_stream *s)
{
    of(s)->interims++;
}

static void on_response(struct http2_client_stream *s)
{
    of(s)->responses++;
}

static void on_body(struct http2_client_stream *s, struct slice data)
{
    struct stream *stream = of(s);
    memcpy(stream->body + stream->body_len, data.ptr, data.len);
    stream->body_len += data.len;
}

static void on_end(struct http2_client_stream *s)
{
    of(s)->ends++;
}

static void on_malformed(struct http2_client_stream *s, enum http_reason reason)
{
    of(s)->malformed = reason;
}

static void on_close(struct http2_client_stream *s, uint32_t code)
{
    of(s)->closes++;
    of(s)->code = code;
}

static size_t pull(struct http2_client_stream *s, char *out, size_t cap, bool *last)
{
    struct stream *stream = of(s);
    size_t len = stream->send ? strlen(stream->send) : 0;
    assert_true(len <= cap);
    memcpy(out, stream->send ? stream->send : "", len);
    *last = stream->send != NULL;
    return len;
}

static const struct http2_client_events events = {on_interim,   on_response, on_body, on_end,
                                                  on_malformed, on_close,    pull};

static int server_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                         size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                         void *user)
{
    struct fixture *f = user;
    (void)session;
    (void)frame;
    (void)flags;
    buf_slice(&f->text, slice_of((const char *)name, name_len));
    buf_str(&f->text, ": ");
    buf_slice(&f->text, slice_of((const char *)value, value_len));
    buf_str(&f->text, "\n");
    return 0;
}

static int server_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                       size_t len, void *user)
{
    struct fixture *f = user;
    (void)session;
    (void)flags;
    (void)id;
    buf_slice(&f->text, slice_of((const char *)data, len));
    return 0;
}

static int server_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct fixture *f = user;
    (void)session;
    if (frame->hd.type == NGHTTP2_RST_STREAM)
        buf_printf(&f->text, "RST %u\n", frame->rst_stream.error_code);
    else if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM &&
             (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA))
        buf_str(&f->text, "END\n");
    return 0;
}

static void pump(struct fixture *f)
{
    for (bool moved = true; moved;) {
        moved = false;
        struct slice out = http2_client_produce(f->client);
        if (out.len) {
            assert_int_equal(nghttp2_session_mem_recv(f->server, (const uint8_t *)out.ptr, out.len),
                             out.len);
            moved = true;
        }
        const uint8_t *back;
        ssize_t len = nghttp2_session_mem_send(f->server, &back);
        if (len > 0) {
            (void)!http2_client_feed(f->client, slice_of((const char *)back, (size_t)len));
            moved = true;
        }
    }
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    assert_non_null(f);
    buf_init(&f->text, f->seen, sizeof(f->seen));
    arena_init(&f->arena, NULL, 1 << 20);
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, server_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, server_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, server_frame);
    nghttp2_option_new(&option);
    nghttp2_option_set_no_http_messaging(option, 1);
    nghttp2_session_server_new2(&f->server, callbacks, f, option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    const nghttp2_settings_entry one = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS};
    nghttp2_submit_settings(f->server, NGHTTP2_FLAG_NONE, &one, 1);
    f->client = http2_client_new(&limits, &events, NULL, f);
    assert_non_null(f->client);
    for (size_t i = 0; i < STREAMS; i++)
        f->streams[i].h2.arena = &f->arena;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    http2_client_free(&f->client);
    nghttp2_session_del(f->server);
    arena_clear(&f->arena);
    free(f);
    return 0;
}

static struct stream *ask(struct fixture *f, size_t i, const char *method, bool last)
{
    const struct http_outgoing m = {.method = slice_str(method),
                                    .path = SLICE("/a"),
                                    .query = SLICE("b=c"),
                                    .has_query = true,
                                    .authority = SLICE("x.example")};
    assert_true(http2_client_request(f->client, &f->streams[i].h2, &m, SLICE("https"), last));
    pump(f);
    return &f->streams[i];
}

struct field {
    const char *name, *value;
};

static size_t fields_of(const struct field *from, nghttp2_nv *to)
{
    size_t count = 0;
    for (; count < FIELDS_MAX && from[count].name; count++)
        to[count] = (nghttp2_nv){(uint8_t *)(uintptr_t)from[count].name,
                                 (uint8_t *)(uintptr_t)from[count].value, strlen(from[count].name),
                                 strlen(from[count].value), NGHTTP2_NV_FLAG_NONE};
    return count;
}

static void say_head(struct fixture *f, const struct stream *s, const struct field *fields,
                     bool last)
{
    nghttp2_nv nv[FIELDS_MAX];
    size_t count = fields_of(fields, nv);
    nghttp2_submit_headers(f->server, last ? NGHTTP2_FLAG_END_STREAM : NGHTTP2_FLAG_NONE, s->h2.id,
                           NULL, nv, count, NULL);
    pump(f);
}

static ssize_t read_text(nghttp2_session *session, int32_t id, uint8_t *out, size_t cap,
                         uint32_t *flags, nghttp2_data_source *source, void *user)
{
    const char *text = source->ptr;
    size_t len = strlen(text);
    (void)session;
    (void)id;
    (void)user;
    len = len < cap ? len : cap;
    memcpy(out, text, len);
    source->ptr = (void *)(uintptr_t)(text + len);
    if (!text[len])
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)len;
}

static void say_body(struct fixture *f, const struct stream *s, const char *text, bool last)
{
    const nghttp2_data_provider body = {.source = {.ptr = (void *)(uintptr_t)text},
                                        .read_callback = read_text};
    nghttp2_submit_data(f->server, last ? NGHTTP2_FLAG_END_STREAM : NGHTTP2_FLAG_NONE, s->h2.id,
                        &body);
    pump(f);
}

static const struct field ok[] = {{":status", "200"}, {NULL, NULL}};

static void writes_a_request(void **state)
{
    struct fixture *f = *state;
    struct http_field items[] = {{.name = SLICE_INIT("X-Check"), .value = SLICE_INIT("7")}};
    const struct http_fields trailers = {items, 1};
    struct stream *s = ask(f, 0, "POST", false);
    s->send = "body";
    assert_true(http2_client_set_trailers(&s->h2, &trailers));
    http2_client_resume(&s->h2);
    pump(f);
    ASSERT_SLICE(buf_view(&f->text), SLICE(":method: POST\n:scheme: https\n:authority: x.example\n"
                                           ":path: /a?b=c\nbodyx-check: 7\nEND\n"));
    assert_true(s->h2.finished);
}

static void reads_a_response_with_trailers(void **state)
{
    struct fixture *f = *state;
    static const struct field early[] = {{":status", "103"}, {"link", "</a>"}, {NULL, NULL}};
    static const struct field last[] = {{"grpc-status", "0"}, {"set-cookie", "a=b"}, {NULL, NULL}};
    struct stream *s = ask(f, 0, "GET", true);
    say_head(f, s, early, false);
    assert_int_equal(s->interims, 1);
    say_head(f, s, ok, false);
    assert_int_equal(s->responses, 1);
    assert_int_equal(s->h2.response.status, 200);
    say_body(f, s, "hello", false);
    say_head(f, s, last, true);
    ASSERT_SLICE(slice_of(s->body, s->body_len), SLICE("hello"));
    assert_int_equal(s->ends, 1);
    assert_int_equal(s->h2.head.fields.count, 1);
    ASSERT_SLICE(s->h2.head.fields.items[0].name, SLICE("grpc-status"));
    assert_int_equal(s->closes, 1);
    assert_int_equal(s->code, HTTP2_NO_ERROR);
    assert_int_equal(s->malformed, HTTP_REASON_NONE);
}

static void refuses_what_is_no_response(void **state)
{
    static const struct {
        struct field head[FIELDS_MAX];
        const char *body; // NULL: the head ends the stream
        struct field trailers[FIELDS_MAX];
        enum http_reason reason;
    } cases[] = {
        {{{"a", "b"}}, "", {{0}}, HTTP_REASON_PSEUDO_FIELD},
        {{{":status", "101"}}, "", {{0}}, HTTP_REASON_SWITCHING_PROTOCOLS},
        {{{":status", "100"}}, NULL, {{0}}, HTTP_REASON_STATUS_CODE},
        {{{":status", "200"}, {"a", "1\n2"}}, "", {{0}}, HTTP_REASON_CONTROL},
        {{{":status", "200"}, {"connection", "close"}}, "", {{0}}, HTTP_REASON_CONNECTION_SPECIFIC},
        {{{":status", "200"}, {"content-length", "4"}},
         "12345",
         {{0}},
         HTTP_REASON_LENGTH_MISMATCH},
        {{{":status", "200"}, {"content-length", "4"}}, "123", {{0}}, HTTP_REASON_LENGTH_MISMATCH},
        {{{":status", "200"}, {"content-length", "4"}}, NULL, {{0}}, HTTP_REASON_LENGTH_MISMATCH},
        {{{":status", "204"}}, "1", {{0}}, HTTP_REASON_LENGTH_MISMATCH},
        {{{":status", "200"}}, "1", {{":status", "200"}}, HTTP_REASON_PSEUDO_FIELD},
        {{{":status", "200"}}, "1", {{"content-length", "1"}}, HTTP_REASON_TRAILER},
        {{{":status", "200"}}, "1", {{"connection", "close"}}, HTTP_REASON_TRAILER},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        void *own = NULL;
        set_up(&own);
        struct fixture *f = own;
        struct stream *s = ask(f, 0, "GET", true);
        say_head(f, s, cases[i].head, !cases[i].body);
        if (cases[i].body)
            say_body(f, s, cases[i].body, !cases[i].trailers[0].name);
        if (cases[i].trailers[0].name)
            say_head(f, s, cases[i].trailers, true);
        if (s->malformed != cases[i].reason)
            print_error("case %zu\n", i);
        assert_int_equal(s->malformed, cases[i].reason);
        assert_int_equal(s->ends, 0);
        assert_non_null(memmem(f->text.data, f->text.len, "RST 1\n", 6));
        tear_down(&own);
    }
}

static void sends_no_more_than_it_is_let(void **state)
{
    struct fixture *f = *state;
    static char large[2001];
    memset(large, 'x', sizeof(large) - 1);
    struct stream *s = ask(f, 0, "GET", true);
    say_head(f, s, ok, false);
    say_body(f, s, large, true);
    assert_int_equal(s->body_len, 1000);
    http2_client_consume(&s->h2, 1000);
    pump(f);
    assert_int_equal(s->body_len, 2000);
    assert_int_equal(s->ends, 1);
}

static void knows_when_a_server_takes_no_more(void **state)
{
    struct fixture *f = *state;
    pump(f);
    assert_true(http2_client_has_room(f->client));
    struct stream *first = ask(f, 0, "GET", true);
    struct stream *second = ask(f, 1, "GET", true);
    assert_false(http2_client_has_room(f->client));
    assert_false(http2_client_is_leaving(f->client));
    nghttp2_submit_goaway(f->server, NGHTTP2_FLAG_NONE, first->h2.id, NGHTTP2_NO_ERROR, NULL, 0);
    pump(f);
    assert_true(http2_client_is_leaving(f->client));
    assert_int_equal(second->closes, 1);
    assert_int_equal(second->code, HTTP2_REFUSED_STREAM);
    assert_int_equal(first->closes, 0);
    say_head(f, first, ok, true);
    assert_int_equal(first->responses, 1);
    assert_true(first->h2.ended);
}

static void resets_what_its_owner_forgets(void **state)
{
    struct fixture *f = *state;
    struct stream *s = ask(f, 0, "GET", true);
    http2_client_forget(&s->h2, HTTP2_CANCEL);
    pump(f);
    assert_non_null(memmem(f->text.data, f->text.len, "RST 8\n", 6));
    assert_int_equal(s->closes, 0);
    assert_string_equal(http2_code_name(HTTP2_CANCEL), "CANCEL");
}

static void ends_for_a_header_bomb(void **state)
{
    struct fixture *f = *state;
    static char value[4000];
    memset(value, 'v', sizeof(value) - 1);
    const struct field bomb[] = {{":status", "200"}, {"a", value}, {"b", value},
                                 {"c", value},       {"d", value}, {"e", value}};
    struct stream *s = ask(f, 0, "GET", true);
    say_head(f, s, bomb, true);
    assert_string_equal(http2_client_fault(f->client).word, "http2-header-bomb");
    assert_int_equal(s->responses, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_a_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_a_response_with_trailers, set_up, tear_down),
        cmocka_unit_test(refuses_what_is_no_response),
        cmocka_unit_test_setup_teardown(sends_no_more_than_it_is_let, set_up, tear_down),
        cmocka_unit_test_setup_teardown(knows_when_a_server_takes_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(resets_what_its_owner_forgets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ends_for_a_header_bomb, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

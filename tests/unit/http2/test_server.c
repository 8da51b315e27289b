// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "support/http2_scene.h"

#define GET  ":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "/x?y"
#define POST ":method", "POST", ":scheme", "https", ":authority", "a.example", ":path", "/"

static const struct http_head_limits head = {
    .start_line = 256, .field_line = 256, .field_bytes = 1024, .field_count = 10};

static const struct http2_server_limits limits = {.head = &head,
                                                  .max_concurrent_streams = 100,
                                                  .stream_window = 65535,
                                                  .connection_window = 65535,
                                                  .header_bomb = 4096,
                                                  .continuations = 2,
                                                  .work = {[HTTP2_WORK_RESETS] = {3, 10000},
                                                           [HTTP2_WORK_CONTROL] = {5, 10000},
                                                           [HTTP2_WORK_EMPTY] = {3, 10000},
                                                           [HTTP2_WORK_UPDATES] = {5, 10000},
                                                           [HTTP2_WORK_HEADERS] = {100000, 10000}}};

static const char *const get[] = {GET, NULL};
static const char *const post[] = {POST, NULL};

// Whole, and octet by octet: the facts must not depend on how the octets came.
static const size_t pieces[] = {1 << 20, 1, 7};

static void yields_requests(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        struct scene s;
        scene_init(&s, &limits);
        scene_greet(&s);
        scene_headers(&s, 1, true, get);
        scene_headers(&s, 3, false, post);
        scene_frame(&s, SCENE_DATA, 0, 3, SLICE("abc"));
        scene_frame(&s, SCENE_DATA, 1, 3, SLICE("def"));
        assert_int_equal(scene_feed(&s, pieces[i]), HTTP2_FEED_OK);
        assert_int_equal(s.count, 2);
        assert_int_equal(s.streams[0].reason, HTTP_REASON_NONE);
        ASSERT_SLICE(s.streams[0].request.path, SLICE("/x"));
        ASSERT_SLICE(s.streams[0].request.query, SLICE("y"));
        assert_int_equal(s.streams[0].ends, 0);
        assert_int_equal(s.streams[1].ends, 1);
        ASSERT_SLICE(slice_of(s.streams[1].body, s.streams[1].body_len), SLICE("abcdef"));
        scene_clear(&s);
    }
    (void)state;
}

static void takes_trailers(void **state)
{
    static const char *const good[] = {"x-sum", "1", NULL};
    struct scene s;
    scene_init(&s, &limits);
    scene_greet(&s);
    scene_headers(&s, 1, false, post);
    scene_frame(&s, SCENE_DATA, 0, 1, SLICE("abc"));
    scene_headers(&s, 1, true, good);
    assert_int_equal(scene_feed(&s, 1), HTTP2_FEED_OK);
    assert_int_equal(s.streams[0].ends, 1);
    ASSERT_SLICE(s.streams[0].h2.head.fields.items[0].name, SLICE("x-sum"));
    scene_clear(&s);
    (void)state;
}

static void blames_bodies_that_break_the_rules(void **state)
{
    static const char *const three[] = {POST, "content-length", "3", NULL};
    static const char *const bad_trailer[] = {"content-length", "3", NULL};
    static const char *const trailer[] = {"x", "3", NULL};
    static const struct {
        const char *const *fields;
        const char *data;
        const char *const *trailers;
        bool end_of_data, end_of_trailers;
        enum http_reason reason;
    } cases[] = {
        {three, "ab", NULL, true, false, HTTP_REASON_LENGTH_MISMATCH},
        {three, "abcd", NULL, false, false, HTTP_REASON_LENGTH_MISMATCH},
        {three, "ab", trailer, false, true, HTTP_REASON_LENGTH_MISMATCH},
        {post, "ab", bad_trailer, false, true, HTTP_REASON_TRAILER},
        {post, "ab", trailer, false, false, HTTP_REASON_TRAILER},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scene s;
        struct slice payload;
        unsigned flags;
        scene_init(&s, &limits);
        scene_greet(&s);
        scene_headers(&s, 1, false, cases[i].fields);
        scene_frame(&s, SCENE_DATA, cases[i].end_of_data, 1, slice_str(cases[i].data));
        if (cases[i].trailers)
            scene_headers(&s, 1, cases[i].end_of_trailers, cases[i].trailers);
        assert_int_equal(scene_feed(&s, 1 << 20), HTTP2_FEED_OK);
        assert_int_equal(s.streams[0].malformed, cases[i].reason);
        assert_int_equal(s.streams[0].ends, 0);
        assert_true(scene_answer(&s, SCENE_RST, 1, &flags, &payload));
        ASSERT_SLICE(payload, slice_of("\0\0\0\1", 4));
        assert_int_equal(s.streams[0].closes, 1);
        scene_clear(&s);
    }
    (void)state;
}

static void flood_with(struct scene *s, enum scene_frame type, unsigned flags, struct slice payload)
{
    for (unsigned i = 0; i < 10; i++)
        scene_frame(s, type, flags, type == SCENE_DATA ? 1 : 0, payload);
}

static void ends_what_goes_too_far(void **state)
{
    static const struct {
        enum scene_frame type;
        struct slice payload;
        const char *word;
        uint64_t count;
    } cases[] = {
        {SCENE_PING, SLICE_INIT("12345678"), "http2-control-frames", 6},
        {SCENE_SETTINGS, SLICE_INIT(""), "http2-control-frames", 6},
        {(enum scene_frame)0x77, SLICE_INIT("x"), "http2-control-frames", 6},
        {SCENE_DATA, SLICE_INIT(""), "http2-empty-frames", 4},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scene s;
        struct slice payload;
        unsigned flags;
        scene_init(&s, &limits);
        scene_greet(&s);
        scene_headers(&s, 1, false, post);
        flood_with(&s, cases[i].type, 0, cases[i].payload);
        assert_int_equal(scene_feed(&s, 1 << 20), HTTP2_FEED_ABUSE);
        assert_string_equal(http2_server_fault(s.server).word, cases[i].word);
        assert_int_equal(http2_server_fault(s.server).count, cases[i].count);
        assert_true(scene_answer(&s, 7, 0, &flags, &payload)); // GOAWAY, ENHANCE_YOUR_CALM
        ASSERT_SLICE(slice_first(slice_from(payload, 4), 4), slice_of("\0\0\0\x0b", 4));
        scene_clear(&s);
    }
    (void)state;
}

static void counts_resets(void **state)
{
    struct scene s;
    scene_init(&s, &limits);
    scene_greet(&s);
    for (unsigned i = 0; i < 4; i++) {
        scene_headers(&s, 1 + 2 * i, true, get);
        scene_frame(&s, SCENE_RST, 0, 1 + 2 * i, slice_of("\0\0\0\x08", 4));
    }
    assert_int_equal(scene_feed(&s, 1 << 20), HTTP2_FEED_ABUSE);
    assert_string_equal(http2_server_fault(s.server).word, "http2-resets");
    assert_int_equal(s.streams[0].closes, 1);
    assert_int_equal(s.streams[0].code, HTTP2_CANCEL);
    scene_clear(&s);
    (void)state;
}

static void does_not_open_what_was_passed_over(void **state)
{
    struct scene s;
    scene_init(&s, &limits);
    scene_greet(&s);
    scene_headers(&s, 5, true, get);
    scene_headers(&s, 3, true, get);
    assert_int_equal(scene_feed(&s, 1 << 20), HTTP2_FEED_ABUSE);
    assert_string_equal(http2_server_fault(s.server).word, "http2-protocol-error");
    assert_int_equal(s.count, 1);
    scene_clear(&s);
    (void)state;
}

static void knows_that_a_head_is_coming(void **state)
{
    struct scene s;
    scene_init(&s, &limits);
    scene_greet(&s);
    scene_frame(&s, SCENE_HEADERS, 0, 1, slice_of("\x82", 1)); // no END_HEADERS
    assert_int_equal(scene_feed(&s, 1 << 20), HTTP2_FEED_OK);
    assert_true(http2_server_is_in_head(s.server));
    scene_frame(&s, (enum scene_frame)9, 4, 1, slice_of("\x84\x87\x41\x01g", 5));
    assert_int_equal(scene_feed(&s, 1 << 20), HTTP2_FEED_OK);
    assert_false(http2_server_is_in_head(s.server));
    assert_int_equal(s.streams[0].reason, HTTP_REASON_NONE);
    scene_clear(&s);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yields_requests),
        cmocka_unit_test(takes_trailers),
        cmocka_unit_test(blames_bodies_that_break_the_rules),
        cmocka_unit_test(ends_what_goes_too_far),
        cmocka_unit_test(counts_resets),
        cmocka_unit_test(does_not_open_what_was_passed_over),
        cmocka_unit_test(knows_that_a_head_is_coming),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

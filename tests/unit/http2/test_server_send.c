// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "support/http2_scene.h"

static const struct http_head_limits head = {
    .start_line = 256, .field_line = 256, .field_bytes = 1024, .field_count = 10};

static const struct http2_server_limits limits = {.head = &head,
                                                  .max_concurrent_streams = 100,
                                                  .stream_window = 65535,
                                                  .connection_window = 65535,
                                                  .header_bomb = 4096,
                                                  .continuations = 2};

static void ask(struct scene *s, bool end)
{
    static const char *const get[] = {":method", "GET",   ":scheme", "https", ":authority",
                                      "a",       ":path", "/",       NULL};
    scene_init(s, &limits);
    scene_greet(s);
    scene_headers(s, 1, end, get);
    assert_int_equal(scene_feed(s, 1 << 20), HTTP2_FEED_OK);
    buf_reset(&s->out);
}

static void sends_head_and_body(void **state)
{
    struct http_added_field added = {SLICE("X-Upper"), SLICE("v"), NULL};
    const struct http_outgoing m = {
        .status = 200, .added = &added, .framing = {HTTP_BODY_LENGTH, 5}};
    struct scene s;
    struct slice payload;
    unsigned flags;
    ask(&s, true);
    s.streams[0].answer = "hello";
    assert_true(http2_server_respond(&s.streams[0].h2, &m, false));
    assert_int_equal(scene_feed(&s, 1), HTTP2_FEED_OK);
    assert_true(scene_answer(&s, SCENE_HEADERS, 1, &flags, &payload));
    assert_int_equal(flags, 4);
    assert_int_equal((unsigned char)payload.ptr[0], 0x88); // :status 200 of the static table
    assert_true(slice_find(payload, SLICE("X-Upper")) == payload.len);
    assert_true(scene_answer(&s, SCENE_DATA, 1, &flags, &payload));
    assert_int_equal(flags, 1);
    ASSERT_SLICE(payload, SLICE("hello"));
    assert_int_equal(s.streams[0].closes, 1);
    assert_int_equal(s.streams[0].code, 0);
    scene_clear(&s);
    (void)state;
}

static void waits_for_octets(void **state)
{
    const struct http_outgoing m = {.status = 200, .framing = {HTTP_BODY_CHUNKED, 0}};
    struct scene s;
    struct slice payload;
    unsigned flags;
    ask(&s, true);
    assert_true(http2_server_respond(&s.streams[0].h2, &m, false));
    assert_int_equal(scene_feed(&s, 1), HTTP2_FEED_OK);
    assert_false(scene_answer(&s, SCENE_DATA, 1, &flags, &payload));
    s.streams[0].answer = "late";
    http2_server_resume(&s.streams[0].h2);
    assert_int_equal(scene_feed(&s, 1), HTTP2_FEED_OK);
    assert_true(scene_answer(&s, SCENE_DATA, 1, &flags, &payload));
    ASSERT_SLICE(payload, SLICE("late"));
    scene_clear(&s);
    (void)state;
}

static void stops_a_request_that_is_answered(void **state)
{
    const struct http_outgoing m = {.status = 403, .framing = {HTTP_BODY_LENGTH, 0}};
    struct scene s;
    struct slice payload;
    unsigned flags;
    ask(&s, false);
    assert_true(http2_server_respond(&s.streams[0].h2, &m, true));
    assert_int_equal(scene_feed(&s, 1), HTTP2_FEED_OK);
    assert_true(scene_answer(&s, SCENE_HEADERS, 1, &flags, &payload));
    assert_int_equal(flags, 5);
    assert_true(scene_answer(&s, SCENE_RST, 1, &flags, &payload));
    ASSERT_SLICE(payload, slice_of("\0\0\0\0", 4));
    scene_clear(&s);
    (void)state;
}

static void refuses_what_no_response_may_have(void **state)
{
    struct http_added_field split = {SLICE("x"), SLICE("a\r\nb"), NULL};
    struct http_added_field name = {SLICE("x y"), SLICE("a"), NULL};
    const struct http_outgoing bad[] = {{.status = 200, .added = &split},
                                        {.status = 200, .added = &name},
                                        {.status = 101},
                                        {.status = 600}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct scene s;
        ask(&s, true);
        assert_false(http2_server_respond(&s.streams[0].h2, &bad[i], true));
        scene_clear(&s);
    }
    (void)state;
}

static void says_that_the_end_comes(void **state)
{
    struct scene s;
    struct slice payload;
    unsigned flags;
    ask(&s, true);
    http2_server_warn_of_end(s.server);
    assert_int_equal(scene_feed(&s, 1), HTTP2_FEED_OK);
    assert_true(scene_answer(&s, 7, 0, &flags, &payload));
    ASSERT_SLICE(slice_first(payload, 4), slice_of("\x7f\xff\xff\xff", 4));
    buf_reset(&s.out);
    http2_server_end(s.server, HTTP2_NO_ERROR);
    assert_int_equal(scene_feed(&s, 1), HTTP2_FEED_OK);
    assert_true(scene_answer(&s, 7, 0, &flags, &payload));
    ASSERT_SLICE(payload, slice_of("\0\0\0\1\0\0\0\0", 8));
    assert_false(http2_server_is_over(s.server)); // stream 1 may finish
    scene_clear(&s);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_head_and_body),
        cmocka_unit_test(waits_for_octets),
        cmocka_unit_test(stops_a_request_that_is_answered),
        cmocka_unit_test(refuses_what_no_response_may_have),
        cmocka_unit_test(says_that_the_end_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

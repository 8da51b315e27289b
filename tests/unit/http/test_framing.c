// SPDX-License-Identifier: Apache-2.0
// The body reader. The decision list itself is tested with whole heads, in test_request.c and
// test_response.c; here only what heads cannot show.
#include "feed.h"

#include "http/framing.h"

struct reading {
    enum http_body_step step;
    char data[256];
    size_t len;
    size_t consumed;
};

static void read_piece(struct http_body_reader *r, struct slice in, struct reading *out)
{
    struct edge e = edge_copy(in);
    struct slice rest = e.text;
    do {
        size_t consumed;
        struct slice data;
        out->step = http_body_read(r, rest, &consumed, &data);
        assert_true(consumed <= rest.len);
        assert_true(out->step != HTTP_BODY_MORE || consumed == rest.len);
        assert_true(out->len + data.len <= sizeof out->data);
        if (data.len > 0)
            memcpy(out->data + out->len, data.ptr, data.len);
        out->len += data.len;
        out->consumed += consumed;
        rest = slice_from(rest, consumed);
    } while (out->step == HTTP_BODY_DATA);
    edge_free(&e);
}

static struct reading read_cut(struct http_body_reader *r, const struct http_framing *framing,
                               uint64_t limit, struct slice in, size_t cut)
{
    struct reading out = {.step = HTTP_BODY_MORE};
    http_body_reader_init(r, framing, limit);
    read_piece(r, slice_first(in, cut), &out);
    if (out.step == HTTP_BODY_MORE)
        read_piece(r, slice_from(in, cut), &out);
    return out;
}

static const struct {
    const char *name;
    struct http_framing framing;
    uint64_t limit;
    struct slice in;
    enum http_body_step step;
    enum http_reason reason;
    size_t consumed;
    struct slice data;
} bodies[] = {
    {"none",
     {HTTP_BODY_NONE, 0},
     9,
     SLICE_INIT("GET"),
     HTTP_BODY_DONE,
     HTTP_REASON_NONE,
     0,
     SLICE_INIT("")},
    {"length of HEAD",
     {HTTP_BODY_NONE, 5},
     9,
     SLICE_INIT("GET"),
     HTTP_BODY_DONE,
     HTTP_REASON_NONE,
     0,
     SLICE_INIT("")},
    {"length 0",
     {HTTP_BODY_LENGTH, 0},
     9,
     SLICE_INIT("GET"),
     HTTP_BODY_DONE,
     HTTP_REASON_NONE,
     0,
     SLICE_INIT("")},
    {"length 5",
     {HTTP_BODY_LENGTH, 5},
     9,
     SLICE_INIT("helloGET"),
     HTTP_BODY_DONE,
     HTTP_REASON_NONE,
     5,
     SLICE_INIT("hello")},
    {"length of the limit",
     {HTTP_BODY_LENGTH, 5},
     5,
     SLICE_INIT("hello"),
     HTTP_BODY_DONE,
     HTTP_REASON_NONE,
     5,
     SLICE_INIT("hello")},
    {"length missing two",
     {HTTP_BODY_LENGTH, 5},
     9,
     SLICE_INIT("hel"),
     HTTP_BODY_MORE,
     HTTP_REASON_NONE,
     3,
     SLICE_INIT("hel")},
    {"length past the limit",
     {HTTP_BODY_LENGTH, 6},
     5,
     SLICE_INIT("hello!"),
     HTTP_BODY_BAD,
     HTTP_REASON_BODY_LIMIT,
     0,
     SLICE_INIT("")},
    {"chunked",
     {HTTP_BODY_CHUNKED, 0},
     9,
     SLICE_INIT("5\r\nhello\r\n0\r\n\r\nGET"),
     HTTP_BODY_DONE,
     HTTP_REASON_NONE,
     15,
     SLICE_INIT("hello")},
    {"chunked to the limit",
     {HTTP_BODY_CHUNKED, 0},
     5,
     SLICE_INIT("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
     HTTP_BODY_DONE,
     HTTP_REASON_NONE,
     20,
     SLICE_INIT("hello")},
    {"chunked past the limit",
     {HTTP_BODY_CHUNKED, 0},
     5,
     SLICE_INIT("2\r\nhe\r\n4\r\nllo!\r\n"),
     HTTP_BODY_BAD,
     HTTP_REASON_BODY_LIMIT,
     9,
     SLICE_INIT("he")},
    {"size past the limit, bad extension",
     {HTTP_BODY_CHUNKED, 0},
     5,
     SLICE_INIT("6;\x01"),
     HTTP_BODY_BAD,
     HTTP_REASON_BODY_LIMIT,
     2,
     SLICE_INIT("")},
    {"bad size past the limit",
     {HTTP_BODY_CHUNKED, 0},
     5,
     SLICE_INIT("6x"),
     HTTP_BODY_BAD,
     HTTP_REASON_CHUNK_SIZE,
     2,
     SLICE_INIT("")},
    {"chunked, broken",
     {HTTP_BODY_CHUNKED, 0},
     9,
     SLICE_INIT("2\r\nhe0"),
     HTTP_BODY_BAD,
     HTTP_REASON_CHUNK_END,
     6,
     SLICE_INIT("he")},
    {"to the close",
     {HTTP_BODY_CLOSE, 0},
     9,
     SLICE_INIT("hello"),
     HTTP_BODY_MORE,
     HTTP_REASON_NONE,
     5,
     SLICE_INIT("hello")},
    {"to the close, past the limit",
     {HTTP_BODY_CLOSE, 0},
     4,
     SLICE_INIT("hello"),
     HTTP_BODY_BAD,
     HTTP_REASON_BODY_LIMIT,
     4,
     SLICE_INIT("hell")},
};

static void reads_exactly_the_body_in_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        print_message("%s\n", bodies[i].name);
        for (size_t cut = 0; cut <= bodies[i].in.len; cut++) {
            struct http_body_reader r;
            struct reading got =
                read_cut(&r, &bodies[i].framing, bodies[i].limit, bodies[i].in, cut);
            assert_int_equal(got.step, bodies[i].step);
            ASSERT_REASON(r.reason, bodies[i].reason);
            assert_int_equal(got.consumed, bodies[i].consumed);
            assert_int_equal(r.received, got.len);
            ASSERT_SLICE(slice_of(got.data, got.len), bodies[i].data);
        }
    }
}

static const struct {
    const char *name;
    struct http_framing framing;
    struct slice in;
    bool orderly;
    bool is_complete;
} ends[] = {
    {"none", {HTTP_BODY_NONE, 0}, SLICE_INIT(""), false, true},
    {"length reached", {HTTP_BODY_LENGTH, 2}, SLICE_INIT("ab"), false, true},
    {"length not reached", {HTTP_BODY_LENGTH, 3}, SLICE_INIT("ab"), true, false},
    {"chunked whole", {HTTP_BODY_CHUNKED, 0}, SLICE_INIT("0\r\n\r\n"), false, true},
    {"chunked, no last chunk", {HTTP_BODY_CHUNKED, 0}, SLICE_INIT("1\r\na\r\n"), true, false},
    {"chunked, no empty line", {HTTP_BODY_CHUNKED, 0}, SLICE_INIT("1\r\na\r\n0\r\n"), true, false},
    {"close, orderly", {HTTP_BODY_CLOSE, 0}, SLICE_INIT("ab"), true, true},
    {"close, cut off", {HTTP_BODY_CLOSE, 0}, SLICE_INIT("ab"), false, false},
    {"close, empty", {HTTP_BODY_CLOSE, 0}, SLICE_INIT(""), true, true},
};

static void only_its_own_framing_completes_a_body(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        print_message("%s\n", ends[i].name);
        struct http_body_reader r;
        struct reading got = read_cut(&r, &ends[i].framing, 99, ends[i].in, ends[i].in.len);
        assert_true(got.step == HTTP_BODY_DONE || got.step == HTTP_BODY_MORE);
        assert_int_equal(http_body_end(&r, ends[i].orderly), ends[i].is_complete);
        ASSERT_REASON(r.reason,
                      ends[i].is_complete ? HTTP_REASON_NONE : HTTP_REASON_BODY_INCOMPLETE);
    }
}

static void a_refused_body_is_never_complete(void **state)
{
    (void)state;
    struct http_body_reader r;
    struct reading got =
        read_cut(&r, &(struct http_framing){.kind = HTTP_BODY_CHUNKED}, 9, SLICE("x"), 1);
    assert_int_equal(got.step, HTTP_BODY_BAD);
    assert_false(http_body_end(&r, true));
    ASSERT_REASON(r.reason, HTTP_REASON_CHUNK_SIZE);
    size_t consumed;
    struct slice data;
    assert_int_equal(http_body_read(&r, SLICE("0\r\n\r\n"), &consumed, &data), HTTP_BODY_BAD);
    assert_int_equal(consumed, 0);
}

static void no_fields_mean_no_request_body_and_a_response_to_the_close(void **state)
{
    (void)state;
    const struct http_fields none = {0};
    struct http_framing framing;
    ASSERT_REASON(http_framing_of_request(&none, 1, &framing), HTTP_REASON_NONE);
    assert_int_equal(framing.kind, HTTP_BODY_NONE);
    ASSERT_REASON(http_framing_of_response(&none, 1, 200, false, &framing), HTTP_REASON_NONE);
    assert_int_equal(framing.kind, HTTP_BODY_CLOSE);
}

static void dropped_fields_still_frame(void **state)
{
    (void)state;
    // A filter that takes a field out of what is forwarded must not change where the body ends.
    struct http_field length = {.name = SLICE("Content-Length"),
                                .value = SLICE("7"),
                                .id = HTTP_FIELD_CONTENT_LENGTH,
                                .flags = HTTP_FIELD_DROP};
    const struct http_fields f = {.items = &length, .count = 1};
    struct http_framing framing;
    ASSERT_REASON(http_framing_of_request(&f, 1, &framing), HTTP_REASON_NONE);
    assert_int_equal(framing.length, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_exactly_the_body_in_every_split),
        cmocka_unit_test(only_its_own_framing_completes_a_body),
        cmocka_unit_test(a_refused_body_is_never_complete),
        cmocka_unit_test(no_fields_mean_no_request_body_and_a_response_to_the_close),
        cmocka_unit_test(dropped_fields_still_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

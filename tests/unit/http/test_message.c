// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include "support/unit.h"

enum { ROOM = 1024 };

struct heading {
    const char *name;
    struct http_outgoing message;
    const char *want;
};

static struct http_field some[] = {
    {.name = SLICE_INIT("ETag"), .value = SLICE_INIT("\"1\"")},
    {.name = SLICE_INIT("Server"), .value = SLICE_INIT("own"), .flags = HTTP_FIELD_DROP},
    {.name = SLICE_INIT("Vary"), .value = SLICE_INIT("")},
};
static const struct http_fields fields = {some, ARRAY_LEN(some)};
static struct http_added_field second = {SLICE_INIT("Date"), SLICE_INIT("now"), NULL};
static struct http_added_field first = {SLICE_INIT("Server"), SLICE_INIT("gateway"), &second};

static const struct heading responses[] = {
    {"fields, then ours, then framing",
     {.status = 200, .fields = &fields, .added = &first, .framing = {HTTP_BODY_LENGTH, 5}},
     "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nVary: \r\nServer: gateway\r\nDate: now\r\n"
     "Content-Length: 5\r\n\r\n"},
    {"chunked and closed",
     {.status = 200, .framing = {HTTP_BODY_CHUNKED, 0}, .close = true},
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"},
    {"a length that is only announced",
     {.status = 304, .framing = {HTTP_BODY_NONE, 7}},
     "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"},
    {"kept for HTTP/1.0",
     {.status = 204, .keep_alive_10 = true},
     "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n"},
};

static void writes_responses(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(responses); i++) {
        char space[ROOM];
        struct buf out;
        buf_init(&out, space, sizeof(space));
        http_write_response_head(&out, &responses[i].message);
        assert_false(out.failed);
        ASSERT_SLICE(buf_view(&out), slice_str(responses[i].want));
    }
    (void)state;
}

static void no_head_is_longer_than_foretold(void **state)
{
    for (unsigned status = 100; status < 600; status++) {
        char space[ROOM];
        struct buf out;
        struct http_outgoing m = {
            .status = status,
            .fields = &fields,
            .added = &first,
            .framing = {HTTP_BODY_LENGTH, UINT64_MAX},
            .close = true,
        };
        buf_init(&out, space, sizeof(space));
        http_write_response_head(&out, &m);
        assert_false(out.failed);
        assert_true(out.len <= http_response_head_most(&m));
    }
    (void)state;
}

static void writes_requests(void **state)
{
    char space[ROOM];
    struct buf out;
    const struct http_outgoing m = {
        .method = SLICE("PUT"),
        .path = SLICE("/a%20b"),
        .query = SLICE("c=d"),
        .has_query = true,
        .authority = SLICE("a.test"),
        .fields = &fields,
        .added = &second,
        .framing = {HTTP_BODY_CHUNKED, 0},
    };
    buf_init(&out, space, sizeof(space));
    http_write_request_head(&out, &m);
    ASSERT_SLICE(buf_view(&out),
                 SLICE("PUT /a%20b?c=d HTTP/1.1\r\nHost: a.test\r\nETag: \"1\"\r\n"
                       "Vary: \r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n"));
    (void)state;
}

static void refuses_what_would_split(void **state)
{
    char space[ROOM];
    struct buf out;
    struct http_added_field bad = {SLICE_INIT("X"), SLICE_INIT("a\r\nb: c"), NULL};
    const struct http_outgoing m = {.status = 200, .added = &bad};
    buf_init(&out, space, sizeof(space));
    http_write_response_head(&out, &m);
    assert_true(out.failed);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_responses),
        cmocka_unit_test(no_head_is_longer_than_foretold),
        cmocka_unit_test(writes_requests),
        cmocka_unit_test(refuses_what_would_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

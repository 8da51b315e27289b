// SPDX-License-Identifier: Apache-2.0
// Written messages, and what must never be written.
#include "support/unit.h"

#include "http/serialize.h"

static void writes_request_heads(void **state)
{
    (void)state;
    char storage[512];
    struct buf out;
    struct http_field items[] = {
        {.name = SLICE("host"), .value = SLICE("a")},
        {.name = SLICE("X-Gone"), .value = SLICE("1"), .flags = HTTP_FIELD_DROP},
        {.name = SLICE("X-A"), .value = SLICE("1")},
        {.name = SLICE("x-a"), .value = SLICE("")},
        {.name = SLICE("X-B"), .value = SLICE("\tb \xff")},
    };
    const struct http_fields f = {.items = items, .count = ARRAY_LEN(items)};
    buf_init(&out, storage, sizeof storage);
    http_write_request_line(&out, SLICE("GET"), SLICE("/a%20b"), true, SLICE("c=d"));
    http_write_fields(&out, &f);
    http_write_framing(&out, &(struct http_framing){.kind = HTTP_BODY_LENGTH, .length = 12});
    http_write_end(&out);
    assert_false(out.failed);
    ASSERT_SLICE(buf_view(&out),
                 SLICE("GET /a%20b?c=d HTTP/1.1\r\nhost: a\r\nX-A: 1\r\nx-a: \r\nX-B: \tb \xff\r\n"
                       "Content-Length: 12\r\n\r\n"));
}

static void an_empty_query_keeps_its_mark(void **state)
{
    (void)state;
    char storage[64];
    struct buf out;
    buf_init(&out, storage, sizeof storage);
    http_write_request_line(&out, SLICE("GET"), SLICE("/"), true, SLICE(""));
    ASSERT_SLICE(buf_view(&out), SLICE("GET /? HTTP/1.1\r\n"));
    buf_reset(&out);
    http_write_request_line(&out, SLICE("OPTIONS"), SLICE("*"), false, SLICE(""));
    ASSERT_SLICE(buf_view(&out), SLICE("OPTIONS * HTTP/1.1\r\n"));
}

static void writes_status_lines_and_framing(void **state)
{
    (void)state;
    char storage[256];
    struct buf out;
    buf_init(&out, storage, sizeof storage);
    http_write_status_line(&out, 404);
    http_write_framing(&out, &(struct http_framing){.kind = HTTP_BODY_CHUNKED});
    http_write_framing(&out, &(struct http_framing){.kind = HTTP_BODY_NONE, .length = 3});
    http_write_framing(&out, &(struct http_framing){.kind = HTTP_BODY_CLOSE});
    http_write_status_line(&out, 299);
    ASSERT_SLICE(
        buf_view(&out),
        SLICE("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\nHTTP/1.1 299 Success\r\n"));
}

static const struct http_field splitters[] = {
    {.name = SLICE_INIT("A"), .value = SLICE_INIT("b\r\nC: d")},
    {.name = SLICE_INIT("A"), .value = SLICE_INIT("b\nC: d")},
    {.name = SLICE_INIT("A"), .value = SLICE_INIT("b\r")},
    {.name = SLICE_INIT("A"), .value = SLICE_INIT("b\0")},
    {.name = SLICE_INIT("A"), .value = SLICE_INIT("twelve octets, then\x0b")},
    {.name = SLICE_INIT("A"), .value = SLICE_INIT("\x7f")},
    {.name = SLICE_INIT("A\r\nB"), .value = SLICE_INIT("c")},
    {.name = SLICE_INIT("A "), .value = SLICE_INIT("c")},
    {.name = SLICE_INIT("A:"), .value = SLICE_INIT("c")},
    {.name = SLICE_INIT(""), .value = SLICE_INIT("c")},
};

static void refuses_fields_that_would_split_a_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(splitters); i++) {
        char storage[256];
        struct buf out;
        buf_init(&out, storage, sizeof storage);
        http_write_field(&out, splitters[i].name, splitters[i].value);
        assert_true(out.failed);
        assert_int_equal(out.len, 0);
    }
}

static void refuses_start_lines_that_would_split_a_message(void **state)
{
    (void)state;
    static const struct {
        struct slice method, path, query;
    } lines[] = {
        {SLICE_INIT(""), SLICE_INIT("/"), SLICE_INIT("")},
        {SLICE_INIT("GET /x"), SLICE_INIT("/"), SLICE_INIT("")},
        {SLICE_INIT("GET"), SLICE_INIT(""), SLICE_INIT("")},
        {SLICE_INIT("GET"), SLICE_INIT("/ HTTP/1.1"), SLICE_INIT("")},
        {SLICE_INIT("GET"), SLICE_INIT("/\r\nA: b"), SLICE_INIT("")},
        {SLICE_INIT("GET"), SLICE_INIT("/\xc3\xa9"), SLICE_INIT("")},
        {SLICE_INIT("GET"), SLICE_INIT("/"), SLICE_INIT("a b")},
        {SLICE_INIT("GET"), SLICE_INIT("/"), SLICE_INIT("a\0")},
        {SLICE_INIT("GET"), SLICE_INIT("/"), SLICE_INIT("\x7f")},
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        char storage[256];
        struct buf out;
        buf_init(&out, storage, sizeof storage);
        http_write_request_line(&out, lines[i].method, lines[i].path, true, lines[i].query);
        assert_true(out.failed);
        assert_int_equal(out.len, 0);
    }
    for (unsigned status = 0; status <= 1000; status++) {
        char storage[256];
        struct buf out;
        buf_init(&out, storage, sizeof storage);
        http_write_status_line(&out, status);
        assert_int_equal(out.failed, status < 100 || status > 599);
    }
}

static void a_full_buffer_is_told(void **state)
{
    (void)state;
    char storage[16];
    struct buf out;
    buf_init(&out, storage, sizeof storage);
    http_write_field(&out, SLICE("Name"), SLICE("12345678"));
    assert_false(out.failed);
    assert_int_equal(out.len, 16);
    http_write_end(&out);
    assert_true(out.failed);
    buf_reset(&out);
    http_write_field(&out, SLICE("Name"), SLICE("123456789"));
    assert_true(out.failed);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_request_heads),
        cmocka_unit_test(an_empty_query_keeps_its_mark),
        cmocka_unit_test(writes_status_lines_and_framing),
        cmocka_unit_test(refuses_fields_that_would_split_a_message),
        cmocka_unit_test(refuses_start_lines_that_would_split_a_message),
        cmocka_unit_test(a_full_buffer_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

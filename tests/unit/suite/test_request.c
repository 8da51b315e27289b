// SPDX-License-Identifier: Apache-2.0
// Inputs of tests as requests.
#include "support/unit.h"

#include "base/arena.h"
#include "suite/request.h"

static const struct {
    const char *input, *request;
    bool is_old;
} cases[] = {
    {"{}", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", false},
    {"{method: HEAD, uri: /a?b, version: HTTP/1.0, headers: {b: 2, A: 1}, stop_magic: true}",
     "HEAD /a?b HTTP/1.0\r\nA: 1\r\nb: 2\r\n\r\n", false},
    {"{ordered_headers: [{name: b, value: 1}, {name: a, value: 2}], autocomplete_headers: false}",
     "GET / HTTP/1.1\r\nb: 1\r\na: 2\r\n\r\n", false},
    {"{method: POST, data: 'a=b c&d==<'}",
     "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: "
     "close\r\nContent-Length: 14\r\n\r\na=b+c&d=%3D%3C",
     false},
    {"{method: POST, data: 'a=%20b'}",
     "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: "
     "close\r\nContent-Length: 6\r\n\r\na=%20b",
     false},
    {"{method: POST}", "POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", false},
    {"{method: POST}", "POST / HTTP/1.1\r\nConnection: close\r\n\r\n", true},
    {"{method: POST, headers: {Content-Type: text/plain, content-length: 9}, data: [a, b]}",
     "POST / HTTP/1.1\r\nContent-Type: text/plain\r\ncontent-length: 9\r\nConnection: "
     "close\r\n\r\na\r\nb",
     false},
    {"{headers: {Content-Type: multipart/form-data; boundary=x}, data: \"a\\nb\"}",
     "GET / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nConnection: "
     "close\r\nContent-Length: 4\r\n\r\na\r\nb",
     false},
    {"{headers: {Content-Type: multipart/form-data; boundary=x}, data: \"a\\r\\nb\"}",
     "GET / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nConnection: "
     "close\r\nContent-Length: 4\r\n\r\na\r\nb",
     true},
    {"{headers: {Content-Type: text/plain}, data: 'x{{ \"ab\" | repeat 3 }}y{{'}",
     "GET / HTTP/1.1\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: "
     "10\r\n\r\nxabababy{{",
     false},
    {"{headers: {Content-Type: text/plain}, encoded_data: AP8=}",
     "GET / HTTP/1.1\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 2\r\n\r\n",
     false},
    {"{encoded_request: R0VUIC8gSFRUUC8xLjENCg0K}", "GET / HTTP/1.1\r\n\r\n", false},
};

static void writes_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct buf out;
        char why[SUITE_WHY_MAX];
        unsigned line;
        arena_init(&arena, NULL, 1024 * 1024);
        buf_new(&out, 64 * 1024);
        const struct suite_yaml *input =
            suite_yaml_read(slice_str(cases[i].input), &arena, why, &line);
        assert_non_null(input);
        assert_true(suite_request_write(input, cases[i].is_old, &out, why));
        struct slice got = buf_view(&out);
        if (slice_ends(got, slice_of("\0\xff", 2))) // of encoded_data, which no string can hold
            got.len -= 2;
        ASSERT_SLICE(got, slice_str(cases[i].request));
        buf_free(&out);
        arena_clear(&arena);
    }
}

static void refuses_what_is_no_base64(void **state)
{
    struct arena arena;
    struct buf out;
    char why[SUITE_WHY_MAX];
    unsigned line;
    (void)state;
    arena_init(&arena, NULL, 1024 * 1024);
    buf_new(&out, 64 * 1024);
    const struct suite_yaml *input =
        suite_yaml_read(SLICE("{encoded_request: '!!'}"), &arena, why, &line);
    assert_non_null(input);
    assert_false(suite_request_write(input, false, &out, why));
    assert_string_equal(why, "encoded_request is no base64");
    buf_free(&out);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_requests),
        cmocka_unit_test(refuses_what_is_no_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

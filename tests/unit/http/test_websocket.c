// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "base/arena.h"
#include "http/websocket.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ASK                                                                                        \
    "Host: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"                         \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " KEY "\r\n"
#define SWITCH                                                                                     \
    "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"                      \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static const struct slice accept = SLICE_INIT("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
static const struct http_head_limits limits = {
    .start_line = 1024, .field_line = 1024, .field_bytes = 4096, .field_count = 20};

static void read_request(struct arena *arena, const char *text, struct http_request *out)
{
    const struct http_request_options options = {0};
    struct http_head_scan scan;
    http_head_scan_init(&scan, &limits, false);
    assert_int_equal(http_head_scan(&scan, text, strlen(text)), HTTP_DONE);
    assert_int_equal(http_request_parse(&scan, text, &options, arena, out), HTTP_REASON_NONE);
}

static void judges_requests(void **state)
{
    static const struct {
        const char *text;
        bool asks;
        enum http_reason reason;
    } cases[] = {
        {"GET / HTTP/1.1\r\n" ASK "\r\n", true, HTTP_REASON_NONE},
        {"POST / HTTP/1.1\r\n" ASK "\r\n", true, HTTP_REASON_WEBSOCKET_HANDSHAKE},
        {"GET / HTTP/1.1\r\n" ASK "Content-Length: 1\r\n\r\n", true,
         HTTP_REASON_WEBSOCKET_HANDSHAKE},
        {"GET / HTTP/1.1\r\n" ASK "Sec-WebSocket-Key: " KEY "\r\n\r\n", true,
         HTTP_REASON_WEBSOCKET_HANDSHAKE},
        {"GET / HTTP/1.1\r\n" ASK "Sec-WebSocket-Version: 13\r\n\r\n", true,
         HTTP_REASON_WEBSOCKET_VERSION},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", true,
         HTTP_REASON_WEBSOCKET_VERSION},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: "
         "websocket\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: c2hvcnQ=\r\n\r\n",
         true, HTTP_REASON_WEBSOCKET_HANDSHAKE},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: "
         "websocket\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n\r\n", // bits behind the sixteenth octet
         true, HTTP_REASON_WEBSOCKET_HANDSHAKE},
        {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", false,
         HTTP_REASON_WEBSOCKET_VERSION},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n",
         false, HTTP_REASON_WEBSOCKET_VERSION},
        {"GET / HTTP/1.0\r\n" ASK "\r\n", false, HTTP_REASON_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct http_request r;
        arena_init(&arena, NULL, 64 * 1024);
        read_request(&arena, cases[i].text, &r);
        assert_int_equal(http_websocket_is_asked_for(&r), cases[i].asks);
        assert_int_equal(http_websocket_check_request(&r), cases[i].reason);
        arena_clear(&arena);
    }
    (void)state;
}

static void judges_responses(void **state)
{
    static const struct {
        const char *text, *offered;
        enum http_reason reason;
    } cases[] = {
        {SWITCH "\r\n", "", HTTP_REASON_NONE},
        {SWITCH "Sec-WebSocket-Protocol: chat\r\n\r\n", "Sec-WebSocket-Protocol: a, chat\r\n",
         HTTP_REASON_NONE},
        {SWITCH "Sec-WebSocket-Protocol: chat\r\n\r\n", "", HTTP_REASON_WEBSOCKET_ACCEPT},
        {SWITCH "Sec-WebSocket-Extensions: x-a; b=1\r\n\r\n",
         "Sec-WebSocket-Extensions: x-c, x-a; d\r\n", HTTP_REASON_NONE},
        {SWITCH "Sec-WebSocket-Extensions: x-a, x-b\r\n\r\n", "Sec-WebSocket-Extensions: x-a\r\n",
         HTTP_REASON_WEBSOCKET_ACCEPT},
        {SWITCH "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", "",
         HTTP_REASON_WEBSOCKET_ACCEPT},
        {SWITCH "Upgrade: websocket\r\n\r\n", "", HTTP_REASON_WEBSOCKET_ACCEPT},
        {SWITCH "Content-Length: 0\r\n\r\n", "", HTTP_REASON_WEBSOCKET_ACCEPT},
        {"HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "",
         HTTP_REASON_WEBSOCKET_ACCEPT},
        {"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
         "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
         "", HTTP_REASON_WEBSOCKET_ACCEPT},
        {"HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
         "x\r\n\r\n",
         "", HTTP_REASON_WEBSOCKET_ACCEPT},
        {"HTTP/1.0 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
         "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
         "", HTTP_REASON_WEBSOCKET_ACCEPT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct http_request asked;
        struct http_response r;
        struct http_head_scan scan;
        arena_init(&arena, NULL, 64 * 1024);
        read_request(&arena,
                     arena_printf(&arena, "GET / HTTP/1.1\r\n" ASK "%s\r\n", cases[i].offered),
                     &asked);
        http_head_scan_init(&scan, &limits, true);
        assert_int_equal(http_head_scan(&scan, cases[i].text, strlen(cases[i].text)), HTTP_DONE);
        assert_int_equal(http_response_parse(&scan, cases[i].text, false, &arena, &r),
                         HTTP_REASON_NONE);
        if (http_websocket_check_response(&r, &asked, accept) != cases[i].reason)
            fail_msg("case %zu", i);
        arena_clear(&arena);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_requests),
        cmocka_unit_test(judges_responses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

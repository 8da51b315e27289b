// SPDX-License-Identifier: Apache-2.0
// Response heads: as strict as requests, and where their bodies end.
#include "feed.h"

#include "base/arena.h"

struct expectation {
    const char *name;
    struct slice head;
    enum http_reason reason;
    unsigned status;
    struct http_framing framing;
    bool to_head; // the request was HEAD
    bool closes;
};

#define OK200       "HTTP/1.1 200 OK\r\n"
#define CL          "Content-Length: 5\r\n"
#define TE          "Transfer-Encoding: chunked\r\n"
#define NONE        .framing = {.kind = HTTP_BODY_NONE}
#define WOULD_BE(n) .framing = {.kind = HTTP_BODY_NONE, .length = (n)}
#define LENGTH(n)   .framing = {.kind = HTTP_BODY_LENGTH, .length = (n)}
#define CHUNKED     .framing = {.kind = HTTP_BODY_CHUNKED}
#define TO_CLOSE    .framing = {.kind = HTTP_BODY_CLOSE}, .closes = true

static const struct expectation cases[] = {
    {"length", SLICE_INIT(OK200 CL "\r\n"), .status = 200, LENGTH(5)},
    {"chunked", SLICE_INIT(OK200 TE "\r\n"), .status = 200, CHUNKED},
    {"neither", SLICE_INIT(OK200 "\r\n"), .status = 200, TO_CLOSE},
    {"no phrase", SLICE_INIT("HTTP/1.1 404 \r\n" CL "\r\n"), .status = 404, LENGTH(5)},
    {"no SP before no phrase", SLICE_INIT("HTTP/1.1 404\r\n" CL "\r\n"), .status = 404, LENGTH(5)},
    {"obs-text in the phrase", SLICE_INIT("HTTP/1.1 404 Nicht gef\xfcnden\r\n" CL "\r\n"),
     .status = 404, LENGTH(5)},
    {"HTTP/1.0", SLICE_INIT("HTTP/1.0 200 OK\r\n" CL "\r\n"), .status = 200, LENGTH(5),
     .closes = true},
    {"HTTP/1.0 that stays", SLICE_INIT("HTTP/1.0 200 OK\r\n" CL "Connection: keep-alive\r\n\r\n"),
     .status = 200, LENGTH(5)},
    {"HTTP/1.0 to the close", SLICE_INIT("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n"),
     .status = 200, TO_CLOSE},
    {"Connection: close", SLICE_INIT(OK200 CL "Connection: close\r\n\r\n"), .status = 200,
     LENGTH(5), .closes = true},
    {"HEAD with length", SLICE_INIT(OK200 CL "\r\n"), .status = 200, WOULD_BE(5), .to_head = true},
    {"HEAD with chunked", SLICE_INIT(OK200 TE "\r\n"), .status = 200, NONE, .to_head = true},
    {"HEAD with nothing", SLICE_INIT(OK200 "\r\n"), .status = 200, NONE, .to_head = true},
    {"304 with length", SLICE_INIT("HTTP/1.1 304 \r\n" CL "\r\n"), .status = 304, WOULD_BE(5)},
    {"304 with chunked", SLICE_INIT("HTTP/1.1 304 \r\n" TE "\r\n"), .status = 304, NONE},
    {"204", SLICE_INIT("HTTP/1.1 204 \r\n\r\n"), .status = 204, NONE},
    {"204 with a length of 0", SLICE_INIT("HTTP/1.1 204 \r\nContent-Length: 0\r\n\r\n"),
     .status = 204, NONE},
    {"100", SLICE_INIT("HTTP/1.1 100 Continue\r\n\r\n"), .status = 100, NONE},
    {"101", SLICE_INIT("HTTP/1.1 101 \r\nUpgrade: websocket\r\n\r\n"), .status = 101, NONE},
    {"103 with links", SLICE_INIT("HTTP/1.1 103 \r\nLink: </a>\r\nLink: </b>\r\n\r\n"),
     .status = 103, NONE},
    {"several Set-Cookie", SLICE_INIT(OK200 CL "Set-Cookie: a=b\r\nSet-Cookie: a=c\r\n\r\n"),
     .status = 200, LENGTH(5)},
    {"Content-Type twice is the backend's affair",
     SLICE_INIT(OK200 CL "Content-Type: a/b\r\nContent-Type: a/b\r\n\r\n"), .status = 200,
     LENGTH(5)},
    {"599", SLICE_INIT("HTTP/1.1 599 \r\n" CL "\r\n"), .status = 599, LENGTH(5)},

    {"no SP", SLICE_INIT("HTTP/1.1\r\n\r\n"), .reason = HTTP_REASON_STATUS_LINE},
    {"letter for a minor version", SLICE_INIT("HTTP/1.x 200 OK\r\n\r\n"),
     .reason = HTTP_REASON_STATUS_LINE},
    {"minor version of two digits", SLICE_INIT("HTTP/1.10 200 OK\r\n\r\n"),
     .reason = HTTP_REASON_STATUS_LINE},
    {"two SP", SLICE_INIT("HTTP/1.1  200 OK\r\n\r\n"), .reason = HTTP_REASON_STATUS_LINE},
    {"HTAB", SLICE_INIT("HTTP/1.1\t200 OK\r\n\r\n"), .reason = HTTP_REASON_STATUS_LINE},
    {"two digits", SLICE_INIT("HTTP/1.1 20 OK\r\n\r\n"), .reason = HTTP_REASON_STATUS_LINE},
    {"two digits alone", SLICE_INIT("HTTP/1.1 20\r\n\r\n"), .reason = HTTP_REASON_STATUS_LINE},
    {"four digits", SLICE_INIT("HTTP/1.1 2000 OK\r\n\r\n"), .reason = HTTP_REASON_STATUS_LINE},
    {"sign", SLICE_INIT("HTTP/1.1 +20 OK\r\n\r\n"), .reason = HTTP_REASON_STATUS_LINE},
    {"phrase without SP", SLICE_INIT("HTTP/1.1 200OK\r\n\r\n"), .reason = HTTP_REASON_STATUS_LINE},
    {"status 000", SLICE_INIT("HTTP/1.1 000 \r\n\r\n"), .reason = HTTP_REASON_STATUS_CODE},
    {"status 099", SLICE_INIT("HTTP/1.1 099 \r\n\r\n"), .reason = HTTP_REASON_STATUS_CODE},
    {"status 600", SLICE_INIT("HTTP/1.1 600 \r\n\r\n"), .reason = HTTP_REASON_STATUS_CODE},
    {"blank before a colon", SLICE_INIT(OK200 "A : b\r\n\r\n"),
     .reason = HTTP_REASON_FIELD_BLANK_BEFORE_COLON},
    {"no colon", SLICE_INIT(OK200 "Ab\r\n\r\n"), .reason = HTTP_REASON_FIELD_NAME},
    {"length and chunked", SLICE_INIT(OK200 CL TE "\r\n"),
     .reason = HTTP_REASON_TRANSFER_ENCODING_WITH_LENGTH},
    {"the same to HEAD", SLICE_INIT(OK200 CL TE "\r\n"),
     .reason = HTTP_REASON_TRANSFER_ENCODING_WITH_LENGTH, .to_head = true},
    {"chunked in HTTP/1.0", SLICE_INIT("HTTP/1.0 200 OK\r\n" TE "\r\n"),
     .reason = HTTP_REASON_TRANSFER_ENCODING_HTTP10},
    {"gzip, chunked", SLICE_INIT(OK200 "Transfer-Encoding: gzip, chunked\r\n\r\n"),
     .reason = HTTP_REASON_TRANSFER_ENCODING},
    {"identity", SLICE_INIT(OK200 "Transfer-Encoding: identity\r\n\r\n"),
     .reason = HTTP_REASON_TRANSFER_ENCODING_UNKNOWN},
    {"two lengths", SLICE_INIT(OK200 CL "Content-Length: 6\r\n\r\n"),
     .reason = HTTP_REASON_CONTENT_LENGTH_REPEATED},
    {"two equal lengths", SLICE_INIT(OK200 CL CL "\r\n"),
     .reason = HTTP_REASON_CONTENT_LENGTH_REPEATED},
    {"no number", SLICE_INIT(OK200 "Content-Length: 5 \x61\r\n\r\n"),
     .reason = HTTP_REASON_CONTENT_LENGTH},
    {"the same with 304", SLICE_INIT("HTTP/1.1 304 \r\nContent-Length: x\r\n\r\n"),
     .reason = HTTP_REASON_CONTENT_LENGTH},
    {"chunked with 204", SLICE_INIT("HTTP/1.1 204 \r\n" TE "\r\n"),
     .reason = HTTP_REASON_TRANSFER_ENCODING_UNWANTED},
    {"length with 204", SLICE_INIT("HTTP/1.1 204 \r\n" CL "\r\n"),
     .reason = HTTP_REASON_TRANSFER_ENCODING_UNWANTED},
    {"length with 100", SLICE_INIT("HTTP/1.1 100 \r\n" CL "\r\n"),
     .reason = HTTP_REASON_TRANSFER_ENCODING_UNWANTED},
    {"chunked with 103", SLICE_INIT("HTTP/1.1 103 \r\n" TE "\r\n"),
     .reason = HTTP_REASON_TRANSFER_ENCODING_UNWANTED},
    {"no list in Connection", SLICE_INIT(OK200 CL "Connection: a b\r\n\r\n"),
     .reason = HTTP_REASON_CONNECTION_VALUE},
};

static void check(const struct expectation *e, const struct http_response *got,
                  enum http_reason reason)
{
    ASSERT_REASON(reason, e->reason);
    if (e->reason != HTTP_REASON_NONE)
        return;
    assert_int_equal(got->status, e->status);
    assert_int_equal(got->framing.kind, e->framing.kind);
    assert_int_equal(got->framing.length, e->framing.length);
    assert_int_equal(got->keep_alive, !e->closes);
}

static void reads_or_refuses_response_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        print_message("%s\n", cases[i].name);
        struct http_head_scan s = feed_scan(cases[i].head, &feed_limits, true);
        ASSERT_REASON(s.reason, HTTP_REASON_NONE);
        struct edge e = edge_copy(cases[i].head);
        struct arena arena;
        struct http_response response;
        arena_init(&arena, NULL, 1 << 16);
        enum http_reason reason =
            http_response_parse(&s, e.text.ptr, cases[i].to_head, &arena, &response);
        check(&cases[i], &response, reason);
        arena_clear(&arena);
        edge_free(&e);
    }
}

static void reads_phrase_version_and_fields(void **state)
{
    (void)state;
    const struct slice head = SLICE("HTTP/1.0 200 All is well\r\nServer: x\r\nX: \r\n\r\n");
    struct http_head_scan s = feed_scan(head, &feed_limits, true);
    struct arena arena;
    struct http_response response;
    arena_init(&arena, NULL, 1 << 16);
    ASSERT_REASON(http_response_parse(&s, head.ptr, false, &arena, &response), HTTP_REASON_NONE);
    ASSERT_SLICE(response.reason_phrase, SLICE("All is well"));
    assert_int_equal(response.version, HTTP_VERSION_10);
    assert_int_equal(response.fields.count, 2);
    ASSERT_SLICE(http_fields_find(&response.fields, HTTP_FIELD_SERVER)->value, SLICE("x"));
    arena_clear(&arena);
}

static void a_full_arena_is_a_reason(void **state)
{
    (void)state;
    const struct slice head = SLICE(OK200 CL "\r\n");
    struct http_head_scan s = feed_scan(head, &feed_limits, true);
    struct arena arena;
    struct http_response response;
    arena_init(&arena, NULL, 0);
    ASSERT_REASON(http_response_parse(&s, head.ptr, false, &arena, &response),
                  HTTP_REASON_NO_MEMORY);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_or_refuses_response_heads),
        cmocka_unit_test(reads_phrase_version_and_fields),
        cmocka_unit_test(a_full_arena_is_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "base/arena.h"
#include "http/pseudo.h"

enum { FIELDS_MAX = 8 };

static const struct http_head_limits limits = {
    .start_line = 128, .field_line = 256, .field_bytes = 1024, .field_count = 10};

struct field {
    const char *name, *value;
};

#define GET(path)                                                                                  \
    {":method", "GET"}, {":scheme", "https"}, {":authority", "a.example"},                         \
    {                                                                                              \
        ":path", path                                                                              \
    }

static enum http_reason read_request(struct arena *arena, const struct field *fields, bool ended,
                                     struct http_request *out)
{
    const struct http_request_options options = {.is_tls = true};
    struct http_pseudo_head h;
    http_pseudo_init(&h, &limits, arena);
    for (size_t i = 0; i < FIELDS_MAX && fields[i].name; i++)
        http_pseudo_add(&h, slice_str(fields[i].name), slice_str(fields[i].value));
    return http_request_of_pseudo(&h, &options, ended, out);
}

static void reads_requests(void **state)
{
    static const struct {
        struct field fields[FIELDS_MAX];
        bool ended;
        const char *path, *authority;
        enum http_framing_kind kind;
    } cases[] = {
        {{GET("/a/../b?x")}, true, "/b", "a.example", HTTP_BODY_NONE},
        {{GET("/"), {"host", "A.example:443"}}, true, "/", "a.example", HTTP_BODY_NONE},
        {{{":method", "POST"}, {":scheme", "https"}, {":path", "/"}, {"host", "b"}},
         false,
         "/",
         "b",
         HTTP_BODY_CHUNKED},
        {{GET("/"), {"content-length", "3"}}, false, "/", "a.example", HTTP_BODY_LENGTH},
        {{GET("/"), {"content-length", "0"}}, true, "/", "a.example", HTTP_BODY_LENGTH},
        {{GET("/"), {"content-length", "0"}}, false, "/", "a.example", HTTP_BODY_CHUNKED},
        {{{":method", "OPTIONS"}, {":scheme", "https"}, {":authority", "a"}, {":path", "*"}},
         true,
         "*",
         "a",
         HTTP_BODY_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct http_request r;
        arena_init(&arena, NULL, 64 * 1024);
        assert_int_equal(read_request(&arena, cases[i].fields, cases[i].ended, &r),
                         HTTP_REASON_NONE);
        ASSERT_SLICE(r.path, slice_str(cases[i].path));
        ASSERT_SLICE(r.authority, slice_str(cases[i].authority));
        assert_int_equal(r.framing.kind, cases[i].kind);
        assert_int_equal(r.version, HTTP_VERSION_2);
        arena_clear(&arena);
    }
    (void)state;
}

static void refuses_what_could_be_read_otherwise(void **state)
{
    static const struct {
        struct field fields[FIELDS_MAX];
        bool goes_on;
        enum http_reason reason;
    } cases[] = {
        {{{":scheme", "https"}, {":authority", "a"}, {":path", "/"}},
         false,
         HTTP_REASON_PSEUDO_FIELD},
        {{{":method", "GET"}, {":authority", "a"}, {":path", "/"}},
         false,
         HTTP_REASON_PSEUDO_FIELD},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}},
         false,
         HTTP_REASON_PSEUDO_FIELD},
        {{{":method", "GET"}, {":scheme", "https"}, {":path", "/"}},
         false,
         HTTP_REASON_HOST_MISSING},
        {{GET("/"), {":path", "/admin"}}, false, HTTP_REASON_PSEUDO_FIELD},
        {{GET("/"), {":authority", "b"}}, false, HTTP_REASON_PSEUDO_FIELD},
        {{GET("/"), {":status", "200"}}, false, HTTP_REASON_PSEUDO_FIELD},
        {{GET("/"), {":protocol", "websocket"}}, false, HTTP_REASON_PSEUDO_FIELD},
        {{{":method", "GET"},
          {"x", "1"},
          {":scheme", "https"},
          {":path", "/"},
          {":authority", "a"}},
         false,
         HTTP_REASON_PSEUDO_FIELD},
        {{GET("")}, false, HTTP_REASON_PSEUDO_FIELD},
        {{GET("a")}, false, HTTP_REASON_TARGET},
        {{GET("*")}, false, HTTP_REASON_TARGET},
        {{GET("https://a.example/")}, false, HTTP_REASON_TARGET},
        {{GET("/a b")}, false, HTTP_REASON_TARGET_OCTET},
        {{GET("/a\r\nX: 1")}, false, HTTP_REASON_CONTROL},
        {{GET("/"), {"Upper", "1"}}, false, HTTP_REASON_FIELD_NAME_CASE},
        {{GET("/"), {"", "1"}}, false, HTTP_REASON_FIELD_NAME},
        {{GET("/"), {"a:b", "1"}}, false, HTTP_REASON_FIELD_NAME},
        {{GET("/"), {"a b", "1"}}, false, HTTP_REASON_FIELD_NAME},
        {{GET("/"), {"a\r\nb", "1"}}, false, HTTP_REASON_FIELD_NAME},
        {{GET("/"), {"a", "1\r\nb: 2"}}, false, HTTP_REASON_CONTROL},
        {{GET("/"), {"a", " 1"}}, false, HTTP_REASON_FIELD_VALUE},
        {{GET("/"), {"a", "1\t"}}, false, HTTP_REASON_FIELD_VALUE},
        {{GET("/"), {"connection", "close"}}, false, HTTP_REASON_CONNECTION_SPECIFIC},
        {{GET("/"), {"keep-alive", "1"}}, false, HTTP_REASON_CONNECTION_SPECIFIC},
        {{GET("/"), {"proxy-connection", "close"}}, false, HTTP_REASON_CONNECTION_SPECIFIC},
        {{GET("/"), {"transfer-encoding", "chunked"}}, false, HTTP_REASON_CONNECTION_SPECIFIC},
        {{GET("/"), {"upgrade", "h2c"}}, false, HTTP_REASON_CONNECTION_SPECIFIC},
        {{GET("/"), {"http2-settings", "AAMAAABk"}}, false, HTTP_REASON_CONNECTION_SPECIFIC},
        {{GET("/"), {"te", "gzip"}}, false, HTTP_REASON_CONNECTION_SPECIFIC},
        {{GET("/"), {"host", "b.example"}}, false, HTTP_REASON_TARGET_HOST_MISMATCH},
        {{GET("/"), {"content-length", "1"}}, false, HTTP_REASON_LENGTH_MISMATCH},
        {{GET("/"), {"content-length", "1"}, {"content-length", "1"}},
         true,
         HTTP_REASON_CONTENT_LENGTH_REPEATED},
        {{GET("/"), {"content-length", "+1"}}, true, HTTP_REASON_CONTENT_LENGTH},
        {{{":method", "CONNECT"}, {":authority", "a:443"}}, false, HTTP_REASON_METHOD_CONNECT},
        {{{":method", "TRACE"}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}},
         false,
         HTTP_REASON_METHOD_TRACE},
        {{{":method", "G T"}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}},
         false,
         HTTP_REASON_METHOD},
        {{{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}},
         false,
         HTTP_REASON_SCHEME},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "u@a"}, {":path", "/"}},
         false,
         HTTP_REASON_HOST_INVALID},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "a/b"}, {":path", "/"}},
         false,
         HTTP_REASON_HOST_INVALID},
        {{GET("/"), {"authorization", "a"}, {"authorization", "b"}},
         false,
         HTTP_REASON_FIELD_REPEATED},
        {{GET("/"), {"expect", "x"}}, false, HTTP_REASON_EXPECT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct http_request r;
        arena_init(&arena, NULL, 64 * 1024);
        enum http_reason got = read_request(&arena, cases[i].fields, !cases[i].goes_on, &r);
        if (got != cases[i].reason)
            fail_msg("case %zu: %s instead of %s", i, http_reason_word(got),
                     http_reason_word(cases[i].reason));
        arena_clear(&arena);
    }
    (void)state;
}

static void takes_an_extended_connect_where_it_is_allowed(void **state)
{
    static const struct {
        struct field fields[FIELDS_MAX];
        bool is_allowed;
        enum http_reason reason;
    } cases[] = {
#define CONNECT(protocol)                                                                          \
    {":method", "CONNECT"}, {":protocol", protocol}, {":scheme", "https"}, {":path", "/chat"},     \
        {":authority", "a"}
        {{CONNECT("websocket")}, true, HTTP_REASON_NONE},
        {{CONNECT("websocket")}, false, HTTP_REASON_METHOD_CONNECT},
        {{CONNECT("connect-udp")}, true, HTTP_REASON_METHOD_CONNECT},
        {{CONNECT("websocket"), {"content-length", "1"}}, true, HTTP_REASON_CONTENT_LENGTH},
        {{{":method", "CONNECT"}, {":authority", "a"}}, true, HTTP_REASON_METHOD_CONNECT},
        {{GET("/"), {":protocol", "websocket"}}, true, HTTP_REASON_PSEUDO_FIELD},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct http_request_options options = {.is_tls = true,
                                                     .extended_connect = cases[i].is_allowed};
        struct arena arena;
        struct http_pseudo_head h;
        struct http_request r;
        arena_init(&arena, NULL, 64 * 1024);
        http_pseudo_init(&h, &limits, &arena);
        for (size_t f = 0; f < FIELDS_MAX && cases[i].fields[f].name; f++)
            http_pseudo_add(&h, slice_str(cases[i].fields[f].name),
                            slice_str(cases[i].fields[f].value));
        assert_int_equal(http_request_of_pseudo(&h, &options, false, &r), cases[i].reason);
        if (cases[i].reason == HTTP_REASON_NONE) {
            assert_true(r.is_extended_connect);
            assert_int_equal(r.method_id, HTTP_METHOD_GET);
            assert_int_equal(r.framing.kind, HTTP_BODY_NONE);
        }
        arena_clear(&arena);
    }
    (void)state;
}

static void joins_cookies(void **state)
{
    static const struct field fields[FIELDS_MAX] = {
        GET("/"), {"cookie", "a=1"}, {"x", "y"}, {"cookie", ""}, {"cookie", "b=2"}};
    struct arena arena;
    struct http_request r;
    arena_init(&arena, NULL, 64 * 1024);
    assert_int_equal(read_request(&arena, fields, true, &r), HTTP_REASON_NONE);
    assert_int_equal(r.fields.count, 2);
    ASSERT_SLICE(r.fields.items[0].value, slice_str("a=1; b=2"));
    ASSERT_SLICE(r.fields.items[1].name, slice_str("x"));
    arena_clear(&arena);
    (void)state;
}

static void counts_against_the_limits(void **state)
{
    static const struct {
        size_t fields, octets;
        enum http_reason reason;
    } cases[] = {
        {10, 1, HTTP_REASON_NONE},
        {11, 1, HTTP_REASON_FIELD_COUNT_LIMIT},
        {1, 255, HTTP_REASON_NONE},
        {1, 256, HTTP_REASON_FIELD_LINE_LIMIT},
        {5, 200, HTTP_REASON_FIELD_SECTION_LIMIT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct http_pseudo_head h;
        char value[512];
        memset(value, 'v', sizeof(value));
        arena_init(&arena, NULL, 64 * 1024);
        http_pseudo_init(&h, &limits, &arena);
        for (size_t k = 0; k < cases[i].fields; k++)
            http_pseudo_add(&h, SLICE("x"), slice_of(value, cases[i].octets));
        assert_int_equal(h.reason, cases[i].reason);
        arena_clear(&arena);
    }
    (void)state;
}

static void keeps_trailers_to_what_they_are_for(void **state)
{
    static const struct {
        struct field field;
        enum http_reason reason;
    } cases[] = {
        {{"grpc-status", "0"}, HTTP_REASON_NONE},
        {{":path", "/"}, HTTP_REASON_PSEUDO_FIELD},
        {{"content-length", "1"}, HTTP_REASON_TRAILER},
        {{"host", "a"}, HTTP_REASON_TRAILER},
        {{"x-forwarded-for", "1.2.3.4"}, HTTP_REASON_TRAILER},
        {{"grpc_status", "0"}, HTTP_REASON_TRAILER},
        {{"Upper", "0"}, HTTP_REASON_FIELD_NAME_CASE},
        {{"a", "\n"}, HTTP_REASON_CONTROL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct http_pseudo_head h;
        arena_init(&arena, NULL, 64 * 1024);
        http_pseudo_init(&h, &limits, &arena);
        http_pseudo_add_trailer(&h, slice_str(cases[i].field.name),
                                slice_str(cases[i].field.value));
        assert_int_equal(h.reason, cases[i].reason);
        if (cases[i].reason == HTTP_REASON_NONE)
            assert_int_equal(h.fields.count, 1);
        arena_clear(&arena);
    }
    (void)state;
}

static enum http_reason read_response(struct arena *arena, const struct field *fields,
                                      bool was_head, bool ended, struct http_response *out)
{
    struct http_pseudo_head h;
    http_pseudo_init(&h, &limits, arena);
    for (size_t i = 0; i < FIELDS_MAX && fields[i].name; i++)
        http_pseudo_add(&h, slice_str(fields[i].name), slice_str(fields[i].value));
    return http_response_of_pseudo(&h, was_head, ended, out);
}

static void reads_responses(void **state)
{
    static const struct {
        struct field fields[FIELDS_MAX];
        bool was_head, ended;
        unsigned status;
        struct http_framing framing;
    } cases[] = {
        {{{":status", "200"}}, false, false, 200, {HTTP_BODY_CHUNKED, 0}},
        {{{":status", "200"}}, false, true, 200, {HTTP_BODY_LENGTH, 0}},
        {{{":status", "200"}, {"content-length", "5"}}, false, false, 200, {HTTP_BODY_LENGTH, 5}},
        {{{":status", "200"}, {"content-length", "5"}}, true, true, 200, {HTTP_BODY_NONE, 5}},
        {{{":status", "304"}, {"content-length", "5"}}, false, true, 304, {HTTP_BODY_NONE, 5}},
        {{{":status", "204"}}, false, true, 204, {HTTP_BODY_NONE, 0}},
        {{{":status", "103"}, {"link", "</a>"}}, false, false, 103, {HTTP_BODY_NONE, 0}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct http_response r;
        arena_init(&arena, NULL, 64 * 1024);
        assert_int_equal(
            read_response(&arena, cases[i].fields, cases[i].was_head, cases[i].ended, &r),
            HTTP_REASON_NONE);
        assert_int_equal(r.status, cases[i].status);
        assert_int_equal(r.framing.kind, cases[i].framing.kind);
        assert_int_equal(r.framing.length, cases[i].framing.length);
        arena_clear(&arena);
    }
    (void)state;
}

static void refuses_responses_that_are_none(void **state)
{
    static const struct {
        struct field fields[FIELDS_MAX];
        bool ended;
        enum http_reason reason;
    } cases[] = {
        {{{"a", "b"}}, false, HTTP_REASON_PSEUDO_FIELD},
        {{{":status", "200"}, {":status", "200"}}, false, HTTP_REASON_PSEUDO_FIELD},
        {{{":status", "200"}, {":path", "/"}}, false, HTTP_REASON_PSEUDO_FIELD},
        {{{"a", "b"}, {":status", "200"}}, false, HTTP_REASON_PSEUDO_FIELD},
        {{{":status", "20"}}, false, HTTP_REASON_STATUS_CODE},
        {{{":status", "0200"}}, false, HTTP_REASON_STATUS_CODE},
        {{{":status", "2x0"}}, false, HTTP_REASON_STATUS_CODE},
        {{{":status", "099"}}, false, HTTP_REASON_STATUS_CODE},
        {{{":status", "600"}}, false, HTTP_REASON_STATUS_CODE},
        {{{":status", "101"}}, false, HTTP_REASON_SWITCHING_PROTOCOLS},
        {{{":status", "100"}}, true, HTTP_REASON_STATUS_CODE},
        {{{":status", "200"}, {"connection", "close"}}, false, HTTP_REASON_CONNECTION_SPECIFIC},
        {{{":status", "200"}, {"transfer-encoding", "chunked"}},
         false,
         HTTP_REASON_CONNECTION_SPECIFIC},
        {{{":status", "200"}, {"Content-Type", "a/b"}}, false, HTTP_REASON_FIELD_NAME_CASE},
        {{{":status", "200"}, {"a", "x\r\ny"}}, false, HTTP_REASON_CONTROL},
        {{{":status", "200"}, {"content-length", "5"}}, true, HTTP_REASON_LENGTH_MISMATCH},
        {{{":status", "204"}, {"content-length", "5"}},
         true,
         HTTP_REASON_TRANSFER_ENCODING_UNWANTED},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct http_response r;
        arena_init(&arena, NULL, 64 * 1024);
        assert_int_equal(read_response(&arena, cases[i].fields, false, cases[i].ended, &r),
                         cases[i].reason);
        arena_clear(&arena);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_requests),
        cmocka_unit_test(refuses_what_could_be_read_otherwise),
        cmocka_unit_test(takes_an_extended_connect_where_it_is_allowed),
        cmocka_unit_test(joins_cookies),
        cmocka_unit_test(counts_against_the_limits),
        cmocka_unit_test(keeps_trailers_to_what_they_are_for),
        cmocka_unit_test(reads_responses),
        cmocka_unit_test(refuses_responses_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

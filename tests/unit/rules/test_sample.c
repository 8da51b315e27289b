// SPDX-License-Identifier: Apache-2.0
// Samples become messages: what is left out is filled in, what the gateway refuses is refused.
#include "support/unit.h"

#include "rules/sample.h"
#include "unit/rules/fixture.h"

static const char *build(const char *request, struct arena *arena, struct rules_message *message)
{
    const struct rules_sample sample = {.request = slice_str(request),
                                        .client = SLICE_INIT("192.0.2.1")};
    return rules_sample_build(&sample, arena, message);
}

static void fills_in_what_is_left_out(void **state)
{
    struct arena arena;
    struct rules_message m;
    (void)state;
    arena_init(&arena, NULL, 1024 * 1024);
    assert_null(build("POST /a?b\nX: 1\n\nc=d", &arena, &m));
    assert_true(slice_eq(m.request.host, SLICE("www.example.com")));
    assert_true(slice_eq(m.request.path, SLICE("/a")));
    assert_int_equal(m.request.framing.length, 3);
    assert_true(slice_eq(m.body, SLICE("c=d")));
    assert_true(slice_eq(http_fields_find(&m.request.fields, HTTP_FIELD_CONTENT_TYPE)->value,
                         SLICE("application/x-www-form-urlencoded")));
    arena_clear(&arena);
}

static void keeps_what_is_there(void **state)
{
    struct arena arena;
    struct rules_message m;
    (void)state;
    arena_init(&arena, NULL, 1024 * 1024);
    assert_null(build("PUT /a HTTP/1.1\r\nHost: b.example\r\nContent-Type: "
                      "text/plain\r\nContent-Length: 1\r\n\r\nx",
                      &arena, &m));
    assert_true(slice_eq(m.request.host, SLICE("b.example")));
    assert_true(slice_eq(http_fields_find(&m.request.fields, HTTP_FIELD_CONTENT_TYPE)->value,
                         SLICE("text/plain")));
    arena_clear(&arena);
}

static void says_why_there_is_no_message(void **state)
{
    static const struct {
        const char *request, *reason;
    } cases[] = {
        {"G@T /", "bad-method"},
        {"GET /%zz", "bad-percent-encoding"},
        {"GET /\nHost: a\nHost: b", "host-repeated"},
        {"GET /../x", "path-above-root"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct rules_message m;
        arena_init(&arena, NULL, 1024 * 1024);
        const char *reason = build(cases[i].request, &arena, &m);
        assert_non_null(reason);
        assert_string_equal(reason, cases[i].reason);
        arena_clear(&arena);
    }
}

static void responses_are_parsed_too(void **state)
{
    struct arena arena;
    struct rules_message m;
    const struct rules_sample good = {.request = SLICE_INIT("GET /"),
                                      .client = SLICE_INIT("192.0.2.1"),
                                      .response = SLICE_INIT("HTTP/1.1 404 Not Found\nServer: x")};
    const struct rules_sample bad = {.request = SLICE_INIT("GET /"),
                                     .client = SLICE_INIT("192.0.2.1"),
                                     .response = SLICE_INIT("HTTP/1.1 40 Not Found")};
    (void)state;
    arena_init(&arena, NULL, 1024 * 1024);
    assert_null(rules_sample_build(&good, &arena, &m));
    assert_true(m.has_response);
    assert_int_equal(m.response.status, 404);
    assert_non_null(rules_sample_build(&bad, &arena, &m));
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_in_what_is_left_out),
        cmocka_unit_test(keeps_what_is_there),
        cmocka_unit_test(says_why_there_is_no_message),
        cmocka_unit_test(responses_are_parsed_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

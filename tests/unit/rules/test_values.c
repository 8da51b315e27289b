// SPDX-License-Identifier: Apache-2.0
// What each target shows of a message, what is taken out, and what counts as a secret.
#include "support/unit.h"

#include "rules/run.h"
#include "unit/rules/fixture.h"

static const struct {
    const char *targets; // of a rule that hits where EVIL stands
    struct rules_sample sample;
    const char *hit; // the target reported; NULL: no hit
} cases[] = {
    {"\"method\"", {.request = SLICE_INIT("EVIL /")}, "method"},
    {"\"path\"", {.request = SLICE_INIT("GET /%45VIL")}, "path"},
    {"\"path\"", {.request = SLICE_INIT("GET /?EVIL")}, NULL},
    {"\"path.raw\"", {.request = SLICE_INIT("GET /%45VIL")}, NULL},
    {"\"path.raw\"", {.request = SLICE_INIT("GET /a/../EVIL")}, "path.raw"},
    {"\"query\"", {.request = SLICE_INIT("GET /?a=EVIL")}, "query"},
    {"\"query\"", {.request = SLICE_INIT("GET /?a=%45VIL")}, NULL},
    {"\"query.*\"", {.request = SLICE_INIT("GET /?a=1&b=%45VIL")}, "query.b"},
    {"\"query.*\"", {.request = SLICE_INIT("GET /?EVIL=1")}, NULL},
    {"\"query.b\"", {.request = SLICE_INIT("GET /?a=EVIL&b=2")}, NULL},
    {"\"query.b\"", {.request = SLICE_INIT("GET /?b=1&b=EVIL")}, "query.b"},
    {"\"query./^b/\"", {.request = SLICE_INIT("GET /?bcd=EVIL")}, "query.bcd"},
    {"\"query.*\",\"!query.b\"", {.request = SLICE_INIT("GET /?b=EVIL")}, NULL},
    {"\"query.*\",\"!query.b\"", {.request = SLICE_INIT("GET /?c=EVIL")}, "query.c"},
    {"\"query.*\",\"!query./^b/\"", {.request = SLICE_INIT("GET /?bc=EVIL")}, NULL},
    {"\"query.names\"", {.request = SLICE_INIT("GET /?%45VIL=1")}, "query.names[EVIL]"},
    {"\"headers.*\"", {.request = SLICE_INIT("GET /\nX-A: EVIL")}, "headers.X-A"},
    {"\"headers.x-a\"", {.request = SLICE_INIT("GET /\nX-A: EVIL")}, "headers.X-A"},
    {"\"headers.X-A\"", {.request = SLICE_INIT("GET /\nx-a: EVIL")}, "headers.x-a"},
    {"\"headers./^X-/\"", {.request = SLICE_INIT("GET /\nx-b: EVIL")}, "headers.x-b"},
    {"\"headers.*\",\"!headers.x-a\"", {.request = SLICE_INIT("GET /\nX-A: EVIL")}, NULL},
    {"\"headers.names\"", {.request = SLICE_INIT("GET /\nEVIL: 1")}, "headers.names[EVIL]"},
    {"\"headers.x_b\"", {.request = SLICE_INIT("GET /\nX_B: EVIL")}, "headers.X_B"},
    {"\"cookies.*\"", {.request = SLICE_INIT("GET /\nCookie: a=1; b=EVIL")}, "cookies.b"},
    {"\"cookies.*\"", {.request = SLICE_INIT("GET /\nCookie: a=1\nCookie: c=EVIL")}, "cookies.c"},
    {"\"cookies.*\"", {.request = SLICE_INIT("GET /\nCookie: a=%45VIL")}, NULL},
    {"\"cookies.*\",\"!cookies.b\"", {.request = SLICE_INIT("GET /\nCookie: a=1; b=EVIL")}, NULL},
    {"\"cookies.names\"", {.request = SLICE_INIT("GET /\nCookie: EVIL=1")}, "cookies.names[EVIL]"},
    {"\"body\"",
     {.request = SLICE_INIT("POST /\nContent-Type: text/plain\n\nan EVIL body")},
     "body"},
    {"\"body.*\"", {.request = SLICE_INIT("POST /\n\na=1&b=%45VIL")}, "body.b"},
    {"\"body.*\"",
     {.request = SLICE_INIT(
          "POST /\nContent-Type: Application/X-WWW-Form-URLEncoded ; charset=utf-8\n\nb=EVIL")},
     "body.b"},
    {"\"body.*\"", {.request = SLICE_INIT("POST /\nContent-Type: text/plain\n\nb=EVIL")}, NULL},
    {"\"body.names\"", {.request = SLICE_INIT("POST /\n\n%45VIL=1")}, "body.names[EVIL]"},
    {"\"client.address\"",
     {.request = SLICE_INIT("GET /"), .client = SLICE_INIT("2001:db8::e")},
     NULL},
    {"\"client.country\"",
     {.request = SLICE_INIT("GET /"), .country = SLICE_INIT("EVIL")},
     "client.country"},
    {"\"tls.version\"",
     {.request = SLICE_INIT("GET /"), .tls.version = SLICE_INIT("EVIL")},
     "tls.version"},
    {"\"tls.server_name\"",
     {.request = SLICE_INIT("GET /"), .tls.server_name = SLICE_INIT("EVIL")},
     "tls.server_name"},
    {"\"response.headers.*\"",
     {.request = SLICE_INIT("GET /"), .response = SLICE_INIT("HTTP/1.1 200 OK\nA: EVIL")},
     "response.headers.A"},
    {"\"response.headers.a\"",
     {.request = SLICE_INIT("GET /"), .response = SLICE_INIT("HTTP/1.1 200 OK\nB: EVIL")},
     NULL},
    {"\"response.headers.names\"",
     {.request = SLICE_INIT("GET /"), .response = SLICE_INIT("HTTP/1.1 200 OK\nEVIL: 1")},
     "response.headers.names[EVIL]"},
};

static void targets_show_their_part_of_the_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[512];
        struct fixture f;
        struct rules_sample sample = cases[i].sample;
        if (sample.client.len == 0)
            sample.client = SLICE("192.0.2.1");
        (void)snprintf(text, sizeof text,
                       "{\"rules\":[{\"id\":\"r\",\"description\":\"d\",\"targets\":[%s],"
                       "\"match\":{\"contains\":\"EVIL\"},\"action\":\"log\"}]}",
                       cases[i].targets);
        assert_true(fixture_open(&f, text));
        assert_true(fixture_run(&f, &sample));
        if (f.hit_count != (cases[i].hit ? 1 : 0))
            fail_msg("%s, %s: %zu hits", cases[i].targets, sample.request.ptr, f.hit_count);
        if (cases[i].hit)
            assert_string_equal(f.hits[0].target, cases[i].hit);
        fixture_close(&f);
    }
}

static void secrets_are_marked(void **state)
{
    static const struct {
        const char *request;
        bool is_secret;
    } requests[] = {
        {"GET /\nAuthorization: EVIL", true},   {"GET /\nProxy-Authorization: EVIL", true},
        {"GET /\nX-Auth-Token: EVIL", true},    {"GET /\nX-Other: EVIL", false},
        {"GET /\nCookie: a=EVIL", true},        {"GET /?password=EVIL", true},
        {"GET /?new_Passwd=EVIL", true},        {"GET /?csrf_token=EVIL", true},
        {"GET /?client_secret=EVIL", true},     {"GET /?q=EVIL", false},
        {"POST /\n\nuser_password=EVIL", true}, {"POST /\n\ncomment=EVIL", false},
    };
    (void)state;
    struct fixture f;
    assert_true(fixture_open(
        &f, "{\"rules\":[{\"id\":\"r\",\"description\":\"d\",\"targets\":[\"query.*\",\"body.*\","
            "\"cookies.*\",\"headers.*\",\"!headers.cookie\"],\"match\":{\"contains\":\"EVIL\"},"
            "\"action\":\"log\"}]}"));
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        assert_true(fixture_ask(&f, requests[i].request));
        assert_int_equal(f.hit_count, 1);
        if (f.hits[0].is_secret != requests[i].is_secret)
            fail_msg("%s", requests[i].request);
    }
    fixture_close(&f);
}

static void pieces_of_raw_text_with_a_password_are_secret(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open(
        &f, "{\"rules\":[{\"id\":\"r\",\"description\":\"d\",\"targets\":[\"query\",\"body\"],"
            "\"match\":{\"regex\":\"[a-z]+=EVIL\"},\"action\":\"log\"}]}"));
    assert_true(fixture_ask(&f, "GET /?password=EVIL"));
    assert_true(f.hits[0].is_secret);
    assert_true(fixture_ask(&f, "GET /?word=EVIL"));
    assert_false(f.hits[0].is_secret);
    fixture_close(&f);
}

static void too_many_values_cannot_be_decided(void **state)
{
    static char request[5 * RULES_VALUES_MAX];
    struct fixture f;
    (void)state;
    assert_true(
        fixture_open(&f, "{\"rules\":[{\"id\":\"r\",\"description\":\"d\",\"targets\":[\"body.*\"],"
                         "\"match\":{\"contains\":\"EVIL\"},\"action\":\"deny\"}]}"));
    size_t len = (size_t)snprintf(request, sizeof request, "POST /\n\n");
    for (int i = 0; i < RULES_VALUES_MAX; i++)
        len += (size_t)snprintf(request + len, sizeof request - len, "a=1&");
    assert_true(fixture_ask(&f, request));
    assert_int_equal(f.result.decision, RULES_NOTHING);
    (void)snprintf(request + len, sizeof request - len, "a=1&b=EVIL");
    assert_true(fixture_ask(&f, request));
    assert_int_equal(f.result.decision, RULES_CANNOT_DECIDE);
    assert_string_equal(f.result.reason, "too-many-values");
    fixture_close(&f);
}

static void without_memory_nothing_is_decided(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open(
        &f, "{\"rules\":[{\"id\":\"r\",\"description\":\"d\",\"targets\":[\"query.*\"],"
            "\"match\":{\"contains\":\"EVIL\"},\"action\":\"deny\"}]}"));
    f.arena_limit = 0;
    assert_true(fixture_ask(&f, "GET /?a=EVIL"));
    assert_int_equal(f.result.decision, RULES_CANNOT_DECIDE);
    assert_string_equal(f.result.reason, "out-of-memory");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_show_their_part_of_the_message),
        cmocka_unit_test(secrets_are_marked),
        cmocka_unit_test(pieces_of_raw_text_with_a_password_are_secret),
        cmocka_unit_test(too_many_values_cannot_be_decided),
        cmocka_unit_test(without_memory_nothing_is_decided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

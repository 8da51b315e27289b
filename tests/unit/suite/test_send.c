// SPDX-License-Identifier: Apache-2.0
// Requests before rules: what hits, what is refused, what is answered.
#include "suite/send.h"

#include "unit/suite/fixture.h"

static const struct {
    const char *octets, *refused, *rule;
    unsigned status;
    bool would_deny;
} cases[] = {
    {"GET /?a=bad HTTP/1.1\r\nHost: a\r\n\r\n", NULL, "100001", 200, false},
    {"GET /?a=good HTTP/1.1\r\nHost: a\r\n\r\n", NULL, NULL, 200, false},
    {"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", NULL, "100003", 200, false},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
     "Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n2\r\nad\r\n0\r\n\r\n",
     NULL, "100001", 200, false},
    {"POST /reflect HTTP/1.1\r\nHost: a\r\nContent-Length: 14\r\n\r\n{\"status\":503}", NULL,
     "100002", 503, true},
    {"POST /reflect HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nno!", NULL, NULL, 200, false},
    {"GET /?a=%zz HTTP/1.1\r\nHost: a\r\n\r\n", "bad-percent-encoding", NULL, 400, false},
    {"GET / HTTP/1.1\r\nHost: a\r\n", "head-incomplete", NULL, 400, false},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na=b", "body-incomplete", NULL, 400,
     false},
};

static void sends(void **state)
{
    struct fixture f;
    (void)state;
    fixture_open(&f);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct suite_outcome outcome;
        arena_init(&arena, NULL, 16 * 1024 * 1024);
        assert_true(suite_send(f.program, f.scratch, slice_str(cases[i].octets), &arena, &outcome));
        if (cases[i].refused)
            assert_string_equal(outcome.refused, cases[i].refused);
        else
            assert_null(outcome.refused);
        assert_int_equal(outcome.status, cases[i].status);
        assert_int_equal(outcome.would_deny, cases[i].would_deny);
        assert_int_equal(outcome.hits != NULL, cases[i].rule != NULL);
        if (cases[i].rule)
            ASSERT_SLICE(outcome.hits->rule, slice_str(cases[i].rule));
        arena_clear(&arena);
    }
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "http/status.h"

static void knows_registered_phrases(void **state)
{
    (void)state;
    ASSERT_SLICE(http_status_phrase(100), SLICE("Continue"));
    ASSERT_SLICE(http_status_phrase(200), SLICE("OK"));
    ASSERT_SLICE(http_status_phrase(404), SLICE("Not Found"));
    ASSERT_SLICE(http_status_phrase(431), SLICE("Request Header Fields Too Large"));
    ASSERT_SLICE(http_status_phrase(511), SLICE("Network Authentication Required"));
}

static void speaks_of_the_class_for_others(void **state)
{
    (void)state;
    ASSERT_SLICE(http_status_phrase(199), SLICE("Informational"));
    ASSERT_SLICE(http_status_phrase(299), SLICE("Success"));
    ASSERT_SLICE(http_status_phrase(306), SLICE("Redirection"));
    ASSERT_SLICE(http_status_phrase(418), SLICE("Client Error"));
    ASSERT_SLICE(http_status_phrase(599), SLICE("Server Error"));
    ASSERT_SLICE(http_status_phrase(0), SLICE("Unknown"));
    ASSERT_SLICE(http_status_phrase(1000), SLICE("Unknown"));
}

static void every_phrase_is_found(void **state)
{
    (void)state;
    // The table is searched by halves, so an entry out of order would be lost for its status.
    static const unsigned registered[] = {
        100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300,
        301, 302, 303, 304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407,
        408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 424, 425,
        426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 511};
    for (size_t i = 0; i < sizeof registered / sizeof *registered; i++)
        assert_false(slice_eq(http_status_phrase(registered[i]),
                              http_status_phrase(registered[i] / 100 * 100 + 99)));
}

static void some_statuses_have_no_body(void **state)
{
    (void)state;
    assert_false(http_status_has_body(101));
    assert_false(http_status_has_body(204));
    assert_false(http_status_has_body(304));
    assert_true(http_status_has_body(200));
    assert_true(http_status_has_body(205));
    assert_true(http_status_has_body(500));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_registered_phrases),
        cmocka_unit_test(speaks_of_the_class_for_others),
        cmocka_unit_test(every_phrase_is_found),
        cmocka_unit_test(some_statuses_have_no_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

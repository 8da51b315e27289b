// SPDX-License-Identifier: Apache-2.0
// Audit records and answers live off this table: words are unique, statuses are errors.
#include "support/unit.h"

#include <string.h>

#include "http/reason.h"

static void every_reason_has_its_own_word(void **state)
{
    (void)state;
    for (int a = 0; a < HTTP_REASON_COUNT; a++) {
        const char *word = http_reason_word((enum http_reason)a);
        assert_int_equal(strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(word));
        for (int b = 0; b < a; b++)
            assert_string_not_equal(word, http_reason_word((enum http_reason)b));
    }
}

static void every_reason_but_none_has_an_error_status_and_a_text(void **state)
{
    (void)state;
    assert_int_equal(http_reason_status(HTTP_REASON_NONE), 0);
    for (int i = 1; i < HTTP_REASON_COUNT; i++) {
        assert_in_range(http_reason_status((enum http_reason)i), 400, 599);
        assert_true(strlen(http_reason_text((enum http_reason)i)) > 5);
    }
}

static void statuses_follow_the_rfc(void **state)
{
    (void)state;
    assert_int_equal(http_reason_status(HTTP_REASON_HOST_MISSING), 400);
    assert_int_equal(http_reason_status(HTTP_REASON_REQUEST_LINE_LIMIT), 414);
    assert_int_equal(http_reason_status(HTTP_REASON_FIELD_SECTION_LIMIT), 431);
    assert_int_equal(http_reason_status(HTTP_REASON_VERSION_UNSUPPORTED), 505);
    assert_int_equal(http_reason_status(HTTP_REASON_EXPECT), 417);
}

static void a_number_outside_the_table_reads_as_none(void **state)
{
    (void)state;
    assert_string_equal(http_reason_word(HTTP_REASON_COUNT), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_has_its_own_word),
        cmocka_unit_test(every_reason_but_none_has_an_error_status_and_a_text),
        cmocka_unit_test(statuses_follow_the_rfc),
        cmocka_unit_test(a_number_outside_the_table_reads_as_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

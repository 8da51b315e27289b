// SPDX-License-Identifier: Apache-2.0
// Notes are counted and handed on whole.
#include "unit/seclang/fixture.h"

static void counts_without_a_listener(void **state)
{
    struct seclang_report report = {.say = NULL};
    const struct seclang_place place = {"a.conf", 1};
    (void)state;
    seclang_say(&report, SECLANG_LOST, &place, "%d", 1);
    seclang_say(&report, SECLANG_LOST, &place, "%d", 2);
    seclang_say(&report, SECLANG_IDLE, &place, "x");
    assert_int_equal(report.counts[SECLANG_LOST], 2);
    assert_int_equal(report.counts[SECLANG_IDLE], 1);
    assert_int_equal(report.counts[SECLANG_BROKEN], 0);
}

static void hides_control_octets(void **state)
{
    struct fixture f;
    (void)state;
    fixture_read(&f, "");
    const struct seclang_place place = {"a.conf", 7};
    seclang_say(&f.report, SECLANG_BROKEN, &place, "a\x1b[31mb");
    assert_true(fixture_has(&f.notes, "7: broken: a?[31mb"));
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_without_a_listener),
        cmocka_unit_test(hides_control_octets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

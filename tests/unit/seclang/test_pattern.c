// SPDX-License-Identifier: Apache-2.0
// Regexes over tags, messages and whatever else.
#include "unit/seclang/fixture.h"

#include "seclang/pattern.h"
#include "seclang/target.h"

static void fits_rules(void **state)
{
    struct fixture f;
    const struct seclang_place place = {"test.conf", 1};
    (void)state;
    fixture_read(&f,
                 "SecRule ARGS a \"id:1,tag:Attack/X,chain,log\"\nSecRule ARGS b \"tag:second\"");
    struct seclang_pattern *p = seclang_pattern_new(&f.set, &place, SLICE("^attack/"));
    assert_non_null(p);
    assert_true(seclang_pattern_fits(p, f.set.first, "tag"));
    assert_false(seclang_pattern_fits(p, f.set.first, "msg"));
    assert_true(seclang_pattern_matches(p, SLICE("attack/y")));
    assert_false(seclang_pattern_matches(p, SLICE("an attack/y")));
    seclang_pattern_free(&p);
    p = seclang_pattern_new(&f.set, &place, SLICE("second"));
    assert_true(seclang_pattern_fits(p, f.set.first, "tag"));
    seclang_pattern_free(&p);
    assert_null(seclang_pattern_new(&f.set, &place, SLICE("(")));
    assert_int_equal(f.report.counts[SECLANG_BROKEN], 1);
    fixture_clear(&f);
}

static void says_what_is_wrong(void **state)
{
    char why[SECLANG_WHY_MAX];
    (void)state;
    assert_true(seclang_pattern_compiles(SLICE("a|b"), why));
    assert_false(seclang_pattern_compiles(SLICE("a)"), why));
    assert_string_equal(why, "the regex is wrong at offset 1: unmatched closing parenthesis");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_rules),
        cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

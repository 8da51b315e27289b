// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "http2/budget.h"

static const struct http2_allowance ten_a_second = {10, 1000};

static void allows_a_burst_and_no_more(void **state)
{
    struct http2_bucket b = {0};
    for (unsigned i = 0; i < 10; i++)
        assert_true(http2_bucket_add(&b, &ten_a_second, 5000, 1));
    assert_false(http2_bucket_add(&b, &ten_a_second, 5000, 1));
    (void)state;
}

static void leaks_with_time(void **state)
{
    struct http2_bucket b = {0};
    assert_true(http2_bucket_add(&b, &ten_a_second, 5000, 10));
    assert_false(http2_bucket_add(&b, &ten_a_second, 5050, 1));
    assert_true(http2_bucket_add(&b, &ten_a_second, 5250, 1));
    assert_true(http2_bucket_add(&b, &ten_a_second, 100000, 10)); // long after: empty
    assert_false(http2_bucket_add(&b, &ten_a_second, 100000, 1));
    (void)state;
}

static void a_clock_that_goes_back_leaks_nothing(void **state)
{
    struct http2_bucket b = {0};
    assert_true(http2_bucket_add(&b, &ten_a_second, 5000, 10));
    assert_false(http2_bucket_add(&b, &ten_a_second, 4000, 1));
    (void)state;
}

static void what_is_earned_counts_against_work(void **state)
{
    struct http2_bucket b = {0};
    assert_true(http2_bucket_add(&b, &ten_a_second, 0, 10));
    http2_bucket_earn(&b, &ten_a_second, 4);
    assert_true(http2_bucket_add(&b, &ten_a_second, 0, 4));
    assert_false(http2_bucket_add(&b, &ten_a_second, 0, 1));
    http2_bucket_earn(&b, &ten_a_second, UINT64_MAX); // never below nothing
    assert_true(http2_bucket_add(&b, &ten_a_second, 0, 10));
    assert_false(http2_bucket_add(&b, &ten_a_second, 0, 1));
    (void)state;
}

static void no_limit_and_large_numbers(void **state)
{
    static const struct http2_allowance any = {0, 1000}, large = {UINT64_C(1) << 35, 86400000};
    struct http2_bucket b = {0};
    assert_true(http2_bucket_add(&b, &any, 0, UINT64_MAX));
    for (unsigned i = 0; i < 32; i++)
        assert_true(http2_bucket_add(&b, &large, 0, 1 << 30));
    assert_false(http2_bucket_add(&b, &large, 0, UINT64_MAX));
    (void)state;
}

static void every_work_has_its_word(void **state)
{
    for (unsigned i = 0; i < HTTP2_WORK_COUNT; i++) {
        assert_memory_equal(http2_work_word(i), "http2-", 6);
        assert_true(strlen(http2_work_text(i)) > 20);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allows_a_burst_and_no_more),
        cmocka_unit_test(leaks_with_time),
        cmocka_unit_test(a_clock_that_goes_back_leaks_nothing),
        cmocka_unit_test(what_is_earned_counts_against_work),
        cmocka_unit_test(no_limit_and_large_numbers),
        cmocka_unit_test(every_work_has_its_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

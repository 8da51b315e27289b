// SPDX-License-Identifier: Apache-2.0
#include "filter/failure_table.h"

#include <pthread.h>

#include "filter/key_table.h"
#include "support/unit.h"

static const struct failure_limit limit = {.max = 3, .window_ms = 10000, .lockout_ms = 60000};

static void locks_out_after_the_last_failure_allowed(void **state)
{
    (void)state;
    struct key_table *t = key_table_new(64);
    uint64_t wait = 0, now = 5000;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(failure_open(t, 7, &limit, now, &wait), FAILURE_OPEN);
        failure_count(t, 7, &limit, now++);
    }
    assert_int_equal(failure_open(t, 7, &limit, now, &wait), FAILURE_LOCKED_OUT);
    assert_int_equal(wait, 60000 - 1);
    assert_int_equal(failure_open(t, 8, &limit, now, &wait), FAILURE_OPEN);
    // Further failures neither prolong nor shorten it.
    failure_count(t, 7, &limit, now + 1000);
    assert_int_equal(failure_open(t, 7, &limit, now + 59998, &wait), FAILURE_LOCKED_OUT);
    assert_int_equal(failure_open(t, 7, &limit, now + 59999, &wait), FAILURE_OPEN);
    key_table_free(&t);
}

static void failures_are_forgotten_with_their_window(void **state)
{
    (void)state;
    struct key_table *t = key_table_new(64);
    uint64_t wait;
    for (uint64_t now = 0; now < 100000; now += 5000) {
        assert_int_equal(failure_open(t, 7, &limit, now, &wait), FAILURE_OPEN);
        failure_count(t, 7, &limit, now);
    }
    key_table_free(&t);
}

static void says_which_failure_reaches_the_count(void **state)
{
    (void)state;
    struct key_table *t = key_table_new(64);
    const struct failure_limit one = {.max = 1, .window_ms = 10};
    for (unsigned round = 0; round < 3; round++) {
        assert_false(failure_reaches(t, 7, &limit, 100));
        assert_false(failure_reaches(t, 7, &limit, 100));
        assert_false(failure_reaches(t, 8, &limit, 100 + round));
        assert_true(failure_reaches(t, 7, &limit, 100));
        failure_forget(t, 8, &limit, 200);
    }
    assert_true(failure_reaches(t, 9, &one, 100));
    assert_true(failure_reaches(t, 9, &one, 100));
    // The window that the first one opened is over: the third is a first one again.
    assert_false(failure_reaches(t, 10, &limit, 1000));
    assert_false(failure_reaches(t, 10, &limit, 10999));
    assert_false(failure_reaches(t, 10, &limit, 11000));
    assert_false(failure_reaches(t, 10, &limit, 11001));
    assert_true(failure_reaches(t, 10, &limit, 20999));
    key_table_free(&t);
}

static void success_forgets_failures_but_no_lock_out(void **state)
{
    (void)state;
    struct key_table *t = key_table_new(64);
    uint64_t wait;
    for (unsigned i = 0; i < 10; i++) {
        failure_count(t, 7, &limit, 100);
        failure_count(t, 7, &limit, 100);
        assert_int_equal(failure_open(t, 7, &limit, 100, &wait), FAILURE_OPEN);
        failure_forget(t, 7, &limit, 100);
    }
    for (unsigned i = 0; i < 3; i++)
        failure_count(t, 7, &limit, 100);
    failure_forget(t, 7, &limit, 100);
    assert_int_equal(failure_open(t, 7, &limit, 100, &wait), FAILURE_LOCKED_OUT);
    key_table_free(&t);
}

static void full_table_lets_nobody_new_try(void **state)
{
    (void)state;
    struct key_table *t = key_table_new(KEY_TABLE_SLOTS_MIN);
    uint64_t wait;
    for (uint64_t key = 1; key <= KEY_TABLE_SLOTS_MIN; key++)
        assert_int_equal(failure_open(t, key, &limit, 100, &wait), FAILURE_OPEN);
    assert_int_equal(failure_open(t, 99, &limit, 100, &wait), FAILURE_FULL);
    assert_int_equal(failure_open(t, 5, &limit, 100, &wait), FAILURE_OPEN);
    assert_int_equal(failure_open(t, 99, &limit, 100 + limit.window_ms, &wait), FAILURE_OPEN);
    key_table_free(&t);
}

enum { THREADS = 4, KEYS = 500 };

static void *fail_each_once(void *arg)
{
    for (uint64_t key = 1; key <= KEYS; key++)
        failure_count(
            arg, key << 20 | key,
            &(struct failure_limit){.max = THREADS, .window_ms = 1000, .lockout_ms = 1000}, 50);
    return NULL;
}

static void no_failure_is_lost_between_threads(void **state)
{
    (void)state;
    const struct failure_limit l = {.max = THREADS, .window_ms = 1000, .lockout_ms = 1000};
    struct key_table *t = key_table_new(8192);
    pthread_t threads[THREADS];
    uint64_t wait;
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fail_each_once, t), 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (uint64_t key = 1; key <= KEYS; key++)
        assert_int_equal(failure_open(t, key << 20 | key, &l, 51, &wait), FAILURE_LOCKED_OUT);
    key_table_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locks_out_after_the_last_failure_allowed),
        cmocka_unit_test(failures_are_forgotten_with_their_window),
        cmocka_unit_test(says_which_failure_reaches_the_count),
        cmocka_unit_test(success_forgets_failures_but_no_lock_out),
        cmocka_unit_test(full_table_lets_nobody_new_try),
        cmocka_unit_test(no_failure_is_lost_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

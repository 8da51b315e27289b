// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <pthread.h>

#include "audit/bell.h"
#include "base/clock.h"

static void a_ring_before_the_wait_is_not_missed(void **state)
{
    (void)state;
    struct bell b = {0};
    uint32_t seen = bell_count(&b);
    bell_ring(&b);
    bell_wait(&b, seen, BELL_NO_LIMIT);
    assert_int_equal(bell_count(&b), seen + 1);
}

static void a_nap_ends_by_itself(void **state)
{
    (void)state;
    struct bell b = {0};
    uint64_t begin = clock_mono_ns();
    bell_wait(&b, bell_count(&b), 30);
    assert_true(clock_mono_ns() - begin >= 29 * 1000000u);
}

static void rings_only_for_one_who_lies_down(void **state)
{
    (void)state;
    struct bell b = {0};
    bell_ring_if_asleep(&b);
    assert_int_equal(bell_count(&b), 0);
    bell_lie_down(&b);
    bell_ring_if_asleep(&b);
    bell_ring_if_asleep(&b);
    assert_int_equal(bell_count(&b), 1);
    bell_lie_down(&b);
    bell_get_up(&b);
    bell_ring_if_asleep(&b);
    assert_int_equal(bell_count(&b), 1);
}

static void *sleep_until_called(void *arg)
{
    struct bell *b = arg;
    uint32_t seen = bell_count(b);
    bell_lie_down(b);
    bell_wait(b, seen, BELL_NO_LIMIT);
    return NULL;
}

static void wakes_a_sleeper(void **state)
{
    (void)state;
    struct bell b = {0};
    pthread_t sleeper;
    assert_int_equal(pthread_create(&sleeper, NULL, sleep_until_called, &b), 0);
    while (bell_count(&b) == 0)
        bell_ring_if_asleep(&b);
    assert_int_equal(pthread_join(sleeper, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_before_the_wait_is_not_missed),
        cmocka_unit_test(a_nap_ends_by_itself),
        cmocka_unit_test(rings_only_for_one_who_lies_down),
        cmocka_unit_test(wakes_a_sleeper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

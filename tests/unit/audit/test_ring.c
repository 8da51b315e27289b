// SPDX-License-Identifier: Apache-2.0
#include "scene.h"

#include <pthread.h>
#include <sched.h>

#include "audit/audit_internal.h"
#include "support/dice.h"

static struct scene scene;
static struct bell bell;
static struct sink sink = {.id = 7};
static struct audit_ring *ring;

static int begin(void **state)
{
    (void)state;
    char why[256];
    scene_open(&scene);
    ring = ring_alloc(1);
    bell = (struct bell){0};
    assert_true(ring_create(ring, scene.folder, 0, SCENE_RING, why, sizeof(why)));
    ring->bell = &bell;
    ring_attach(ring, &sink, 1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    ring_close(ring, true);
    free(ring);
    scene_close(&scene);
    return 0;
}

// What the writer would do when its sink has taken all up to `position`.
static void take_until(uint64_t position)
{
    ring->progress[0].cursor = position;
    atomic_store(&ring->progress[0].slot->done, position);
    ring_release(ring, 1);
}

static void count_call(void *ctx)
{
    ++*(unsigned *)ctx;
}

static enum audit_put put(size_t len)
{
    static char space[AUDIT_RECORD_MAX];
    return audit_put(ring, scene_line(space, 1, len));
}

static void lines_stay_whole_across_the_end(void **state)
{
    (void)state;
    struct dice dice = {.state = 3};
    static char space[AUDIT_RECORD_MAX];
    uint64_t at = 0;
    for (unsigned round = 0; round < 3000; round++) {
        size_t len = 32 + dice_below(&dice, round % 50 ? 2000 : AUDIT_RECORD_MAX - 32 + 1);
        struct slice line = scene_line(space, round, len);
        assert_int_equal(audit_put(ring, line), AUDIT_PUT_DONE);
        ASSERT_SLICE(slice_of(ring_at(ring, at), len), line);
        assert_int_equal(
            ring_line_end(ring, at + dice_below(&dice, len), atomic_load(&ring->header->tail)),
            at + len);
        assert_int_equal(ring_line_begin(ring, at, at + len - 1), at);
        at += len;
        assert_int_equal(atomic_load(&ring->header->tail), at);
        take_until(at);
    }
}

static void fills_to_the_last_octet(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(put(AUDIT_RECORD_MAX), AUDIT_PUT_DONE);
    assert_int_equal(put(32), AUDIT_PUT_FULL);
    assert_int_equal(put(32), AUDIT_PUT_FULL);
    assert_int_equal(atomic_load(&ring->records), 4);
    assert_int_equal(atomic_load(&ring->bytes), SCENE_RING);
}

static void tells_once_when_there_is_room_again(void **state)
{
    (void)state;
    unsigned calls = 0;
    audit_ring_on_space(ring, count_call, &calls);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(put(AUDIT_RECORD_MAX), AUDIT_PUT_DONE);
    take_until(0);
    assert_int_equal(calls, 0);
    assert_int_equal(put(AUDIT_RECORD_MAX), AUDIT_PUT_FULL);
    take_until(AUDIT_RECORD_MAX - 1);
    assert_int_equal(calls, 0);
    take_until(AUDIT_RECORD_MAX);
    assert_int_equal(calls, 1);
    take_until(2 * AUDIT_RECORD_MAX);
    assert_int_equal(calls, 1);
    assert_int_equal(put(AUDIT_RECORD_MAX), AUDIT_PUT_DONE);
}

static void drops_and_counts_exactly(void **state)
{
    (void)state;
    ring->when_full = AUDIT_WHEN_FULL_DROP;
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(put(AUDIT_RECORD_MAX), AUDIT_PUT_DONE);
    assert_int_equal(atomic_load(&ring->records), 4);
    assert_int_equal(atomic_load(&ring->header->dropped), 6);
}

static void calls_the_writer_only_past_half_and_once_per_step(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SCENE_RING / 2 / 1024; i++)
        assert_int_equal(put(1024), AUDIT_PUT_DONE);
    assert_int_equal(bell_count(&bell), 0);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(put(1024), AUDIT_PUT_DONE);
    assert_int_equal(bell_count(&bell), 1);
    take_until(1024);
    assert_int_equal(put(1024), AUDIT_PUT_DONE);
    assert_int_equal(bell_count(&bell), 2);
    bell_lie_down(&bell);
    assert_int_equal(put(1024), AUDIT_PUT_DONE);
    assert_int_equal(bell_count(&bell), 3);
}

static void without_sinks_records_are_only_counted(void **state)
{
    (void)state;
    struct audit_ring *shell = ring_alloc(1);
    char space[64];
    for (unsigned i = 0; i < 10000; i++)
        assert_int_equal(audit_put(shell, scene_line(space, i, sizeof(space))), AUDIT_PUT_DONE);
    assert_int_equal(atomic_load(&shell->records), 10000);
    free(shell);
}

enum { THREAD_LINES = 60000 };

static void wake_up(void *ctx)
{
    atomic_store((_Atomic bool *)ctx, true);
}

static void *produce(void *arg)
{
    (void)arg;
    _Atomic bool has_space = false;
    struct dice dice = {.state = 5};
    static char space[4096];
    audit_ring_on_space(ring, wake_up, &has_space);
    for (uint64_t id = 0; id < THREAD_LINES; id++) {
        struct slice line = scene_line(space, id, 32 + dice_below(&dice, 2000));
        while (audit_put(ring, line) == AUDIT_PUT_FULL) {
            while (!atomic_load(&has_space))
                sched_yield();
            atomic_store(&has_space, false);
        }
    }
    return NULL;
}

static void two_threads_agree_on_every_octet(void **state)
{
    (void)state;
    pthread_t producer;
    struct dice dice = {.state = 5};
    static char space[4096];
    uint64_t at = 0, id = 0;
    assert_int_equal(pthread_create(&producer, NULL, produce, NULL), 0);
    while (id < THREAD_LINES) {
        uint64_t tail = atomic_load(&ring->header->tail);
        if (tail == at)
            sched_yield();
        while (at < tail) {
            struct slice line = scene_line(space, id++, 32 + dice_below(&dice, 2000));
            assert_true(at + line.len <= tail);
            ASSERT_SLICE(slice_of(ring_at(ring, at), line.len), line);
            at += line.len;
        }
        take_until(at);
    }
    assert_int_equal(pthread_join(producer, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_stay_whole_across_the_end, begin, end),
        cmocka_unit_test_setup_teardown(fills_to_the_last_octet, begin, end),
        cmocka_unit_test_setup_teardown(tells_once_when_there_is_room_again, begin, end),
        cmocka_unit_test_setup_teardown(drops_and_counts_exactly, begin, end),
        cmocka_unit_test_setup_teardown(calls_the_writer_only_past_half_and_once_per_step, begin,
                                        end),
        cmocka_unit_test(without_sinks_records_are_only_counted),
        cmocka_unit_test_setup_teardown(two_threads_agree_on_every_octet, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

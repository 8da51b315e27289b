// SPDX-License-Identifier: Apache-2.0
#include "scene.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "base/log.h"

enum { LINES = 5000, BIG = 4096 };

static struct scene scene;
static unsigned char seen[LINES];
static struct rlimit no_limit;

static int begin(void **state)
{
    (void)state;
    memset(seen, 0, sizeof(seen));
    scene_open(&scene);
    return getrlimit(RLIMIT_FSIZE, &no_limit);
}

// From now on files are full at `bytes`, as on a disk without room.
static void fill_disk(uint64_t bytes)
{
    struct rlimit small = {.rlim_cur = bytes, .rlim_max = no_limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
}

static void make_room(void)
{
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &no_limit), 0);
}

static int end(void **state)
{
    (void)state;
    make_room();
    scene_close(&scene);
    return 0;
}

static void expect_once(const char *path, uint64_t ids)
{
    struct scene_count count = scene_read(path, seen, LINES);
    assert_int_equal(count.torn, 0);
    for (uint64_t id = 0; id < ids; id++) {
        if (seen[id] != 1)
            fail_msg("line %lu is there %u times", (unsigned long)id, seen[id]);
    }
}

static void wait_for(_Atomic bool *what)
{
    for (unsigned ms = 0; ms < 10000 && !atomic_load(what); ms++)
        scene_sleep_ms(1);
    assert_true(atomic_exchange(what, false));
}

static void wake_up(void *ctx)
{
    atomic_store((_Atomic bool *)ctx, true);
}

static void writes_every_line_once(void **state)
{
    (void)state;
    struct audit *a = scene_start(&scene);
    for (uint64_t id = 0; id < LINES; id++)
        scene_put(a, 0, id, 40);
    struct audit_counters counters;
    audit_counters(a, &counters);
    assert_int_equal(counters.records, LINES);
    assert_int_equal(counters.bytes, LINES * 40);
    assert_int_equal(counters.dropped, 0);
    audit_stop(&a, 2000);
    assert_null(a);
    audit_stop(&a, 2000);
    expect_once(scene.log, LINES);
    assert_int_equal(scene_files(&scene, ".ring", false), 0);
}

static void a_line_is_in_the_file_soon(void **state)
{
    (void)state;
    static char text[256];
    struct audit *a = scene_start(&scene);
    for (uint64_t id = 0; id < 3; id++) {
        scene_sleep_ms((unsigned)id * 300); // the last time the writer sleeps deeply
        scene_put(a, 0, id, 40);
        unsigned ms = 0;
        while (scene_text(scene.log, text, sizeof(text)) < (id + 1) * 40 && ms++ < 2000)
            scene_sleep_ms(1);
        assert_in_range(ms, 0, 2000);
    }
    audit_stop(&a, 1000);
}

static void an_idle_writer_sleeps(void **state)
{
    (void)state;
    struct rusage before, after;
    struct audit *a = scene_start(&scene);
    scene_put(a, 0, 0, 40);
    scene_sleep_ms(700);
    getrusage(RUSAGE_SELF, &before);
    scene_sleep_ms(400);
    getrusage(RUSAGE_SELF, &after);
    assert_in_range(after.ru_nvcsw - before.ru_nvcsw, 0, 5); // our own sleep is one
    audit_stop(&a, 1000);
}

static void waits_for_room_and_loses_nothing(void **state)
{
    (void)state;
    _Atomic bool has_space = false;
    bool was_stuck = false;
    static char space[BIG];
    struct audit *a = scene_start(&scene);
    struct audit_ring *ring = audit_ring_of(a, 0);
    audit_ring_on_space(ring, wake_up, &has_space);
    fill_disk(30 * BIG + 1000);
    for (uint64_t id = 0; id < 300; id++) {
        struct slice line = scene_line(space, id, BIG);
        while (audit_put(ring, line) == AUDIT_PUT_FULL) {
            if (!was_stuck) {
                scene_sleep_ms(250);
                was_stuck = !atomic_load(&has_space);
                if (was_stuck)
                    make_room();
            }
            wait_for(&has_space);
        }
    }
    assert_true(was_stuck);
    struct audit_counters counters;
    audit_counters(a, &counters);
    assert_int_not_equal(counters.write_errors, 0);
    assert_int_equal(counters.dropped, 0);
    audit_stop(&a, 2000);
    expect_once(scene.log, 300);
}

static void drops_when_told_to_and_tells_exactly(void **state)
{
    (void)state;
    scene.options.when_full = AUDIT_WHEN_FULL_DROP;
    struct audit *a = scene_start(&scene);
    fill_disk(10 * BIG + 1000);
    for (uint64_t id = 0; id < 300; id++)
        scene_put(a, 0, id, BIG);
    struct audit_counters counters;
    audit_counters(a, &counters);
    assert_int_equal(counters.records + counters.dropped, 300);
    assert_in_range(counters.dropped, 100, 300);
    make_room();
    audit_stop(&a, 2000);
    struct scene_count count = scene_read(scene.log, seen, LINES);
    assert_int_equal(count.torn, 0);
    assert_int_equal(count.lost, counters.dropped);
    uint64_t there = 0;
    for (uint64_t id = 0; id < 300; id++) {
        assert_in_range(seen[id], 0, 1);
        there += seen[id];
    }
    assert_int_equal(there, counters.records);
}

static void what_cannot_be_written_stays_for_the_next_start(void **state)
{
    (void)state;
    struct audit *a = scene_start(&scene);
    scene_put(a, 0, 0, BIG);
    fill_disk(BIG / 2);
    for (uint64_t id = 1; id < 20; id++)
        scene_put(a, 0, id, BIG);
    uint64_t ring_files = scene_files(&scene, ".ring", false);
    assert_int_equal(ring_files, 2); // the worker's and the writer's own
    audit_stop(&a, 250);
    make_room();
    assert_in_range(scene_files(&scene, ".ring", false), 0, 1);
    a = scene_start(&scene);
    scene_put(a, 0, 20, BIG);
    audit_stop(&a, 2000);
    expect_once(scene.log, 21);
    assert_int_equal(scene_files(&scene, ".ring", false), 0);
}

static void no_line_is_lost_or_torn_by_rotation(void **state)
{
    (void)state;
    char rotated[200];
    struct audit *a = scene_start(&scene);
    for (uint64_t id = 0; id < LINES; id++) {
        scene_put(a, 0, id, 40);
        if (id % 500 != 499)
            continue;
        scene_sleep_ms(5);
        snprintf(rotated, sizeof(rotated), "%s.%lu", scene.log, (unsigned long)id / 500);
        if (rename(scene.log, rotated) == 0)
            audit_reopen(a);
    }
    audit_stop(&a, 2000);
    for (unsigned i = 0; i < LINES / 500; i++) {
        snprintf(rotated, sizeof(rotated), "%s.%u", scene.log, i);
        assert_int_equal(scene_read(rotated, seen, LINES).torn, 0);
    }
    expect_once(scene.log, LINES);
}

static void rotation_makes_the_new_file_without_a_record(void **state)
{
    (void)state;
    char rotated[200];
    struct audit *a = scene_start(&scene);
    snprintf(rotated, sizeof(rotated), "%s.1", scene.log);
    assert_int_equal(rename(scene.log, rotated), 0);
    audit_reopen(a);
    for (unsigned ms = 0; access(scene.log, F_OK) != 0 && ms < 2000; ms++)
        scene_sleep_ms(1);
    assert_int_equal(access(scene.log, F_OK), 0);
    audit_stop(&a, 1000);
}

static void a_full_disk_and_a_rotation_leave_whole_lines(void **state)
{
    (void)state;
    char rotated[200];
    struct audit *a = scene_start(&scene);
    fill_disk(3 * BIG + 1000);
    for (uint64_t id = 0; id < 10; id++)
        scene_put(a, 0, id, BIG);
    scene_sleep_ms(200);
    snprintf(rotated, sizeof(rotated), "%s.1", scene.log);
    assert_int_equal(rename(scene.log, rotated), 0);
    audit_reopen(a);
    make_room();
    audit_stop(&a, 3000);
    assert_int_equal(scene_read(rotated, seen, LINES).torn, 0);
    expect_once(scene.log, 10);
}

static void a_sink_that_fails_costs_the_others_nothing(void **state)
{
    (void)state;
    struct audit_sink_options sinks[2] = {scene.sink,
                                          {.type = AUDIT_SINK_FILE, .path = "/dev/full"}};
    scene.options.sinks = sinks;
    scene.options.sink_count = 2;
    struct audit *a = scene_start(&scene);
    for (uint64_t id = 0; id < 100; id++) {
        scene_put(a, 0, id, 40);
        if (id % 10 == 0)
            scene_sleep_ms(15);
    }
    audit_stop(&a, 300);
    expect_once(scene.log, 100);
    assert_int_equal(scene_files(&scene, ".ring", false), 1);
}

static void two_gateways_share_a_log(void **state)
{
    (void)state;
    struct audit *old_one = scene_start(&scene), *new_one = scene_start(&scene);
    for (uint64_t id = 0; id < LINES; id++) {
        scene_put(id % 2 ? old_one : new_one, 0, id, 40);
        if (id % 100 == 0)
            scene_sleep_ms(1);
    }
    audit_stop(&old_one, 2000);
    audit_stop(&new_one, 2000);
    expect_once(scene.log, LINES);
}

static void a_torn_last_line_is_ended_at_start(void **state)
{
    (void)state;
    char text[100];
    scene_write(scene.log, "{\"torn\":");
    struct audit *a = scene_start(&scene);
    audit_stop(&a, 1000);
    scene_text(scene.log, text, sizeof(text));
    assert_string_equal(text, "{\"torn\":\n");
}

static void says_why_it_cannot_start(void **state)
{
    (void)state;
    char why[256];
    struct audit_sink_options twice[2] = {scene.sink, scene.sink};
    struct audit_options o = scene.options;
    o.spool = NULL;
    assert_null(audit_start(&o, why, sizeof(why)));
    assert_string_equal(why, "audit sinks need a spool folder");
    o = scene.options;
    o.spool = "/nowhere";
    assert_null(audit_start(&o, why, sizeof(why)));
    assert_string_equal(why, "cannot make a ring file in /nowhere: No such file or directory");
    o = scene.options;
    o.sinks = twice;
    o.sink_count = 2;
    assert_null(audit_start(&o, why, sizeof(why)));
    assert_non_null(strstr(why, "is named twice"));
    fill_disk(SCENE_RING);
    assert_null(audit_start(&scene.options, why, sizeof(why)));
    make_room();
    assert_non_null(strstr(why, "cannot set aside"));
    assert_int_equal(scene_files(&scene, ".ring", false), 0);
}

static void without_sinks_nothing_is_written(void **state)
{
    (void)state;
    scene.options.sink_count = 0;
    scene.options.spool = NULL;
    struct audit *a = scene_start(&scene);
    assert_null(audit_ring_of(a, 0));
    audit_reopen(a);
    audit_stop(&a, 1000);
    assert_int_equal(scene_files(&scene, "", false), 0);
}

struct worker {
    struct audit *audit;
    unsigned index;
};

enum { WORKERS = 4 };

static void *work(void *arg)
{
    struct worker *w = arg;
    _Atomic bool has_space = false;
    char space[2048];
    struct audit_ring *ring = audit_ring_of(w->audit, w->index);
    audit_ring_on_space(ring, wake_up, &has_space);
    for (uint64_t id = w->index; id < LINES; id += WORKERS) {
        struct slice line = scene_line(space, id, 1000 + id % 1000);
        while (audit_put(ring, line) == AUDIT_PUT_FULL) {
            while (!atomic_load(&has_space))
                sched_yield();
            atomic_store(&has_space, false);
        }
    }
    return NULL;
}

static void workers_in_threads_lose_nothing(void **state)
{
    (void)state;
    pthread_t threads[WORKERS];
    struct worker workers[WORKERS];
    struct audit_counters counters;
    scene.options.workers = WORKERS;
    struct audit *a = scene_start(&scene);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.audit = a, .index = i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < 20; i++) {
        audit_counters(a, &counters);
        audit_reopen(a);
        scene_sleep_ms(2);
    }
    for (unsigned i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    audit_stop(&a, 2000);
    expect_once(scene.log, LINES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_every_line_once),
        TEST(a_line_is_in_the_file_soon),
        TEST(an_idle_writer_sleeps),
        TEST(waits_for_room_and_loses_nothing),
        TEST(drops_when_told_to_and_tells_exactly),
        TEST(what_cannot_be_written_stays_for_the_next_start),
        TEST(no_line_is_lost_or_torn_by_rotation),
        TEST(rotation_makes_the_new_file_without_a_record),
        TEST(a_full_disk_and_a_rotation_leave_whole_lines),
        TEST(a_sink_that_fails_costs_the_others_nothing),
        TEST(two_gateways_share_a_log),
        TEST(a_torn_last_line_is_ended_at_start),
        TEST(says_why_it_cannot_start),
        TEST(without_sinks_nothing_is_written),
        TEST(workers_in_threads_lose_nothing),
    };
    signal(SIGXFSZ, SIG_IGN);
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "io/offload.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "support/unit.h"

struct sum {
    struct offload_job job;
    unsigned number;
    uint64_t result;
    pthread_t ran_on;
    struct desk *desk;
};

struct desk {
    struct loop *loop;
    unsigned done, dropped, wanted;
    uint64_t total;
    sem_t started, gate; // for jobs that wait
};

static void add_up(struct offload_job *job)
{
    struct sum *s = CONTAINER_OF(job, struct sum, job);
    s->ran_on = pthread_self();
    for (unsigned i = 1; i <= s->number; i++)
        s->result += i;
}

static void wait_at_gate(struct offload_job *job)
{
    struct sum *s = CONTAINER_OF(job, struct sum, job);
    sem_post(&s->desk->started);
    sem_wait(&s->desk->gate);
    s->result = 1;
}

static void collect(struct offload_job *job)
{
    struct sum *s = CONTAINER_OF(job, struct sum, job);
    struct desk *desk = s->desk;
    desk->done++;
    desk->dropped += job->dropped;
    desk->total += s->result;
    if (desk->done == desk->wanted)
        loop_stop(desk->loop);
    free(s);
}

static struct sum *new_sum(struct desk *desk, unsigned number, void (*run)(struct offload_job *))
{
    struct sum *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    *s = (struct sum){.job = {.run = run, .done = collect}, .number = number, .desk = desk};
    return s;
}

static struct desk *new_desk(void)
{
    struct desk *desk = calloc(1, sizeof(*desk));
    assert_non_null(desk);
    desk->loop = loop_new();
    sem_init(&desk->started, 0, 0);
    sem_init(&desk->gate, 0, 0);
    return desk;
}

static void free_desk(struct desk *desk)
{
    loop_free(&desk->loop);
    sem_destroy(&desk->started);
    sem_destroy(&desk->gate);
    free(desk);
}

static void brings_all_results_back(void **state)
{
    (void)state;
    struct desk *desk = new_desk();
    struct offload *pool = offload_new(3, 1000);
    assert_non_null(pool);
    desk->wanted = 500;
    uint64_t expected = 0;
    for (unsigned i = 0; i < 500; i++) {
        expected += (uint64_t)i * (i + 1) / 2;
        assert_true(offload_submit(pool, desk->loop, &new_sum(desk, i, add_up)->job));
    }
    loop_run(desk->loop);
    assert_int_equal(desk->total, expected);
    assert_int_equal(desk->dropped, 0);
    offload_free(&pool);
    assert_null(pool);
    free_desk(desk);
}

static void refuses_what_does_not_fit_the_queue(void **state)
{
    (void)state;
    struct desk *desk = new_desk();
    struct offload *pool = offload_new(1, 2);
    assert_true(offload_submit(pool, desk->loop, &new_sum(desk, 0, wait_at_gate)->job));
    sem_wait(&desk->started); // the only thread is busy now
    assert_true(offload_submit(pool, desk->loop, &new_sum(desk, 1, add_up)->job));
    assert_true(offload_submit(pool, desk->loop, &new_sum(desk, 2, add_up)->job));
    struct sum *extra = new_sum(desk, 3, add_up);
    assert_false(offload_submit(pool, desk->loop, &extra->job));
    sem_post(&desk->gate);
    desk->wanted = 3;
    loop_run(desk->loop);
    assert_int_equal(desk->total, 1 + 1 + 3);
    // There is room again.
    desk->wanted = 4;
    assert_true(offload_submit(pool, desk->loop, &extra->job));
    loop_run(desk->loop);
    offload_free(&pool);
    free_desk(desk);
}

static void *open_gate(void *arg)
{
    struct desk *desk = arg;
    sem_post(&desk->gate);
    return NULL;
}

static void gives_waiting_jobs_back_when_it_ends(void **state)
{
    (void)state;
    struct desk *desk = new_desk();
    struct offload *pool = offload_new(1, 10);
    assert_true(offload_submit(pool, desk->loop, &new_sum(desk, 0, wait_at_gate)->job));
    sem_wait(&desk->started);
    for (unsigned i = 0; i < 5; i++)
        assert_true(offload_submit(pool, desk->loop, &new_sum(desk, 7, add_up)->job));
    pthread_t opener;
    assert_int_equal(pthread_create(&opener, NULL, open_gate, desk), 0);
    offload_free(&pool);
    pthread_join(opener, NULL);
    desk->wanted = 6;
    loop_run(desk->loop);
    // The running one has ended; those that waited were dropped, unless the gate opened before the
    // pool ended.
    assert_int_equal(desk->done, 6);
    assert_int_equal(desk->total, 1 + (5 - desk->dropped) * 28);
    free_desk(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(brings_all_results_back),
        cmocka_unit_test(refuses_what_does_not_fit_the_queue),
        cmocka_unit_test(gives_waiting_jobs_back_when_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

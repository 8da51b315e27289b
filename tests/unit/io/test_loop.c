// SPDX-License-Identifier: Apache-2.0
#include "io/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/unit.h"

struct end {
    struct loop_watch watch;
    struct loop *loop;
    unsigned events, calls;
    struct end *victim; // removed, closed and freed by the first event
};

static void note(struct loop_watch *watch, unsigned events)
{
    struct end *e = CONTAINER_OF(watch, struct end, watch);
    e->events |= events;
    e->calls++;
    struct end *victim = e->victim;
    e->victim = NULL;
    if (!victim)
        return;
    int fd = victim->watch.fd;
    loop_watch_remove(e->loop, &victim->watch);
    close(fd);
    victim->victim = NULL;
    if (victim != e)
        free(victim);
}

static struct end *add_end(struct loop *loop, int fd)
{
    struct end *e = calloc(1, sizeof(*e));
    assert_non_null(e);
    e->loop = loop;
    loop_watch_init(&e->watch, note);
    assert_true(loop_watch_add(loop, &e->watch, fd));
    return e;
}

static void drop_end(struct end *e)
{
    int fd = e->watch.fd;
    loop_watch_remove(e->loop, &e->watch);
    if (fd >= 0)
        close(fd);
    free(e);
}

static void make_pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

static void reports_events_once_per_edge(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    int fds[2];
    make_pair(fds);
    struct end *e = add_end(loop, fds[0]);
    loop_turn(loop, 0);
    assert_int_equal(e->events, LOOP_WRITABLE);
    e->events = 0;
    loop_turn(loop, 0);
    assert_int_equal(e->events, 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    loop_turn(loop, 100);
    assert_true(e->events & LOOP_READABLE);
    e->events = 0;
    loop_turn(loop, 0);
    assert_int_equal(e->events, 0);
    close(fds[1]);
    loop_turn(loop, 100);
    assert_true(e->events & LOOP_HANGUP);
    drop_end(e);
    loop_free(&loop);
    assert_null(loop);
}

static void reports_listeners_until_nothing_waits(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    int fds[2];
    make_pair(fds);
    struct end e = {.loop = loop};
    loop_watch_init(&e.watch, note);
    assert_true(loop_watch_add_listener(loop, &e.watch, fds[0]));
    assert_int_equal(write(fds[1], "x", 1), 1);
    loop_turn(loop, 100);
    loop_turn(loop, 100);
    assert_int_equal(e.calls, 2);
    loop_watch_remove(loop, &e.watch);
    loop_watch_remove(loop, &e.watch);
    loop_turn(loop, 0);
    assert_int_equal(e.calls, 2);
    close(fds[0]);
    close(fds[1]);
    loop_free(&loop);
}

struct costly {
    struct loop_task task;
    struct loop *loop;
    unsigned *order; // how many ran before
    unsigned ran_as;
    uint64_t spin_ns;
};

static void spin(struct loop_task *task)
{
    struct costly *c = CONTAINER_OF(task, struct costly, task);
    uint64_t begun = clock_mono_ns();
    while (clock_mono_ns() - begun < c->spin_ns)
        continue;
    c->ran_as = ++*c->order;
}

static void defer_costly(struct loop *loop, struct costly *tasks, unsigned count, unsigned *order)
{
    for (unsigned i = 0; i < count; i++) {
        loop_task_init(&tasks[i].task, spin);
        tasks[i].loop = loop;
        tasks[i].order = order;
        loop_defer_costly(loop, &tasks[i].task);
        loop_defer_costly(loop, &tasks[i].task);
    }
}

static void spreads_costly_tasks_over_turns(void **state)
{
    (void)state;
    enum { COUNT = 5 };
    struct loop *loop = loop_new();
    struct costly tasks[COUNT] = {{.spin_ns = 1000000},
                                  {.spin_ns = 1000000},
                                  {.spin_ns = 1000000},
                                  {.spin_ns = 1000000},
                                  {.spin_ns = 1000000}};
    unsigned order = 0;
    defer_costly(loop, tasks, COUNT, &order);
    for (unsigned turn = 1; turn <= COUNT; turn++) {
        loop_turn(loop, -1); // waits for nothing while some are left
        assert_int_equal(order, turn);
        assert_int_equal(tasks[turn - 1].ran_as, turn);
    }
    loop_turn(loop, 0);
    assert_int_equal(order, COUNT);
    loop_free(&loop);
}

static void takes_many_cheap_ones_in_a_turn(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct costly tasks[3] = {{.spin_ns = 0}};
    unsigned order = 0;
    defer_costly(loop, tasks, 3, &order);
    loop_task_cancel(loop, &tasks[1].task);
    for (unsigned turn = 0; turn < 3 && order < 2; turn++) // it may be stopped
        loop_turn(loop, 0);
    assert_int_equal(order, 2);
    assert_int_equal(tasks[1].ran_as, 0);
    assert_int_equal(tasks[2].ran_as, 2);
    loop_free(&loop);
}

// Whoever comes first in the batch frees the other, whose event is in the same batch.
static void survives_removal_of_others_in_the_batch(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    int a[2], b[2];
    make_pair(a);
    make_pair(b);
    struct end *first = add_end(loop, a[0]);
    struct end *second = add_end(loop, b[0]);
    first->victim = second;
    second->victim = first;
    loop_turn(loop, 0);
    // Exactly one is left; AddressSanitizer sees a call to the other. Its descriptor is the one
    // still open.
    struct end *left = fcntl(a[0], F_GETFD) >= 0 ? first : second;
    assert_int_equal(left->calls, 1);
    drop_end(left);
    close(a[1]);
    close(b[1]);
    loop_free(&loop);
}

static void survives_removal_of_itself(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    int fds[2];
    make_pair(fds);
    struct end *e = add_end(loop, fds[0]);
    e->victim = e;
    loop_turn(loop, 0);
    assert_int_equal(e->watch.fd, -1);
    assert_int_equal(e->calls, 1);
    free(e);
    close(fds[1]);
    loop_free(&loop);
}

static void refuses_a_bad_descriptor(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct loop_watch w;
    loop_watch_init(&w, note);
    assert_false(loop_watch_add(loop, &w, -1));
    assert_int_equal(w.fd, -1);
    loop_free(&loop);
}

static void says_why_when_descriptors_run_out(void **state)
{
    (void)state;
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct loop *loop = loop_new();
    int error = errno;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_null(loop);
    assert_int_equal(error, EMFILE);
}

// ---- timers

struct alarm {
    struct loop_timer timer;
    struct loop *loop;
    uint64_t fired_ms;
};

static void ring(struct loop_timer *timer)
{
    struct alarm *a = CONTAINER_OF(timer, struct alarm, timer);
    a->fired_ms = loop_now_ms(a->loop);
    loop_stop(a->loop);
}

static void wakes_for_a_timer_and_never_early(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct alarm a = {.loop = loop};
    loop_timer_init(&a.timer, ring);
    for (unsigned wait = 0; wait < 80; wait += 13) {
        uint64_t at = loop_now_ms(loop) + wait;
        loop_timer_set(loop, &a.timer, at);
        assert_true(a.timer.armed);
        loop_run(loop);
        assert_true(a.fired_ms >= at);
        assert_true(clock_mono_ns() / 1000000 >= at);
        assert_true(a.fired_ms < at + 1000);
        assert_false(a.timer.armed);
    }
    loop_free(&loop);
}

static void does_not_fire_a_cancelled_timer(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct alarm a = {.loop = loop};
    loop_timer_init(&a.timer, ring);
    loop_timer_cancel(loop, &a.timer);
    loop_timer_set(loop, &a.timer, loop_now_ms(loop) + 5);
    loop_timer_cancel(loop, &a.timer);
    loop_turn(loop, 20);
    assert_int_equal(a.fired_ms, 0);
    loop_free(&loop);
}

// ---- tasks

struct work {
    struct loop_task task;
    struct loop *loop;
    unsigned runs, again;
    struct work *cancels;
};

static void run(struct loop_task *task)
{
    struct work *w = CONTAINER_OF(task, struct work, task);
    w->runs++;
    if (w->again > 0) {
        w->again--;
        loop_defer(w->loop, task);
    }
    if (w->cancels)
        loop_task_cancel(w->loop, &w->cancels->task);
}

static void runs_a_task_once_per_turn(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct work w = {.loop = loop, .again = 2};
    loop_task_init(&w.task, run);
    loop_defer(loop, &w.task);
    loop_defer(loop, &w.task);
    for (unsigned turn = 1; turn <= 3; turn++) {
        loop_turn(loop, -1);
        assert_int_equal(w.runs, turn);
    }
    loop_turn(loop, 0);
    assert_int_equal(w.runs, 3);
    loop_free(&loop);
}

static void runs_no_cancelled_task(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct work second = {.loop = loop}, first = {.loop = loop, .cancels = &second};
    loop_task_init(&first.task, run);
    loop_task_init(&second.task, run);
    loop_defer(loop, &first.task);
    loop_defer(loop, &second.task);
    loop_turn(loop, 0);
    assert_int_equal(first.runs, 1);
    assert_int_equal(second.runs, 0);
    assert_false(second.task.queued);
    loop_free(&loop);
}

// A long transfer that defers itself each turn must not keep the others' events away.
static void hands_out_events_while_tasks_are_queued(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    int fds[2];
    make_pair(fds);
    struct end *e = add_end(loop, fds[0]);
    struct work w = {.loop = loop, .again = 10};
    loop_task_init(&w.task, run);
    loop_defer(loop, &w.task);
    assert_int_equal(write(fds[1], "x", 1), 1);
    loop_turn(loop, -1);
    assert_true(e->events & LOOP_READABLE);
    assert_int_equal(w.runs, 1);
    drop_end(e);
    close(fds[1]);
    loop_free(&loop);
}

// ---- messages

enum { SENDERS = 4, MESSAGES = 5000 };

struct inbox {
    struct loop *loop;
    unsigned count;
    unsigned last[SENDERS];
};

struct letter {
    struct loop_message message;
    struct inbox *to;
    unsigned sender, number;
};

static void receive(struct loop_message *message)
{
    struct letter *l = CONTAINER_OF(message, struct letter, message);
    struct inbox *inbox = l->to;
    // Each sender's messages come in the order they were posted.
    assert_true(l->number == inbox->last[l->sender] + 1);
    inbox->last[l->sender] = l->number;
    free(l);
    if (++inbox->count == SENDERS * MESSAGES)
        loop_stop(inbox->loop);
}

struct sender {
    struct inbox *to;
    unsigned index;
};

static void *send_all(void *arg)
{
    const struct sender *s = arg;
    for (unsigned i = 1; i <= MESSAGES; i++) {
        struct letter *l = calloc(1, sizeof(*l));
        if (!l)
            abort();
        *l = (struct letter){
            .message = {.deliver = receive}, .to = s->to, .sender = s->index, .number = i};
        loop_post(s->to->loop, &l->message);
    }
    return NULL;
}

static void delivers_messages_of_all_threads_in_order(void **state)
{
    (void)state;
    struct inbox inbox = {.loop = loop_new()};
    struct sender senders[SENDERS];
    pthread_t threads[SENDERS];
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){&inbox, i};
        assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    loop_run(inbox.loop);
    assert_int_equal(inbox.count, SENDERS * MESSAGES);
    for (unsigned i = 0; i < SENDERS; i++)
        pthread_join(threads[i], NULL);
    loop_free(&inbox.loop);
}

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void sleeps_when_nothing_happens(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct alarm a = {.loop = loop};
    loop_timer_init(&a.timer, ring);
    loop_timer_set(loop, &a.timer, loop_now_ms(loop) + 300);
    uint64_t before = cpu_ns();
    loop_run(loop);
    assert_true(cpu_ns() - before < 50 * 1000000);
    loop_free(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_events_once_per_edge),
        cmocka_unit_test(reports_listeners_until_nothing_waits),
        cmocka_unit_test(spreads_costly_tasks_over_turns),
        cmocka_unit_test(takes_many_cheap_ones_in_a_turn),
        cmocka_unit_test(survives_removal_of_others_in_the_batch),
        cmocka_unit_test(survives_removal_of_itself),
        cmocka_unit_test(refuses_a_bad_descriptor),
        cmocka_unit_test(says_why_when_descriptors_run_out),
        cmocka_unit_test(wakes_for_a_timer_and_never_early),
        cmocka_unit_test(does_not_fire_a_cancelled_timer),
        cmocka_unit_test(runs_a_task_once_per_turn),
        cmocka_unit_test(runs_no_cancelled_task),
        cmocka_unit_test(hands_out_events_while_tasks_are_queued),
        cmocka_unit_test(delivers_messages_of_all_threads_in_order),
        cmocka_unit_test(sleeps_when_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// One turn: wait, hand out events, messages, timers, then the tasks put off before, then some of
// the costly ones. The difficulty
// is that any callback may remove or free any other object while events for it are still in the
// batch: the batch stays in the loop, and removing a watch strikes its entries out. Timers and
// tasks unlink themselves from whatever list they are in.
#include "io/loop.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "io/wheel.h"

enum { BATCH = 256, NS_PER_MS = 1000000, COSTLY_NS = NS_PER_MS / 2, COSTLY_SHARE = 4 };

struct loop {
    int epoll_fd;
    int event_count; // entries of `events` in use
    int event_at;    // the one being handled
    bool stopping;
    uint64_t now_ns;
    struct list tasks;   // for the next turn
    struct list running; // of this turn
    struct list costly;  // one after the other, as time allows
    struct loop_watch wake;
    _Atomic(struct loop_message *) messages; // newest first
    struct wheel wheel;
    struct epoll_event events[BATCH];
};

static void deliver_messages(struct loop_watch *wake, unsigned events);

static bool register_fd(struct loop *loop, struct loop_watch *w, int fd, uint32_t interest)
{
    struct epoll_event event = {.events = interest, .data.ptr = w};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        return false;
    w->fd = fd;
    return true;
}

static bool open_wake(struct loop *loop)
{
    loop_watch_init(&loop->wake, deliver_messages);
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0)
        return false;
    if (register_fd(loop, &loop->wake, fd, EPOLLIN))
        return true;
    close(fd);
    return false;
}

static void read_clock(struct loop *loop)
{
    loop->now_ns = clock_mono_ns();
}

struct loop *loop_new(void)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    if (!loop)
        return NULL;
    list_init(&loop->tasks);
    list_init(&loop->running);
    list_init(&loop->costly);
    atomic_init(&loop->messages, NULL);
    read_clock(loop);
    wheel_init(&loop->wheel, loop_now_ms(loop));
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd >= 0 && open_wake(loop))
        return loop;
    int error = errno;
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    free(loop);
    errno = error;
    return NULL;
}

void loop_free(struct loop **loop)
{
    if (!*loop)
        return;
    close((*loop)->wake.fd);
    close((*loop)->epoll_fd);
    free(*loop);
    *loop = NULL;
}

uint64_t loop_now_ms(const struct loop *loop)
{
    return loop->now_ns / NS_PER_MS;
}

uint64_t loop_now_ns(const struct loop *loop)
{
    return loop->now_ns;
}

void loop_watch_init(struct loop_watch *w, void (*on_event)(struct loop_watch *, unsigned))
{
    *w = (struct loop_watch){.fd = -1, .on_event = on_event};
}

bool loop_watch_add(struct loop *loop, struct loop_watch *w, int fd)
{
    return register_fd(loop, w, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

bool loop_watch_add_listener(struct loop *loop, struct loop_watch *w, int fd)
{
    return register_fd(loop, w, fd, EPOLLIN);
}

void loop_watch_remove(struct loop *loop, struct loop_watch *w)
{
    if (w->fd < 0)
        return;
    // Closing alone would not do: a descriptor that a child process inherited keeps the
    // registration alive.
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
    w->fd = -1;
    for (int i = loop->event_at; i < loop->event_count; i++) {
        if (loop->events[i].data.ptr == w)
            loop->events[i].data.ptr = NULL;
    }
}

void loop_timer_init(struct loop_timer *t, void (*on_fire)(struct loop_timer *))
{
    *t = (struct loop_timer){.on_fire = on_fire};
    list_init(&t->link);
}

void loop_timer_set(struct loop *loop, struct loop_timer *t, uint64_t at_ms)
{
    wheel_set(&loop->wheel, t, at_ms);
}

void loop_timer_cancel(struct loop *loop, struct loop_timer *t)
{
    wheel_cancel(&loop->wheel, t);
}

void loop_task_init(struct loop_task *t, void (*run)(struct loop_task *))
{
    *t = (struct loop_task){.run = run};
    list_init(&t->link);
}

void loop_defer(struct loop *loop, struct loop_task *t)
{
    if (t->queued)
        return;
    t->queued = true;
    list_append(&loop->tasks, &t->link);
}

void loop_defer_costly(struct loop *loop, struct loop_task *t)
{
    if (t->queued)
        return;
    t->queued = true;
    list_append(&loop->costly, &t->link);
}

void loop_task_cancel(struct loop *loop, struct loop_task *t)
{
    (void)loop;
    list_remove(&t->link);
    t->queued = false;
}

void loop_post(struct loop *loop, struct loop_message *message)
{
    int wake_fd = loop->wake.fd;
    struct loop_message *head = atomic_load_explicit(&loop->messages, memory_order_relaxed);
    do {
        message->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&loop->messages, &head, message,
                                                    memory_order_release, memory_order_relaxed));
    // Who finds the stack occupied need not wake: the one who put the first message does.
    if (head)
        return;
    uint64_t one = 1;
    ssize_t done;
    do {
        done = write(wake_fd, &one, sizeof(one));
    } while (done < 0 && errno == EINTR);
    CHECK(done == (ssize_t)sizeof(one) || errno == EAGAIN);
}

static void deliver_messages(struct loop_watch *wake, unsigned events)
{
    (void)events;
    struct loop *loop = CONTAINER_OF(wake, struct loop, wake);
    uint64_t count;
    if (read(wake->fd, &count, sizeof(count)) < 0 && errno != EAGAIN && errno != EINTR)
        return;
    struct loop_message *newest =
        atomic_exchange_explicit(&loop->messages, NULL, memory_order_acquire);
    struct loop_message *oldest = NULL;
    while (newest) {
        struct loop_message *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct loop_message *message = oldest;
        oldest = message->next;
        message->deliver(message);
    }
}

static unsigned translate(uint32_t events)
{
    unsigned out = 0;
    if (events & EPOLLIN)
        out |= LOOP_READABLE;
    if (events & EPOLLOUT)
        out |= LOOP_WRITABLE;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        out |= LOOP_HANGUP;
    return out;
}

// Milliseconds epoll may wait, rounded up so that no timer finds itself early by a fraction and
// spins.
static int wait_ms(const struct loop *loop, int max_wait_ms)
{
    if (!list_is_empty(&loop->running) || !list_is_empty(&loop->costly))
        return 0;
    uint64_t next = wheel_next(&loop->wheel);
    if (next == UINT64_MAX)
        return max_wait_ms;
    uint64_t at_ns = next * NS_PER_MS;
    if (at_ns <= loop->now_ns)
        return 0;
    uint64_t ms = (at_ns - loop->now_ns + NS_PER_MS - 1) / NS_PER_MS;
    if (max_wait_ms >= 0 && ms > (uint64_t)max_wait_ms)
        return max_wait_ms;
    return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

static void handle_events(struct loop *loop)
{
    for (loop->event_at = 0; loop->event_at < loop->event_count; loop->event_at++) {
        struct epoll_event *event = &loop->events[loop->event_at];
        struct loop_watch *w = event->data.ptr;
        if (w)
            w->on_event(w, translate(event->events));
    }
    loop->event_count = 0;
}

static void run_first(struct list *tasks)
{
    struct loop_task *t = CONTAINER_OF(tasks->next, struct loop_task, link);
    list_remove(&t->link);
    t->queued = false;
    t->run(t);
}

static void run_tasks(struct loop *loop)
{
    while (!list_is_empty(&loop->running))
        run_first(&loop->running);
}

// A share of the turn, not a fixed time: else a busy worker would never let anybody in. A large
// one: whoever waits for a handshake waits in line for a long time, who is served only for a turn.
static void run_costly(struct loop *loop)
{
    if (list_is_empty(&loop->costly))
        return;
    uint64_t begun = clock_mono_ns(), now;
    uint64_t others = (begun - loop->now_ns) * COSTLY_SHARE;
    uint64_t share = others > COSTLY_NS ? others : COSTLY_NS;
    do {
        run_first(&loop->costly);
        now = clock_mono_ns();
    } while (now - begun < share && !list_is_empty(&loop->costly));
}

void loop_turn(struct loop *loop, int max_wait_ms)
{
    while (!list_is_empty(&loop->tasks)) {
        struct list *link = loop->tasks.next;
        list_remove(link);
        list_append(&loop->running, link);
    }
    int ready = epoll_wait(loop->epoll_fd, loop->events, BATCH, wait_ms(loop, max_wait_ms));
    CHECK(ready >= 0 || errno == EINTR);
    loop->event_count = ready > 0 ? ready : 0;
    read_clock(loop);
    handle_events(loop);
    wheel_advance(&loop->wheel, loop_now_ms(loop));
    run_tasks(loop);
    run_costly(loop);
}

void loop_run(struct loop *loop)
{
    loop->stopping = false;
    while (!loop->stopping)
        loop_turn(loop, -1);
}

void loop_stop(struct loop *loop)
{
    loop->stopping = true;
}

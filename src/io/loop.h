// SPDX-License-Identifier: Apache-2.0
// The event loop of one thread: descriptors by edge-triggered epoll (registered once, never
// modified, so steady traffic makes no epoll_ctl call), timers, and tasks put off to the end of the
// turn. Everything registered here is called on this thread only. Objects embed their watch, timer
// or task; the loop allocates nothing per event. A callback may remove or free any object, its own
// included: the loop looks again before every call.
#ifndef YETT_IO_LOOP_H
#define YETT_IO_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/list.h"

struct loop;

enum loop_event {
    LOOP_READABLE = 1,
    LOOP_WRITABLE = 2,
    LOOP_HANGUP = 4, // the other side closed, or an error: the next read or write tells
};

// A descriptor of interest. Edge-triggered: after an event the owner must use it up (until EAGAIN
// or a short transfer) or remember that there is more.
struct loop_watch {
    int fd; // -1 while not registered
    void (*on_event)(struct loop_watch *watch, unsigned events);
};

struct loop_timer {
    struct list link;
    uint64_t at_ms; // on the clock of loop_now_ms; meaningful while armed
    bool armed;
    void (*on_fire)(struct loop_timer *timer);
};

struct loop_task {
    struct list link;
    bool queued;
    void (*run)(struct loop_task *task);
};

// NULL (with errno) when the system refuses.
MUST_USE struct loop *loop_new(void);
void loop_free(struct loop **loop);

// Waits for and handles events until loop_stop is called (from this thread).
void loop_run(struct loop *loop);
// One turn: waits at most `max_wait_ms` (-1: until something happens), handles what is ready.
void loop_turn(struct loop *loop, int max_wait_ms);
void loop_stop(struct loop *loop);

// Monotonic time, read once per turn.
uint64_t loop_now_ms(const struct loop *loop);
uint64_t loop_now_ns(const struct loop *loop);

void loop_watch_init(struct loop_watch *w, void (*on_event)(struct loop_watch *, unsigned));
// Registers `fd` for reading, writing and hang-up. False with errno.
MUST_USE bool loop_watch_add(struct loop *loop, struct loop_watch *w, int fd);
// A listening socket: level-triggered, reading only, so that one worker may leave connections for
// the next turn.
MUST_USE bool loop_watch_add_listener(struct loop *loop, struct loop_watch *w, int fd);
// Forgets the descriptor (it is not closed). Harmless when not registered.
void loop_watch_remove(struct loop *loop, struct loop_watch *w);

void loop_timer_init(struct loop_timer *t, void (*on_fire)(struct loop_timer *));
// Arms or re-arms for `at_ms`; O(1) (a hierarchical wheel, resolution one millisecond near, coarser
// far away, never early).
void loop_timer_set(struct loop *loop, struct loop_timer *t, uint64_t at_ms);
void loop_timer_cancel(struct loop *loop, struct loop_timer *t);

void loop_task_init(struct loop_task *t, void (*run)(struct loop_task *));
// Runs the task once in the next turn, after the events ready by then have been taken: how a long
// transfer gives others their turn. Does nothing when queued already.
void loop_defer(struct loop *loop, struct loop_task *t);
// Work that costs as much as many requests (a TLS handshake): run in the order of calls at the end
// of this turn or of later ones. All of it together takes about four times as long as the rest of
// the turn, or half a millisecond if that is longer, so that a crowd of newcomers holds up nobody
// who is served.
// Does nothing when queued already.
void loop_defer_costly(struct loop *loop, struct loop_task *t);
void loop_task_cancel(struct loop *loop, struct loop_task *t);

// Messages from other threads. The struct belongs to the sender until posted, then to the loop
// until its `deliver` ran.
struct loop_message {
    struct loop_message *next;
    void (*deliver)(struct loop_message *message); // on the loop's thread
};
// Callable from any thread; lock-free; wakes the loop.
void loop_post(struct loop *loop, struct loop_message *message);

#endif

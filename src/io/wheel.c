// SPDX-License-Identifier: Apache-2.0
// Timers are set far more often than they fire (every request re-arms one), so setting and
// cancelling are a few instructions: the slot follows from the digits of two numbers, and a
// cancelled timer that was alone in its slot finds the slot's bit from the address of the list head
// it is left with.
#include "io/wheel.h"

#include <stddef.h>

enum { DIGIT_BITS = 6, DIGIT_MASK = WHEEL_SLOTS - 1 };

static const uint64_t last_ms = (UINT64_C(1) << (DIGIT_BITS * WHEEL_LEVELS)) - 1;

void wheel_init(struct wheel *w, uint64_t now)
{
    *w = (struct wheel){.now = now};
    for (unsigned i = 0; i < WHEEL_LEVELS * WHEEL_SLOTS; i++)
        list_init(&w->slots[i]);
    list_init(&w->due);
}

static void place(struct wheel *w, struct loop_timer *t)
{
    if (t->at_ms <= w->now) {
        list_append(&w->due, &t->link);
        return;
    }
    uint64_t at = t->at_ms < last_ms ? t->at_ms : last_ms;
    unsigned level = (63u - (unsigned)__builtin_clzll(at ^ w->now)) / DIGIT_BITS;
    unsigned slot = (unsigned)(at >> (DIGIT_BITS * level)) & DIGIT_MASK;
    w->used[level] |= UINT64_C(1) << slot;
    list_append(&w->slots[level * WHEEL_SLOTS + slot], &t->link);
}

void wheel_set(struct wheel *w, struct loop_timer *t, uint64_t at_ms)
{
    wheel_cancel(w, t);
    t->at_ms = at_ms;
    t->armed = true;
    place(w, t);
}

void wheel_cancel(struct wheel *w, struct loop_timer *t)
{
    if (!t->armed)
        return;
    struct list *rest = t->link.next;
    list_remove(&t->link);
    t->armed = false;
    if (!list_is_empty(rest))
        return;
    // `rest` is a head left alone: one of the slots, or the list of those being fired, which has no
    // bit.
    uintptr_t offset = (uintptr_t)rest - (uintptr_t)w->slots;
    if ((uintptr_t)rest < (uintptr_t)w->slots || offset >= sizeof(w->slots))
        return;
    size_t index = offset / sizeof(w->slots[0]);
    w->used[index / WHEEL_SLOTS] &= ~(UINT64_C(1) << (index % WHEEL_SLOTS));
}

uint64_t wheel_next(const struct wheel *w)
{
    if (!list_is_empty(&w->due))
        return w->now;
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        if (!w->used[level])
            continue;
        unsigned shift = DIGIT_BITS * level;
        uint64_t slot = (uint64_t)__builtin_ctzll(w->used[level]);
        return (w->now >> (shift + DIGIT_BITS) << (shift + DIGIT_BITS)) | slot << shift;
    }
    return UINT64_MAX;
}

// Moves all of `from` to the end of `to`.
static void splice(struct list *to, struct list *from)
{
    if (list_is_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}

// Goes to the beginning of the next occupied slot, `at`, and deals its timers out: to due, or to
// finer slots.
static void open_slot(struct wheel *w, uint64_t at)
{
    unsigned level = 0;
    while (!w->used[level])
        level++;
    unsigned slot = (unsigned)__builtin_ctzll(w->used[level]);
    struct list moving;
    list_init(&moving);
    splice(&moving, &w->slots[level * WHEEL_SLOTS + slot]);
    w->used[level] &= ~(UINT64_C(1) << slot);
    w->now = at;
    while (!list_is_empty(&moving)) {
        struct loop_timer *t = CONTAINER_OF(moving.next, struct loop_timer, link);
        list_remove(&t->link);
        if (at == last_ms)
            t->at_ms = at;
        place(w, t);
    }
}

void wheel_advance(struct wheel *w, uint64_t now)
{
    struct list firing;
    list_init(&firing);
    splice(&firing, &w->due);
    for (uint64_t next = wheel_next(w); next <= now; next = wheel_next(w)) {
        open_slot(w, next);
        splice(&firing, &w->due);
    }
    if (now > w->now)
        w->now = now;
    while (!list_is_empty(&firing)) {
        struct loop_timer *t = CONTAINER_OF(firing.next, struct loop_timer, link);
        list_remove(&t->link);
        t->armed = false;
        t->on_fire(t);
    }
}

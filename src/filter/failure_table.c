// SPDX-License-Identifier: Apache-2.0
// The word of a slot is the time when its window or lock-out ends, and the failures in it. The end
// never goes back, and a slot is free for another key once its end has passed, so the rule of
// key_table.h holds.
#include "filter/failure_table.h"

#include <stddef.h>

#include "filter/key_table.h"

enum {
    COUNT_SHIFT = 1,
    COUNT_BITS = 15,
    END_SHIFT = COUNT_SHIFT + COUNT_BITS, // 48 bits of milliseconds
};

static uint64_t make_word(uint64_t end_ms, uint64_t count)
{
    return end_ms << END_SHIFT | count << COUNT_SHIFT;
}

static uint64_t end_of(uint64_t word)
{
    return word >> END_SHIFT;
}

static uint64_t count_of(uint64_t word)
{
    return word >> COUNT_SHIFT & ((1u << COUNT_BITS) - 1);
}

struct newcomer {
    uint64_t now_ms, window_ms;
};

static uint64_t take_ended(uint64_t word, const void *ctx)
{
    const struct newcomer *n = ctx;
    return end_of(word) <= n->now_ms ? make_word(n->now_ms + n->window_ms, 0) : 0;
}

// The slot of the key, taken when it had none. False when the table is full.
static bool get_slot(struct key_table *t, uint64_t key, const struct failure_limit *l,
                     uint64_t now_ms, size_t *slot, uint64_t *word)
{
    const struct newcomer newcomer = {.now_ms = now_ms, .window_ms = l->window_ms};
    return key_table_find(t, key, slot, word) ||
           key_table_claim(t, key, take_ended, &newcomer, slot, word) != KEY_FULL;
}

enum failure_state failure_open(struct key_table *t, uint64_t key, const struct failure_limit *l,
                                uint64_t now_ms, uint64_t *wait_ms)
{
    size_t slot;
    uint64_t word;
    for (;;) {
        if (!get_slot(t, key, l, now_ms, &slot, &word))
            return FAILURE_FULL;
        if (end_of(word) > now_ms) {
            if (count_of(word) < l->max)
                return FAILURE_OPEN;
            *wait_ms = end_of(word) - now_ms;
            return FAILURE_LOCKED_OUT;
        }
        // An old window: opening it anew keeps the slot.
        if (key_table_update(t, slot, word, make_word(now_ms + l->window_ms, 0)))
            return FAILURE_OPEN;
    }
}

void failure_count(struct key_table *t, uint64_t key, const struct failure_limit *l,
                   uint64_t now_ms)
{
    size_t slot;
    uint64_t word, fresh;
    do {
        if (!get_slot(t, key, l, now_ms, &slot, &word))
            return;
        bool running = end_of(word) > now_ms;
        uint64_t end = running ? end_of(word) : now_ms + l->window_ms;
        uint64_t count = running ? count_of(word) : 0;
        if (running && count >= l->max)
            return;
        count++;
        if (count == l->max && end < now_ms + l->lockout_ms)
            end = now_ms + l->lockout_ms;
        fresh = make_word(end, count);
    } while (!key_table_update(t, slot, word, fresh));
}

bool failure_reaches(struct key_table *t, uint64_t key, const struct failure_limit *l,
                     uint64_t now_ms)
{
    size_t slot;
    uint64_t word, fresh;
    bool has_reached;
    do {
        if (!get_slot(t, key, l, now_ms, &slot, &word))
            return false;
        bool is_running = end_of(word) > now_ms;
        uint64_t end = is_running ? end_of(word) : now_ms + l->window_ms;
        uint64_t count = (is_running ? count_of(word) : 0) + 1;
        has_reached = count >= l->max;
        fresh = make_word(end, has_reached ? 0 : count);
    } while (!key_table_update(t, slot, word, fresh));
    return has_reached;
}

void failure_forget(struct key_table *t, uint64_t key, const struct failure_limit *l,
                    uint64_t now_ms)
{
    size_t slot;
    uint64_t word;
    while (key_table_find(t, key, &slot, &word)) {
        bool locked_out = count_of(word) >= l->max && end_of(word) > now_ms;
        if (locked_out || count_of(word) == 0 ||
            key_table_update(t, slot, word, make_word(end_of(word), 0)))
            return;
    }
}

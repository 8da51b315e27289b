// SPDX-License-Identifier: Apache-2.0
// Open addressing; the half that is rarest is removed at once, so that it costs little per entry.
#include "audit/top.h"

#include <string.h>

void top_init(struct top *t)
{
    hash_key_random(&t->hash);
}

static struct slice key_of(const struct top_entry *e)
{
    return slice_of(e->key, e->len);
}

// The slot of `key`, or the empty one where it belongs.
static size_t find(const struct top *t, struct slice key)
{
    size_t at = hash_bytes(&t->hash, key.ptr, key.len) % TOP_SLOTS;
    while (t->slots[at].count && !slice_eq(key_of(&t->slots[at]), key))
        at = (at + 1) % TOP_SLOTS;
    return at;
}

// Empties slot `at` and moves up what was displaced by it.
static void remove_at(struct top *t, size_t at)
{
    t->used--;
    t->slots[at].count = 0;
    for (size_t next = (at + 1) % TOP_SLOTS; t->slots[next].count; next = (next + 1) % TOP_SLOTS) {
        struct top_entry moved = t->slots[next];
        t->slots[next].count = 0;
        t->slots[find(t, key_of(&moved))] = moved;
    }
}

static void remove_rare(struct top *t, uint64_t limit)
{
    for (size_t at = 0; at < TOP_SLOTS;) {
        const struct top_entry *e = &t->slots[at];
        if (e->count && e->count + e->missed <= limit)
            remove_at(t, at); // another may stand here now
        else
            at++;
    }
}

static uint64_t least_of(const struct top *t)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < TOP_SLOTS; i++) {
        uint64_t most = t->slots[i].count + t->slots[i].missed;
        if (t->slots[i].count && most < least)
            least = most;
    }
    return least;
}

static void make_room(struct top *t)
{
    while (t->used > TOP_ENTRIES_MAX / 2) {
        t->floor = least_of(t);
        remove_rare(t, t->floor);
    }
}

void top_add(struct top *t, struct slice key, uint64_t count)
{
    key = slice_first(key, TOP_KEY_MAX);
    struct top_entry *e = &t->slots[find(t, key)];
    if (count == 0)
        return;
    if (e->count) {
        e->count += count;
        return;
    }
    if (t->used == TOP_ENTRIES_MAX) {
        make_room(t);
        e = &t->slots[find(t, key)];
    }
    *e = (struct top_entry){.count = count, .missed = t->floor, .len = key.len};
    if (key.len)
        memcpy(e->key, key.ptr, key.len);
    t->used++;
}

uint64_t top_count(const struct top *t, struct slice key)
{
    return t->slots[find(t, slice_first(key, TOP_KEY_MAX))].count;
}

static bool comes_before(const struct top_entry *a, const struct top_entry *b)
{
    if (a->count != b->count)
        return a->count > b->count;
    size_t len = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->key, b->key, len);
    return order != 0 ? order < 0 : a->len < b->len;
}

size_t top_most(const struct top *t, const struct top_entry **out, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < TOP_SLOTS && max; i++) {
        const struct top_entry *e = &t->slots[i];
        if (e->count == 0 || (count == max && !comes_before(e, out[count - 1])))
            continue;
        size_t at = count < max ? count++ : max - 1;
        for (; at > 0 && comes_before(e, out[at - 1]); at--)
            out[at] = out[at - 1];
        out[at] = e;
    }
    return count;
}

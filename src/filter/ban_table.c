// SPDX-License-Identifier: Apache-2.0
// Entries lie in an array, are found through chains by the keyed hash of the prefix, and stand in a
// heap whose top ends first. Writers take the lock. Readers walk the chains through atomics: an
// entry that is handed to another client under a reader's feet can lead it into a foreign chain, so
// `version` grows before any entry leaves its chain, and a reader that has found nothing looks
// whether it did. It gives up after a few tries, rather than wait: writers are rare.
#include "filter/ban_table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"

enum {
    TRIES = 8,
    FORGOTTEN_AT_ONCE = 4, // by each ban that is added: more than it adds
};

struct entry {
    // Read without the lock.
    _Atomic uint64_t key; // 0: unused
    _Atomic uint64_t until_ms;
    _Atomic uint64_t refused;
    _Atomic uint32_t next; // index + 1 of the next in the chain; 0: none
    // Under the lock.
    uint32_t heap_at;
    uint32_t times;
    uint64_t since_ms;
    struct addr_prefix who;
    char by[BAN_BY_MAX + 1];
    char reason[BAN_REASON_MAX + 1];
};

struct ban_table {
    _Atomic uint64_t latest_ms; // no ban ends later
    _Atomic uint64_t version;
    _Atomic uint64_t changes;
    struct hash_key hash;
    size_t mask; // of the chains
    _Atomic uint32_t *chains;
    struct entry *entries;
    pthread_mutex_t lock;
    size_t max;
    size_t fresh;    // entries from here on were never used
    uint32_t unused; // chain of those that are free again
    uint32_t *heap;  // indexes
    size_t count;    // of the heap
    uint64_t remember_ms;
    uint64_t added, evicted;
};

struct ban_table *ban_table_new(size_t max)
{
    struct ban_table *t = calloc(1, sizeof(*t));
    size_t chains = BAN_TABLE_MIN;
    CHECK(max >= BAN_TABLE_MIN && max <= BAN_TABLE_MAX);
    if (!t)
        return NULL;
    while (chains < 2 * max)
        chains *= 2;
    pthread_mutex_init(&t->lock, NULL);
    hash_key_random(&t->hash);
    t->max = max;
    t->mask = chains - 1;
    t->chains = calloc(chains, sizeof(*t->chains));
    t->entries = calloc(max, sizeof(*t->entries));
    t->heap = calloc(max, sizeof(*t->heap));
    if (!t->chains || !t->entries || !t->heap)
        ban_table_free(&t);
    return t;
}

void ban_table_free(struct ban_table **table)
{
    struct ban_table *t = *table;
    *table = NULL;
    if (!t)
        return;
    pthread_mutex_destroy(&t->lock);
    free((void *)t->chains);
    free(t->entries);
    free(t->heap);
    free(t);
}

static void lock(struct ban_table *t)
{
    pthread_mutex_lock(&t->lock);
}

static void unlock(struct ban_table *t)
{
    pthread_mutex_unlock(&t->lock);
}

void ban_table_remember(struct ban_table *t, uint64_t ms)
{
    lock(t);
    t->remember_ms = ms;
    unlock(t);
}

static uint64_t key_of(const struct ban_table *t, const struct addr_prefix *who)
{
    uint8_t bytes[sizeof(who->bytes) + 1];
    memcpy(bytes, who->bytes, sizeof(who->bytes));
    bytes[sizeof(who->bytes)] = who->bits;
    uint64_t key = hash_bytes(&t->hash, bytes, sizeof(bytes));
    return key ? key : 1;
}

static _Atomic uint32_t *chain_of(struct ban_table *t, uint64_t key)
{
    return &t->chains[key & t->mask];
}

// ---- the heap: entries by their end

static uint64_t until_of(const struct ban_table *t, uint32_t index)
{
    return atomic_load_explicit(&t->entries[index].until_ms, memory_order_relaxed);
}

static void place(struct ban_table *t, size_t at, uint32_t index)
{
    t->heap[at] = index;
    t->entries[index].heap_at = (uint32_t)at;
}

static void sift_up(struct ban_table *t, size_t at)
{
    uint32_t index = t->heap[at];
    for (; at > 0 && until_of(t, t->heap[(at - 1) / 2]) > until_of(t, index); at = (at - 1) / 2)
        place(t, at, t->heap[(at - 1) / 2]);
    place(t, at, index);
}

static void sift_down(struct ban_table *t, size_t at)
{
    uint32_t index = t->heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < t->count && until_of(t, t->heap[child + 1]) < until_of(t, t->heap[child]))
            child++;
        if (child >= t->count || until_of(t, t->heap[child]) >= until_of(t, index))
            break;
        place(t, at, t->heap[child]);
        at = child;
    }
    place(t, at, index);
}

static void settle(struct ban_table *t, uint32_t index)
{
    sift_up(t, t->entries[index].heap_at);
    sift_down(t, t->entries[index].heap_at);
}

static void take_off_heap(struct ban_table *t, uint32_t index)
{
    size_t at = t->entries[index].heap_at;
    uint32_t last = t->heap[--t->count];
    if (last == index)
        return;
    place(t, at, last);
    settle(t, last);
}

// ---- entries

// Takes the entry out of everything. Its memory stays readable, so readers that stand on it come to
// no harm.
static void drop(struct ban_table *t, uint32_t index)
{
    struct entry *e = &t->entries[index];
    _Atomic uint32_t *at = chain_of(t, e->key);
    atomic_fetch_add_explicit(&t->version, 1, memory_order_release);
    while (*at != index + 1)
        at = &t->entries[*at - 1].next;
    atomic_store_explicit(at, e->next, memory_order_release);
    atomic_store_explicit(&e->until_ms, 0, memory_order_release);
    atomic_store_explicit(&e->key, 0, memory_order_release);
    take_off_heap(t, index);
    atomic_store_explicit(&e->next, t->unused, memory_order_release);
    t->unused = index + 1;
    if (t->count == 0)
        atomic_store_explicit(&t->latest_ms, 0, memory_order_release);
}

static void forget_old(struct ban_table *t, uint64_t now_ms)
{
    for (unsigned i = 0; i < FORGOTTEN_AT_ONCE && t->count > 0; i++) {
        if (until_of(t, t->heap[0]) + t->remember_ms > now_ms)
            return;
        drop(t, t->heap[0]);
    }
}

// Index + 1, or 0.
static uint32_t find(struct ban_table *t, uint64_t key)
{
    uint32_t at = *chain_of(t, key);
    while (at && t->entries[at - 1].key != key)
        at = t->entries[at - 1].next;
    return at;
}

static uint32_t take_unused(struct ban_table *t, uint64_t now_ms)
{
    if (!t->unused && t->fresh == t->max) {
        t->evicted += until_of(t, t->heap[0]) > now_ms;
        drop(t, t->heap[0]);
    }
    if (!t->unused)
        return (uint32_t)t->fresh++;
    uint32_t index = t->unused - 1;
    t->unused = t->entries[index].next;
    return index;
}

static void set_until(struct ban_table *t, uint32_t index, uint64_t until_ms)
{
    atomic_store_explicit(&t->entries[index].until_ms, until_ms, memory_order_release);
    if (until_ms > atomic_load_explicit(&t->latest_ms, memory_order_relaxed))
        atomic_store_explicit(&t->latest_ms, until_ms, memory_order_release);
}

// An entry for a prefix that has none. Readers find it when it is whole.
static uint32_t insert(struct ban_table *t, const struct addr_prefix *who, uint64_t until_ms,
                       uint64_t now_ms)
{
    uint64_t key = key_of(t, who);
    uint32_t index = take_unused(t, now_ms);
    struct entry *e = &t->entries[index];
    _Atomic uint32_t *chain = chain_of(t, key);
    e->who = *who;
    e->times = 0;
    atomic_store_explicit(&e->refused, 0, memory_order_relaxed);
    atomic_store_explicit(&e->key, key, memory_order_release);
    set_until(t, index, until_ms);
    atomic_store_explicit(&e->next, *chain, memory_order_release);
    atomic_store_explicit(chain, index + 1, memory_order_release);
    place(t, t->count++, index);
    sift_up(t, t->count - 1);
    return index;
}

static void copy_text(char *out, size_t max, struct slice text)
{
    text = slice_first(text, max);
    if (text.len)
        memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
}

static void copy_out(const struct entry *e, struct ban *out)
{
    *out = (struct ban){
        .who = e->who,
        .since_ms = e->since_ms,
        .until_ms = atomic_load_explicit(&e->until_ms, memory_order_relaxed),
        .times = e->times,
        .refused = atomic_load_explicit(&e->refused, memory_order_relaxed),
    };
    memcpy(out->by, e->by, sizeof(out->by));
    memcpy(out->reason, e->reason, sizeof(out->reason));
}

static void note_change(struct ban_table *t)
{
    atomic_fetch_add_explicit(&t->changes, 1, memory_order_release);
}

// ---- what others call

static bool look(struct ban_table *t, uint64_t key, uint64_t now_ms, uint64_t *until_ms)
{
    size_t steps = 0;
    uint32_t at = atomic_load_explicit(chain_of(t, key), memory_order_acquire);
    while (at && steps++ < t->max) {
        struct entry *e = &t->entries[at - 1];
        // The end first, then the key: an end is written behind the key it belongs to.
        uint64_t until = atomic_load_explicit(&e->until_ms, memory_order_acquire);
        if (atomic_load_explicit(&e->key, memory_order_acquire) == key) {
            if (until <= now_ms)
                return false;
            *until_ms = until;
            atomic_fetch_add_explicit(&e->refused, 1, memory_order_relaxed);
            return true;
        }
        at = atomic_load_explicit(&e->next, memory_order_acquire);
    }
    return false;
}

bool ban_table_is_idle(const struct ban_table *t, uint64_t now_ms)
{
    return atomic_load_explicit(&t->latest_ms, memory_order_acquire) <= now_ms;
}

bool ban_table_has(struct ban_table *t, const struct addr_prefix *who, uint64_t now_ms,
                   uint64_t *until_ms)
{
    if (ban_table_is_idle(t, now_ms))
        return false;
    uint64_t key = key_of(t, who);
    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t before = atomic_load_explicit(&t->version, memory_order_acquire);
        if (look(t, key, now_ms, until_ms))
            return true;
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&t->version, memory_order_relaxed) == before)
            return false;
    }
    return false;
}

static uint64_t lasting(const struct ban_order *o, uint32_t times)
{
    uint64_t ms = o->for_ms;
    if (o->is_exact)
        return ms;
    for (uint32_t i = 1; i < times && ms < o->max_ms; i++)
        ms *= 2;
    return ms < o->max_ms ? ms : o->max_ms;
}

static bool add(struct ban_table *t, const struct ban_order *o, uint64_t now_ms, struct ban *out)
{
    forget_old(t, now_ms);
    uint32_t at = find(t, key_of(t, &o->who));
    bool is_in_force = at && until_of(t, at - 1) > now_ms;
    if (is_in_force && !o->is_exact) {
        copy_out(&t->entries[at - 1], out);
        return false;
    }
    uint32_t index = at ? at - 1 : insert(t, &o->who, now_ms, now_ms);
    struct entry *e = &t->entries[index];
    if (until_of(t, index) + t->remember_ms < now_ms) // not swept yet
        e->times = 0;
    e->times += e->times < UINT32_MAX;
    e->since_ms = now_ms;
    copy_text(e->by, BAN_BY_MAX, o->by);
    copy_text(e->reason, BAN_REASON_MAX, o->reason);
    atomic_store_explicit(&e->refused, 0, memory_order_relaxed);
    set_until(t, index, now_ms + lasting(o, e->times));
    settle(t, index);
    t->added++;
    note_change(t);
    copy_out(e, out);
    return true;
}

bool ban_table_add(struct ban_table *t, const struct ban_order *o, uint64_t now_ms, struct ban *out)
{
    struct ban ignored;
    CHECK(o->for_ms > 0 && o->for_ms <= BAN_MS_MAX && o->max_ms <= BAN_MS_MAX);
    lock(t);
    bool added = add(t, o, now_ms, out ? out : &ignored);
    unlock(t);
    return added;
}

void ban_table_restore(struct ban_table *t, const struct ban *b, uint64_t now_ms)
{
    lock(t);
    if (b->until_ms + t->remember_ms > now_ms && !find(t, key_of(t, &b->who))) {
        struct entry *e = &t->entries[insert(t, &b->who, b->until_ms, now_ms)];
        e->times = b->times;
        e->since_ms = b->since_ms;
        copy_text(e->by, BAN_BY_MAX, slice_str(b->by));
        copy_text(e->reason, BAN_REASON_MAX, slice_str(b->reason));
        atomic_store_explicit(&e->refused, b->refused, memory_order_relaxed);
    }
    unlock(t);
}

bool ban_table_remove(struct ban_table *t, const struct addr_prefix *who, uint64_t now_ms)
{
    lock(t);
    uint32_t at = find(t, key_of(t, who));
    bool was_in_force = at && until_of(t, at - 1) > now_ms;
    if (was_in_force) {
        drop(t, at - 1);
        note_change(t);
    }
    unlock(t);
    return was_in_force;
}

static bool lies_within(const struct addr_prefix *who, const struct addr_prefix *prefixes,
                        size_t count)
{
    struct addr a = {0};
    memcpy(a.bytes, who->bytes, sizeof(a.bytes));
    for (size_t i = 0; i < count; i++)
        if (prefixes[i].bits <= who->bits && addr_prefix_has(&prefixes[i], &a))
            return true;
    return false;
}

void ban_table_remove_within(struct ban_table *t, const struct addr_prefix *prefixes, size_t count)
{
    if (count == 0)
        return;
    lock(t);
    for (size_t i = 0; i < t->fresh; i++) {
        if (t->entries[i].key && lies_within(&t->entries[i].who, prefixes, count)) {
            drop(t, (uint32_t)i);
            note_change(t);
        }
    }
    unlock(t);
}

size_t ban_table_copy(struct ban_table *t, size_t *at, struct ban *out, size_t max)
{
    size_t copied = 0;
    lock(t);
    for (; *at < t->fresh && copied < max; ++*at)
        if (t->entries[*at].key)
            copy_out(&t->entries[*at], &out[copied++]);
    unlock(t);
    return copied;
}

struct ban_counts ban_table_counts(struct ban_table *t, uint64_t now_ms)
{
    lock(t);
    struct ban_counts counts = {.added = t->added, .evicted = t->evicted};
    for (size_t i = 0; i < t->count; i++)
        counts.in_force += until_of(t, t->heap[i]) > now_ms;
    unlock(t);
    return counts;
}

uint64_t ban_table_changes(const struct ban_table *t)
{
    return atomic_load_explicit(&t->changes, memory_order_acquire);
}

// SPDX-License-Identifier: Apache-2.0
// A bucket is one cache line of keys and one of words, so that looking for a key reads a line or
// two. Of its two buckets a newcomer takes the emptier one, which keeps a table from turning keys
// away before it is 70 % full.
#include "filter/key_table.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/hash.h"

enum {
    WAYS = 8,
    LINE = 64,
    SPINS = 64, // before the thread gives way to the one it waits for
};

struct bucket {
    _Alignas(LINE) _Atomic uint64_t keys[WAYS];
    _Alignas(LINE) _Atomic uint64_t words[WAYS];
};

struct key_table {
    struct bucket *buckets;
    atomic_flag *locks; // one for each bucket
    size_t count;       // of buckets, a power of two
};

size_t key_table_rounded(size_t slots)
{
    size_t rounded = KEY_TABLE_SLOTS_MIN;
    while (rounded < slots && rounded < KEY_TABLE_SLOTS_MAX)
        rounded *= 2;
    return rounded;
}

struct key_table *key_table_new(size_t slots)
{
    struct key_table *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->count = key_table_rounded(slots) / WAYS;
    t->buckets = aligned_alloc(LINE, t->count * sizeof(*t->buckets));
    t->locks = calloc(t->count, sizeof(*t->locks));
    if (!t->buckets || !t->locks) {
        key_table_free(&t);
        return NULL;
    }
    for (size_t b = 0; b < t->count; b++) {
        atomic_flag_clear(&t->locks[b]);
        for (size_t w = 0; w < WAYS; w++) {
            atomic_init(&t->buckets[b].keys[w], 0);
            atomic_init(&t->buckets[b].words[w], 0);
        }
    }
    return t;
}

void key_table_free(struct key_table **t)
{
    if (!*t)
        return;
    free((*t)->buckets);
    free((*t)->locks);
    free(*t);
    *t = NULL;
}

size_t key_table_slots(const struct key_table *t)
{
    return t->count * WAYS;
}

uint64_t key_table_key(const struct hash_key *hash, const void *bytes, size_t len)
{
    uint64_t key = hash_bytes(hash, bytes, len);
    return key ? key : 1;
}

static size_t home_bucket(const struct key_table *t, uint64_t key)
{
    return (size_t)key & (t->count - 1);
}

// The other bucket; KEY_TABLE_SLOTS_MIN sees to it that there is one.
static size_t second_bucket(const struct key_table *t, uint64_t key)
{
    size_t home = home_bucket(t, key);
    size_t second = (size_t)(key >> 32) & (t->count - 1);
    return second == home ? home ^ 1 : second;
}

static _Atomic uint64_t *key_at(struct key_table *t, size_t slot)
{
    return &t->buckets[slot / WAYS].keys[slot % WAYS];
}

static _Atomic uint64_t *word_at(struct key_table *t, size_t slot)
{
    return &t->buckets[slot / WAYS].words[slot % WAYS];
}

static void wait_a_moment(unsigned *spins)
{
    if (++*spins % SPINS == 0)
        (void)sched_yield();
}

static uint64_t settled_word(struct key_table *t, size_t slot)
{
    unsigned spins = 0;
    uint64_t word;
    while ((word = atomic_load_explicit(word_at(t, slot), memory_order_acquire)) & KEY_WORD_BUSY)
        wait_a_moment(&spins);
    return word;
}

static bool find_in(struct key_table *t, size_t bucket, uint64_t key, size_t *slot, uint64_t *word)
{
    for (size_t s = bucket * WAYS; s < (bucket + 1) * WAYS; s++) {
        if (atomic_load_explicit(key_at(t, s), memory_order_acquire) != key)
            continue;
        uint64_t seen = settled_word(t, s);
        // The word first, then the key: see the rule in the header.
        if (atomic_load_explicit(key_at(t, s), memory_order_acquire) != key)
            continue;
        *slot = s;
        *word = seen;
        return true;
    }
    return false;
}

bool key_table_find(struct key_table *t, uint64_t key, size_t *slot, uint64_t *word)
{
    return find_in(t, home_bucket(t, key), key, slot, word) ||
           find_in(t, second_bucket(t, key), key, slot, word);
}

bool key_table_update(struct key_table *t, size_t slot, uint64_t word, uint64_t fresh)
{
    return atomic_compare_exchange_strong_explicit(word_at(t, slot), &word, fresh,
                                                   memory_order_acq_rel, memory_order_acquire);
}

void key_table_subtract(struct key_table *t, size_t slot, uint64_t amount)
{
    (void)atomic_fetch_sub_explicit(word_at(t, slot), amount, memory_order_acq_rel);
}

static size_t count_free(struct key_table *t, size_t bucket,
                         uint64_t (*take)(uint64_t, const void *), const void *ctx)
{
    size_t found = 0;
    for (size_t s = bucket * WAYS; s < (bucket + 1) * WAYS; s++) {
        uint64_t word = atomic_load_explicit(word_at(t, s), memory_order_acquire);
        found += !(word & KEY_WORD_BUSY) && take(word, ctx) != 0;
    }
    return found;
}

static bool claim_in(struct key_table *t, size_t bucket, uint64_t key,
                     uint64_t (*take)(uint64_t, const void *), const void *ctx, size_t *slot,
                     uint64_t *word)
{
    for (size_t s = bucket * WAYS; s < (bucket + 1) * WAYS; s++) {
        uint64_t old = atomic_load_explicit(word_at(t, s), memory_order_acquire);
        uint64_t fresh = old & KEY_WORD_BUSY ? 0 : take(old, ctx);
        if (!fresh || !key_table_update(t, s, old, old | KEY_WORD_BUSY))
            continue;
        atomic_store_explicit(key_at(t, s), key, memory_order_release);
        atomic_store_explicit(word_at(t, s), fresh, memory_order_release);
        *slot = s;
        *word = fresh;
        return true;
    }
    return false;
}

enum key_claim key_table_claim(struct key_table *t, uint64_t key,
                               uint64_t (*take)(uint64_t word, const void *ctx), const void *ctx,
                               size_t *slot, uint64_t *word)
{
    size_t first = home_bucket(t, key), second = second_bucket(t, key);
    atomic_flag *lock = &t->locks[first];
    unsigned spins = 0;
    while (atomic_flag_test_and_set_explicit(lock, memory_order_acquire))
        wait_a_moment(&spins);
    enum key_claim result = KEY_FULL;
    if (key_table_find(t, key, slot, word)) {
        result = KEY_FOUND;
    } else {
        if (count_free(t, second, take, ctx) > count_free(t, first, take, ctx)) {
            size_t emptier = second;
            second = first;
            first = emptier;
        }
        if (claim_in(t, first, key, take, ctx, slot, word) ||
            claim_in(t, second, key, take, ctx, slot, word))
            result = KEY_CLAIMED;
    }
    atomic_flag_clear_explicit(lock, memory_order_release);
    return result;
}

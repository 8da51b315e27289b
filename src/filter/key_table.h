// SPDX-License-Identifier: Apache-2.0
// A fixed number of slots {key, word}, used by all workers at once: what rate limits, concurrency
// limits and counts of failures are kept in. A key (a keyed hash of who is counted) has two buckets
// of eight slots it may lie in; when all of those are taken by live keys the table is full for that
// key, and the caller says what follows.
//
// How a word is changed without a lock: read the word, see that the key beside it is ours,
// compare-and-swap the word. That is sound because of one rule the users keep: WHILE A SLOT LIVES
// UNDER ANY KEY, A WORD THAT IT EVER HAD UNDER AN EARLIER KEY NEVER COMES BACK (times only grow,
// generations count up). So a swap that succeeds proves that the slot has not changed hands since
// its key was read. Handing a slot to another key marks the word busy first, then writes the key,
// then the new word; who meets a busy word waits those few instructions. Newcomers take a lock of
// their home bucket, so that one key never gets two slots; keys that are there take none.
#ifndef YETT_FILTER_KEY_TABLE_H
#define YETT_FILTER_KEY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct hash_key;
struct key_table;

enum {
    KEY_TABLE_SLOTS_MIN = 16,
    KEY_TABLE_SLOTS_MAX = 1 << 24,
    KEY_WORD_BUSY = 1, // bit 0 of every word belongs to the table; 0 in words of users
};

// At least `slots` slots (rounded up to a power of two, within the bounds above); NULL without
// memory.
MUST_USE struct key_table *key_table_new(size_t slots);
void key_table_free(struct key_table **t);
// What key_table_new makes of `slots`.
size_t key_table_rounded(size_t slots);
size_t key_table_slots(const struct key_table *t);
// The key of some bytes: their hash, but never 0.
uint64_t key_table_key(const struct hash_key *hash, const void *bytes, size_t len);

// Finds the slot of `key` and its word.
MUST_USE bool key_table_find(struct key_table *t, uint64_t key, size_t *slot, uint64_t *word);
// Replaces *word by `fresh` (bit 0 clear); false when the slot has changed meanwhile: find it
// again.
MUST_USE bool key_table_update(struct key_table *t, size_t slot, uint64_t word, uint64_t fresh);

// Takes `amount` off the word of a slot that is live and stays with its key until then.
void key_table_subtract(struct key_table *t, size_t slot, uint64_t amount);

enum key_claim {
    KEY_CLAIMED, // a slot was free: it has our key and the word `take` answered
    KEY_FOUND,   // somebody else had put the key in: *slot and *word are as from key_table_find
    KEY_FULL,    // every slot this key may have is live
};
// Gets a slot for a key that was not found. `take` is told the word of a slot and answers the word
// a newcomer begins with, or 0 when the slot is live (bit 0 clear; a word of 0 is a slot never
// used).
MUST_USE enum key_claim key_table_claim(struct key_table *t, uint64_t key,
                                        uint64_t (*take)(uint64_t word, const void *ctx),
                                        const void *ctx, size_t *slot, uint64_t *word);

#endif

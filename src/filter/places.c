// SPDX-License-Identifier: Apache-2.0
// The word of a slot is a generation and a count. A slot without a taken place is free for another
// key, which begins a new generation: so a word never comes back under another key (short of 2^32
// changes of hands within one update). A slot with a taken place keeps its key, so giving back
// needs no search.
#include "filter/places.h"

#include <stddef.h>

#include "filter/key_table.h"

#define GENERATION_ONE (UINT64_C(1) << 32)
#define COUNT_ONE      UINT64_C(2)

static uint64_t count_of(uint64_t word)
{
    return (word & (GENERATION_ONE - 1)) >> 1;
}

static uint64_t take_empty(uint64_t word, const void *ctx)
{
    (void)ctx;
    return count_of(word) ? 0 : word + GENERATION_ONE + COUNT_ONE;
}

enum places_result places_take(struct key_table *t, uint64_t key, uint64_t limit, uint64_t *token,
                               uint64_t *left)
{
    size_t slot;
    uint64_t word;
    for (;;) {
        if (!key_table_find(t, key, &slot, &word)) {
            enum key_claim claim = key_table_claim(t, key, take_empty, NULL, &slot, &word);
            if (claim == KEY_FULL)
                return PLACES_FULL;
            if (claim == KEY_CLAIMED) {
                *token = slot;
                *left = limit - 1;
                return PLACES_TAKEN;
            }
        }
        uint64_t count = count_of(word);
        if (count >= limit)
            return PLACES_NONE_LEFT;
        if (key_table_update(t, slot, word, word + COUNT_ONE)) {
            *token = slot;
            *left = limit - count - 1;
            return PLACES_TAKEN;
        }
    }
}

void places_give(struct key_table *t, uint64_t token)
{
    key_table_subtract(t, (size_t)token, COUNT_ONE);
}

// SPDX-License-Identifier: Apache-2.0
#include "filter/key_table.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "support/dice.h"
#include "support/unit.h"

// Words as places.c has them: a generation and a count of users; free without users.
enum { GENERATION = 1 << 16, USER = 2 };

static uint64_t take_unused(uint64_t word, const void *ctx)
{
    (void)ctx;
    return word & (GENERATION - 1) ? 0 : word + GENERATION + USER;
}

static struct key_table *table(size_t slots)
{
    struct key_table *t = key_table_new(slots);
    assert_non_null(t);
    return t;
}

static void finds_what_was_claimed(void **state)
{
    (void)state;
    struct key_table *t = table(64);
    size_t slot, again;
    uint64_t word;
    assert_false(key_table_find(t, 42, &slot, &word));
    assert_int_equal(key_table_claim(t, 42, take_unused, NULL, &slot, &word), KEY_CLAIMED);
    assert_int_equal(word, GENERATION + USER);
    assert_int_equal(key_table_claim(t, 42, take_unused, NULL, &again, &word), KEY_FOUND);
    assert_int_equal(slot, again);
    assert_true(key_table_find(t, 42, &again, &word));
    assert_int_equal(slot, again);
    key_table_free(&t);
}

static void update_fails_when_the_word_has_changed(void **state)
{
    (void)state;
    struct key_table *t = table(64);
    size_t slot;
    uint64_t word;
    assert_int_equal(key_table_claim(t, 42, take_unused, NULL, &slot, &word), KEY_CLAIMED);
    assert_true(key_table_update(t, slot, word, word + USER));
    assert_false(key_table_update(t, slot, word, word + USER));
    key_table_subtract(t, slot, USER);
    assert_true(key_table_find(t, 42, &slot, &word));
    assert_int_equal(word, GENERATION + USER);
    key_table_free(&t);
}

static void live_slots_are_never_taken(void **state)
{
    (void)state;
    struct key_table *t = table(KEY_TABLE_SLOTS_MIN);
    size_t slot, freed = 0;
    uint64_t word;
    for (uint64_t key = 1; key <= KEY_TABLE_SLOTS_MIN; key++)
        assert_int_equal(key_table_claim(t, key, take_unused, NULL, &slot, &word), KEY_CLAIMED);
    assert_int_equal(key_table_claim(t, 99, take_unused, NULL, &slot, &word), KEY_FULL);
    assert_true(key_table_find(t, 5, &freed, &word));
    key_table_subtract(t, freed, USER);
    assert_int_equal(key_table_claim(t, 99, take_unused, NULL, &slot, &word), KEY_CLAIMED);
    assert_int_equal(slot, freed);
    assert_int_equal(word, 2 * GENERATION + USER);
    assert_false(key_table_find(t, 5, &slot, &word));
    key_table_free(&t);
}

static void fills_to_two_thirds_without_turning_keys_away(void **state)
{
    (void)state;
    struct key_table *t = table(65536);
    struct dice d = {3};
    struct hash_key hash = {1, 2};
    size_t slot;
    uint64_t word;
    for (size_t i = 0; i < 65536 * 2 / 3; i++) {
        uint64_t name = dice_below(&d, UINT64_MAX);
        assert_int_equal(key_table_claim(t, key_table_key(&hash, &name, sizeof(name)), take_unused,
                                         NULL, &slot, &word),
                         KEY_CLAIMED);
    }
    key_table_free(&t);
}

static void rounds_sizes_within_bounds(void **state)
{
    (void)state;
    assert_int_equal(key_table_rounded(0), KEY_TABLE_SLOTS_MIN);
    assert_int_equal(key_table_rounded(1000), 1024);
    assert_int_equal(key_table_rounded(1024), 1024);
    assert_int_equal(key_table_rounded(SIZE_MAX), KEY_TABLE_SLOTS_MAX);
}

enum { THREADS = 4, ROUNDS = 20000, KEYS = 40 };

struct crowd {
    struct key_table *table; // with fewer slots than keys, so that slots change hands all the time
    _Atomic int inside[KEYS + 1];
    _Atomic size_t turned_away;
};

struct visitor {
    struct crowd *crowd;
    uint64_t seed;
};

// Adds one user to the key's slot, or claims one with one user.
static bool enter(struct key_table *t, uint64_t key, size_t *slot)
{
    uint64_t word;
    for (;;) {
        if (!key_table_find(t, key, slot, &word)) {
            enum key_claim claim = key_table_claim(t, key, take_unused, NULL, slot, &word);
            if (claim != KEY_FOUND)
                return claim == KEY_CLAIMED;
        }
        if (key_table_update(t, *slot, word, word + USER))
            return true;
    }
}

static void *visit(void *arg)
{
    const struct visitor *v = arg;
    struct crowd *c = v->crowd;
    struct dice d = {v->seed};
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t key = 1 + dice_below(&d, KEYS);
        size_t slot, seen;
        uint64_t word;
        if (!enter(c->table, key, &slot)) {
            atomic_fetch_add(&c->turned_away, 1);
            continue;
        }
        atomic_fetch_add(&c->inside[key], 1);
        // While we are in, the key has this slot and no other, and the count includes us.
        if (!key_table_find(c->table, key, &seen, &word) || seen != slot ||
            (word & (GENERATION - 1)) < USER)
            return arg;
        atomic_fetch_sub(&c->inside[key], 1);
        key_table_subtract(c->table, slot, USER);
    }
    return NULL;
}

static void slots_change_hands_without_mixing_keys(void **state)
{
    (void)state;
    struct crowd c = {.table = table(KEY_TABLE_SLOTS_MIN)};
    struct visitor visitors[THREADS];
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        visitors[i] = (struct visitor){.crowd = &c, .seed = i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, visit, &visitors[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    // All have left: every slot is free again.
    for (uint64_t key = 1000; key < 1000 + KEY_TABLE_SLOTS_MIN; key++) {
        size_t slot;
        uint64_t word;
        assert_int_equal(key_table_claim(c.table, key, take_unused, NULL, &slot, &word),
                         KEY_CLAIMED);
    }
    key_table_free(&c.table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_claimed),
        cmocka_unit_test(update_fails_when_the_word_has_changed),
        cmocka_unit_test(live_slots_are_never_taken),
        cmocka_unit_test(fills_to_two_thirds_without_turning_keys_away),
        cmocka_unit_test(rounds_sizes_within_bounds),
        cmocka_unit_test(slots_change_hands_without_mixing_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

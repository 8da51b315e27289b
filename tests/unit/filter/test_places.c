// SPDX-License-Identifier: Apache-2.0
#include "filter/places.h"

#include <pthread.h>
#include <stdatomic.h>

#include "filter/key_table.h"
#include "support/dice.h"
#include "support/unit.h"

static void no_more_places_than_the_limit(void **state)
{
    (void)state;
    struct key_table *t = key_table_new(64);
    uint64_t tokens[3], token, left;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(places_take(t, 9, 3, &tokens[i], &left), PLACES_TAKEN);
        assert_int_equal(left, 2 - i);
    }
    assert_int_equal(places_take(t, 9, 3, &token, &left), PLACES_NONE_LEFT);
    assert_int_equal(places_take(t, 8, 3, &token, &left), PLACES_TAKEN);
    places_give(t, tokens[1]);
    assert_int_equal(places_take(t, 9, 3, &token, &left), PLACES_TAKEN);
    assert_int_equal(places_take(t, 9, 3, &token, &left), PLACES_NONE_LEFT);
    key_table_free(&t);
}

static void full_until_somebody_leaves(void **state)
{
    (void)state;
    struct key_table *t = key_table_new(KEY_TABLE_SLOTS_MIN);
    uint64_t first, token, left;
    assert_int_equal(places_take(t, 1, 1, &first, &left), PLACES_TAKEN);
    for (uint64_t key = 2; key <= KEY_TABLE_SLOTS_MIN; key++)
        assert_int_equal(places_take(t, key, 1, &token, &left), PLACES_TAKEN);
    assert_int_equal(places_take(t, 100, 1, &token, &left), PLACES_FULL);
    places_give(t, first);
    assert_int_equal(places_take(t, 100, 1, &token, &left), PLACES_TAKEN);
    key_table_free(&t);
}

enum { THREADS = 4, ROUNDS = 20000, KEYS = 24, LIMIT = 2 };

struct house {
    struct key_table *table;
    _Atomic int inside[KEYS + 1];
    _Atomic int most;
};

struct guest {
    struct house *house;
    uint64_t seed;
};

static void *come_and_go(void *arg)
{
    struct guest *g = arg;
    struct house *h = g->house;
    struct dice d = {g->seed};
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t key = 1 + dice_below(&d, KEYS), token, left;
        if (places_take(h->table, key, LIMIT, &token, &left) != PLACES_TAKEN)
            continue;
        int now = atomic_fetch_add(&h->inside[key], 1) + 1, most = atomic_load(&h->most);
        while (now > most && !atomic_compare_exchange_weak(&h->most, &most, now))
            continue;
        atomic_fetch_sub(&h->inside[key], 1);
        places_give(h->table, token);
    }
    return NULL;
}

static void threads_never_share_a_place(void **state)
{
    (void)state;
    struct house h = {.table = key_table_new(KEY_TABLE_SLOTS_MIN)};
    struct guest guests[THREADS];
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        guests[i] = (struct guest){.house = &h, .seed = i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &guests[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_in_range(atomic_load(&h.most), 1, LIMIT);
    uint64_t token, left;
    for (uint64_t key = 1; key <= KEY_TABLE_SLOTS_MIN; key++)
        assert_int_equal(places_take(h.table, key << 20, 1, &token, &left), PLACES_TAKEN);
    key_table_free(&h.table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_places_than_the_limit),
        cmocka_unit_test(full_until_somebody_leaves),
        cmocka_unit_test(threads_never_share_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

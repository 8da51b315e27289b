// SPDX-License-Identifier: Apache-2.0
#include "filter/gcra.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/attr.h"
#include "base/hash.h"
#include "filter/key_table.h"
#include "support/unit.h"

#define MS UINT64_C(1000000)

static struct gcra_limit limit(uint64_t count, uint64_t per_ms, uint64_t burst)
{
    struct gcra_limit l;
    assert_true(gcra_limit_init(&l, count, per_ms, burst));
    return l;
}

static void admits_the_burst_then_the_rate(void **state)
{
    (void)state;
    struct key_table *t = key_table_new(64);
    struct gcra_limit l = limit(10, 1000, 5); // one in 100 ms
    struct gcra_answer a;
    uint64_t now = 5000 * MS;
    for (uint64_t i = 0; i < 5; i++) {
        assert_int_equal(gcra_ask(t, 7, &l, now, &a), GCRA_ADMITTED);
        assert_int_equal(a.remaining, 4 - i);
        assert_int_equal(a.reset_ns, (i + 1) * 100 * MS);
    }
    assert_int_equal(gcra_ask(t, 7, &l, now, &a), GCRA_REFUSED);
    assert_true(gcra_is_exhausted(t, 7, &l, now));
    assert_false(gcra_is_exhausted(t, 7, &l, now + 100 * MS));
    assert_false(gcra_is_exhausted(t, 8, &l, now)); // nobody has seen it
    assert_int_equal(a.remaining, 0);
    assert_int_equal(a.retry_ns, 100 * MS);
    assert_int_equal(gcra_ask(t, 7, &l, now + 99 * MS, &a), GCRA_REFUSED);
    assert_int_equal(a.retry_ns, 1 * MS);
    assert_int_equal(gcra_ask(t, 7, &l, now + 100 * MS, &a), GCRA_ADMITTED);
    assert_int_equal(gcra_ask(t, 7, &l, now + 100 * MS, &a), GCRA_REFUSED);
    // Refusals cost nothing: half a second later the whole burst is there.
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(gcra_ask(t, 7, &l, now + 600 * MS, &a), GCRA_ADMITTED);
    assert_int_equal(gcra_ask(t, 7, &l, now + 600 * MS, &a), GCRA_REFUSED);
    key_table_free(&t);
}

static void keys_do_not_share_a_limit(void **state)
{
    (void)state;
    struct key_table *t = key_table_new(64);
    struct gcra_limit l = limit(1, 1000, 1);
    struct gcra_answer a;
    assert_int_equal(gcra_ask(t, 1, &l, 0, &a), GCRA_ADMITTED);
    assert_int_equal(gcra_ask(t, 2, &l, 0, &a), GCRA_ADMITTED);
    assert_int_equal(gcra_ask(t, 1, &l, 0, &a), GCRA_REFUSED);
    key_table_free(&t);
}

static void table_is_full_of_busy_keys_only(void **state)
{
    (void)state;
    struct key_table *t = key_table_new(KEY_TABLE_SLOTS_MIN);
    struct gcra_limit l = limit(1, 1000, 1);
    struct gcra_answer a;
    for (uint64_t key = 1; key <= KEY_TABLE_SLOTS_MIN; key++)
        assert_int_equal(gcra_ask(t, key, &l, 1000 * MS, &a), GCRA_ADMITTED);
    assert_int_equal(gcra_ask(t, 100, &l, 1000 * MS, &a), GCRA_FULL);
    assert_int_equal(gcra_ask(t, 100, &l, 1999 * MS, &a), GCRA_FULL);
    assert_int_equal(gcra_ask(t, 100, &l, 2000 * MS, &a), GCRA_ADMITTED);
    key_table_free(&t);
}

static void limits_out_of_bounds_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint64_t count, per_ms, burst;
        bool good;
    } cases[] = {
        {1, 1, 1, true},
        {1000, 1, 1, true},
        {1001, 1, 1, false},
        {UINT64_MAX, 1, 1, false},
        {1, UINT64_MAX, 1, false},
        {1, GCRA_REFILL_MAX_MS, 1, true},
        {1, GCRA_REFILL_MAX_MS, 2, false},
        {1, 1000, UINT64_MAX, false},
        {100, 1000, 1000000000, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct gcra_limit l;
        assert_int_equal(gcra_limit_init(&l, cases[i].count, cases[i].per_ms, cases[i].burst),
                         cases[i].good);
    }
}

enum { THREADS = 4, ASKS = 30000, HOT_KEYS = 3 };

// All threads share one clock that they drive together.
struct hammer {
    struct key_table *table;
    struct gcra_limit limit;
    _Atomic uint64_t now_us;
    _Atomic uint64_t admitted[HOT_KEYS];
};

static void *hammer(void *arg)
{
    struct hammer *h = arg;
    struct gcra_answer a;
    for (unsigned i = 0; i < ASKS; i++) {
        uint64_t now = atomic_fetch_add(&h->now_us, 1) * 1000;
        unsigned key = i % HOT_KEYS;
        if (gcra_ask(h->table, key + 1, &h->limit, now, &a) == GCRA_ADMITTED)
            atomic_fetch_add(&h->admitted[key], 1);
        // Passers-by that come once, and make slots change hands.
        (void)gcra_ask(h->table, 1000 + now, &h->limit, now, &a);
    }
    return NULL;
}

static void threads_together_get_burst_and_rate_and_no_more(void **state)
{
    (void)state;
    struct hammer h = {.table = key_table_new(1024),
                       .limit = limit(10000, 1000, 20)}; // one in 100 us
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &h), 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    uint64_t wanted = 20 + (uint64_t)THREADS * ASKS / 100;
    for (unsigned key = 0; key < HOT_KEYS; key++)
        assert_in_range(atomic_load(&h.admitted[key]), wanted - 1, wanted + 1);
    key_table_free(&h.table);
}

enum { NEWCOMERS = 20000 };

struct rush {
    struct key_table *table;
    struct gcra_limit limit;
    _Atomic uint64_t admitted;
};

static void *rush(void *arg)
{
    struct rush *r = arg;
    struct gcra_answer a;
    const struct hash_key hash = {5, 6};
    for (uint64_t name = 1; name <= NEWCOMERS; name++) {
        uint64_t key = key_table_key(&hash, &name, sizeof(name));
        if (gcra_ask(r->table, key, &r->limit, 1000 * MS, &a) == GCRA_ADMITTED)
            atomic_fetch_add(&r->admitted, 1);
    }
    return NULL;
}

static void key_that_many_threads_bring_at_once_gets_one_burst(void **state)
{
    (void)state;
    struct rush r = {.table = key_table_new(65536), .limit = limit(1, 60000, 2)};
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, rush, &r), 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&r.admitted), 2 * NEWCOMERS);
    key_table_free(&r.table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(admits_the_burst_then_the_rate),
        cmocka_unit_test(keys_do_not_share_a_limit),
        cmocka_unit_test(table_is_full_of_busy_keys_only),
        cmocka_unit_test(limits_out_of_bounds_are_refused),
        cmocka_unit_test(threads_together_get_burst_and_rate_and_no_more),
        cmocka_unit_test(key_that_many_threads_bring_at_once_gets_one_burst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

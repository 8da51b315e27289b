// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/top.h"

static struct top *t;

static int begin(void **state)
{
    (void)state;
    t = calloc(1, sizeof(*t));
    if (t)
        top_init(t);
    return t ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    free(t);
    return 0;
}

static void add(const char *prefix, unsigned number, uint64_t count)
{
    char key[32];
    snprintf(key, sizeof(key), "%s%u", prefix, number);
    top_add(t, slice_str(key), count);
}

static void counts_exactly_what_fits(void **state)
{
    const struct top_entry *most[3];
    for (unsigned n = 0; n < TOP_ENTRIES_MAX; n++)
        add("k", n, n % 7 + 1);
    add("k", 5, 100);
    add("k", 9, 50);
    assert_int_equal(top_most(t, most, 3), 3);
    ASSERT_SLICE(slice_of(most[0]->key, most[0]->len), SLICE("k5"));
    assert_int_equal(most[0]->count, 106);
    assert_int_equal(most[0]->missed, 0);
    assert_int_equal(most[1]->count, 53);
    ASSERT_SLICE(slice_of(most[2]->key, most[2]->len), SLICE("k1000")); // 7, the first by key
    assert_int_equal(top_count(t, SLICE("k9")), 53);
    assert_int_equal(top_count(t, SLICE("none")), 0);
    (void)state;
}

// Whatever there is of rare ones, what is frequent stays, and its count is off by `missed` at most.
static void frequent_ones_survive_a_flood(void **state)
{
    const struct top_entry *most[10];
    for (unsigned n = 0; n < 100000; n++) {
        add("rare", n, 1);
        if (n % 50 == 0)
            add("often", n % 500 / 50, 1);
    }
    assert_true(t->used <= TOP_ENTRIES_MAX && t->floor > 0);
    assert_int_equal(top_most(t, most, 10), 10);
    for (size_t i = 0; i < 10; i++) {
        assert_memory_equal(most[i]->key, "often", 5);
        assert_true(most[i]->count <= 200 && most[i]->count + most[i]->missed >= 200);
    }
    (void)state;
}

static void long_keys_are_told_apart_by_their_beginning(void **state)
{
    char key[TOP_KEY_MAX + 10];
    memset(key, 'x', sizeof(key));
    top_add(t, slice_of(key, sizeof(key)), 1);
    top_add(t, slice_of(key, TOP_KEY_MAX), 1);
    assert_int_equal(top_count(t, slice_of(key, sizeof(key))), 2);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts_exactly_what_fits, begin, end),
        cmocka_unit_test_setup_teardown(frequent_ones_survive_a_flood, begin, end),
        cmocka_unit_test_setup_teardown(long_keys_are_told_apart_by_their_beginning, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

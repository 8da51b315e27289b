// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <string.h>

#include "base/guard.h"
#include "base/pool.h"
#include "support/dice.h"

static void stops_at_the_limit(void **state)
{
    struct pool p;
    (void)state;
    pool_init(&p, 64, 2, 2);
    void *a = pool_take(&p);
    void *b = pool_take(&p);
    assert_non_null(a);
    assert_non_null(b);
    assert_null(pool_take(&p));
    pool_give(&p, a);
    a = pool_take(&p);
    assert_non_null(a);
    pool_give(&p, a);
    pool_give(&p, b);
    pool_clear(&p);
}

static void gives_the_same_block_again(void **state)
{
    struct pool p;
    (void)state;
    pool_init(&p, 64, 2, 1);
    void *a = pool_take(&p);
    pool_give(&p, a);
    void *b = pool_take(&p);
    if (!GUARD_ACTIVE) // under the sanitizer a block is never reused at once
        assert_ptr_equal(a, b);
    pool_give(&p, b);
    pool_clear(&p);
}

static void allows_to_give_nothing(void **state)
{
    struct pool p;
    (void)state;
    pool_init(&p, 64, 1, 1);
    pool_give(&p, NULL);
    assert_int_equal(p.taken, 0);
    pool_clear(&p);
}

// Against a model: how many blocks are out, and that no two of them overlap (each is filled with
// its own number).
static void keeps_its_bounds_whatever_the_order(void **state)
{
    enum { LIMIT = 16, KEEP = 5, SIZE = 128, STEPS = 20000 };
    struct pool p;
    struct dice dice = {.state = 1};
    unsigned char *out[LIMIT] = {0};
    size_t taken = 0;
    (void)state;
    pool_init(&p, SIZE, LIMIT, KEEP);
    for (int step = 0; step < STEPS; step++) {
        size_t i = dice_below(&dice, LIMIT);
        if (!out[i]) {
            out[i] = pool_take(&p);
            assert_non_null(out[i]);
            memset(out[i], (int)i, SIZE);
            taken++;
        } else {
            for (size_t j = 0; j < SIZE; j++)
                assert_int_equal(out[i][j], i);
            pool_give(&p, out[i]);
            out[i] = NULL;
            taken--;
        }
        assert_int_equal(p.taken, taken);
        assert_true(p.kept <= KEEP && p.taken + p.kept <= LIMIT + KEEP);
    }
    for (size_t i = 0; i < LIMIT; i++)
        pool_give(&p, out[i]);
    pool_clear(&p);
    assert_int_equal(p.kept, 0);
}

static void limit_may_change_while_blocks_are_out(void **state)
{
    (void)state;
    struct pool p;
    pool_init(&p, 64, 2, 8);
    void *a = pool_take(&p), *b = pool_take(&p);
    assert_null(pool_take(&p));
    pool_limit(&p, 3);
    void *c = pool_take(&p);
    assert_non_null(c);
    pool_limit(&p, 1);
    pool_give(&p, a);
    pool_give(&p, b);
    assert_null(pool_take(&p));
    pool_give(&p, c);
    a = pool_take(&p);
    assert_non_null(a);
    pool_give(&p, a);
    pool_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limit_may_change_while_blocks_are_out),
        cmocka_unit_test(stops_at_the_limit),
        cmocka_unit_test(gives_the_same_block_again),
        cmocka_unit_test(allows_to_give_nothing),
        cmocka_unit_test(keeps_its_bounds_whatever_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "base/slice.h"

static void treats_nothing_as_empty(void **state)
{
    struct slice none = {0};
    (void)state;
    assert_true(slice_eq(none, SLICE("")));
    assert_true(slice_eq(slice_str(NULL), none));
    assert_true(slice_begins(SLICE("a"), none));
    assert_true(slice_ends(none, none));
    assert_int_equal(slice_index(none, 'a'), 0);
    assert_int_equal(slice_find(none, SLICE("a")), 0);
    assert_int_equal(slice_from(none, 5).len, 0);
    assert_int_equal(slice_first(none, 5).len, 0);
}

static void compares_all_bytes(void **state)
{
    (void)state;
    assert_true(slice_eq(SLICE("a\0b"), SLICE("a\0b")));
    assert_false(slice_eq(SLICE("a\0b"), SLICE("a\0c")));
    assert_false(slice_eq(SLICE("a"), SLICE("ab")));
    assert_true(slice_begins(SLICE("abc"), SLICE("ab")));
    assert_false(slice_begins(SLICE("ab"), SLICE("abc")));
    assert_true(slice_ends(SLICE("abc"), SLICE("bc")));
    assert_false(slice_ends(SLICE("bc"), SLICE("abc")));
}

static void cuts(void **state)
{
    (void)state;
    ASSERT_SLICE(slice_from(SLICE("abc"), 1), SLICE("bc"));
    ASSERT_SLICE(slice_from(SLICE("abc"), 3), SLICE(""));
    ASSERT_SLICE(slice_first(SLICE("abc"), 2), SLICE("ab"));
    ASSERT_SLICE(slice_first(SLICE("abc"), 9), SLICE("abc"));
}

static void finds(void **state)
{
    (void)state;
    assert_int_equal(slice_index(SLICE("a\0b"), 'b'), 2);
    assert_int_equal(slice_index(SLICE("abc"), 'x'), 3);
    assert_int_equal(slice_find(SLICE("aab"), SLICE("ab")), 1);
    assert_int_equal(slice_find(SLICE("aab"), SLICE("ba")), 3);
    assert_int_equal(slice_find(SLICE("aab"), SLICE("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(treats_nothing_as_empty),
        cmocka_unit_test(compares_all_bytes),
        cmocka_unit_test(cuts),
        cmocka_unit_test(finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

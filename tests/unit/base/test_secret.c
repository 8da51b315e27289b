// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "base/secret.h"

static void equal_only_when_every_byte_is(void **state)
{
    char a[32] = "correct horse battery staple", b[32];
    (void)state;
    for (size_t i = 0; i < sizeof(a); i++) {
        memcpy(b, a, sizeof(a));
        assert_true(secret_eq(slice_of(a, sizeof(a)), slice_of(b, sizeof(b))));
        for (unsigned bit = 0; bit < 8; bit++) {
            b[i] = (char)(a[i] ^ (1 << bit));
            assert_false(secret_eq(slice_of(a, sizeof(a)), slice_of(b, sizeof(b))));
        }
    }
}

static void different_lengths_are_unequal(void **state)
{
    (void)state;
    assert_false(secret_eq(SLICE("abc"), SLICE("ab")));
    assert_false(secret_eq(SLICE(""), SLICE("a")));
    assert_true(secret_eq(SLICE(""), (struct slice){0}));
}

static void wipes(void **state)
{
    char text[] = "hunter2", zeros[sizeof(text)] = {0};
    (void)state;
    secret_wipe(text, sizeof(text));
    assert_memory_equal(text, zeros, sizeof(text));
    secret_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_only_when_every_byte_is),
        cmocka_unit_test(different_lengths_are_unequal),
        cmocka_unit_test(wipes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

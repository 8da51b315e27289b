// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "base/random.h"

static void fills_all_bytes_and_no_more(void **state)
{
    unsigned char seen[300] = {0};
    (void)state;
    // The chance that a byte stays zero in 64 rounds is 2^-512.
    for (int round = 0; round < 64; round++) {
        unsigned char bytes[302] = {0};
        random_bytes(bytes + 1, 300);
        assert_int_equal(bytes[0], 0);
        assert_int_equal(bytes[301], 0);
        for (size_t i = 0; i < 300; i++)
            seen[i] |= bytes[i + 1];
    }
    for (size_t i = 0; i < 300; i++)
        assert_int_not_equal(seen[i], 0);
    random_bytes(NULL, 0);
}

static void never_repeats(void **state)
{
    unsigned char a[16], b[16];
    (void)state;
    random_bytes(a, sizeof(a));
    random_bytes(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_all_bytes_and_no_more),
        cmocka_unit_test(never_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

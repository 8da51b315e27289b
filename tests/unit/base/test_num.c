// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "base/num.h"

struct number_case {
    const char *text;
    uint64_t max;
    uint64_t value;
};

static void reads_decimals(void **state)
{
    static const struct number_case cases[] = {
        {"0", 0, 0},
        {"9", 9, 9},
        {"007", 7, 7},
        {"65535", UINT16_MAX, 65535},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t value = 1;
        assert_true(num_decimal(slice_str(cases[i].text), cases[i].max, &value));
        assert_true(value == cases[i].value);
    }
}

static void refuses_what_is_no_decimal(void **state)
{
    static const struct number_case cases[] = {
        {"", 9, 0},
        {"10", 9, 0},
        {"5", 4, 0},
        {"65536", UINT16_MAX, 0},
        {"18446744073709551616", UINT64_MAX, 0},
        {"99999999999999999999", UINT64_MAX, 0},
        {"+1", 9, 0},
        {"-1", UINT64_MAX, 0},
        {" 1", 9, 0},
        {"1 ", 9, 0},
        {"1_0", 99, 0},
        {"a", UINT64_MAX, 0},
        {"\xd9\xa1", UINT64_MAX, 0}, // an Arabic digit
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t value = 77;
        assert_false(num_decimal(slice_str(cases[i].text), cases[i].max, &value));
        assert_true(value == 77);
    }
}

static void reads_hex(void **state)
{
    static const struct number_case cases[] = {
        {"0", 0, 0},
        {"fF", 255, 255},
        {"0000000000000000000001", 1, 1},
        {"ffffffffffffffff", UINT64_MAX, UINT64_MAX},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t value = 1;
        assert_true(num_hex(slice_str(cases[i].text), cases[i].max, &value));
        assert_true(value == cases[i].value);
    }
}

static void refuses_what_is_no_hex(void **state)
{
    static const struct number_case cases[] = {
        {"", 9, 0},      {"0x1", 9, 0},  {"g", 99, 0}, {"10000000000000000", UINT64_MAX, 0},
        {"100", 255, 0}, {"-1", 255, 0}, {"f", 14, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t value = 77;
        assert_false(num_hex(slice_str(cases[i].text), cases[i].max, &value));
        assert_true(value == 77);
    }
}

static void writes_what_it_reads(void **state)
{
    static const uint64_t values[] = {
        0, 1, 9, 10, 15, 16, 99, 100, 255, 256, 1u << 31, UINT64_MAX - 1, UINT64_MAX};
    char out[20];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        uint64_t back = 0;
        struct slice text = slice_of(out, num_write_decimal(out, values[i]));
        assert_true(num_decimal(text, UINT64_MAX, &back) && back == values[i]);
        assert_true(text.len == 1 || text.ptr[0] != '0');
        text = slice_of(out, num_write_hex(out, values[i]));
        assert_true(num_hex(text, UINT64_MAX, &back) && back == values[i]);
        assert_true(text.len == 1 || text.ptr[0] != '0');
    }
    ASSERT_SLICE(slice_of(out, num_write_hex(out, 0xdeadbeef)), SLICE("deadbeef"));
    ASSERT_SLICE(slice_of(out, num_write_decimal(out, UINT64_MAX)), SLICE("18446744073709551615"));
}

static void reports_overflow(void **state)
{
    size_t out;
    (void)state;
    assert_true(num_add(SIZE_MAX - 1, 1, &out) && out == SIZE_MAX);
    assert_false(num_add(SIZE_MAX, 1, &out));
    assert_true(num_mul(SIZE_MAX / 2, 2, &out) && out == SIZE_MAX - 1);
    assert_false(num_mul(SIZE_MAX / 2 + 1, 2, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_decimals),
        cmocka_unit_test(refuses_what_is_no_decimal),
        cmocka_unit_test(reads_hex),
        cmocka_unit_test(refuses_what_is_no_hex),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(reports_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

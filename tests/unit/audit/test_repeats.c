// SPDX-License-Identifier: Apache-2.0
#include "audit/repeats.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/unit.h"

enum { INTERVAL = 5000, ADDRESSES = 50 };

// All that was told, by the sum.
struct told {
    size_t sums;
    uint64_t count;
    struct repeats_sum last;
};

static void on_sum(void *ctx, const struct repeats_sum *sum)
{
    struct told *told = ctx;
    assert_true(sum->count > 0);
    told->sums++;
    told->count += sum->count;
    told->last = *sum;
}

static struct repeats *start(size_t max, struct told *told)
{
    *told = (struct told){0};
    struct repeats *r = repeats_new(max, INTERVAL, on_sum, told);
    assert_non_null(r);
    return r;
}

static struct repeat of(const char *address, const char *reason, const char *listener)
{
    struct repeat one = {.reason = reason, .listener = slice_str(listener)};
    assert_true(addr_parse(slice_str(address), &one.client));
    return one;
}

static bool is_first(struct repeats *r, const char *address, uint64_t now_ms)
{
    struct repeat one = of(address, "banned", "public");
    one.wall_ns = now_ms * 1000000;
    return repeats_count(r, &one, now_ms);
}

static void tells_the_first_and_then_sums(void **state)
{
    struct told told;
    struct repeats *r = start(8, &told);
    assert_true(is_first(r, "192.0.2.1", 1000));
    for (unsigned i = 0; i < 100; i++)
        assert_false(is_first(r, "192.0.2.1", 2000 + i));
    assert_int_equal(repeats_settle(r, 5999), 6000);
    assert_int_equal(told.sums, 0);
    assert_int_equal(repeats_settle(r, 6000), 11000);
    assert_int_equal(told.sums, 1);
    assert_int_equal(told.last.count, 100);
    assert_int_equal(told.last.first.wall_ns, UINT64_C(2000) * 1000000);
    assert_int_equal(told.last.last_wall_ns, UINT64_C(2099) * 1000000);
    assert_true(slice_eq(told.last.first.listener, SLICE("public")));
    assert_false(is_first(r, "192.0.2.1", 7000));
    assert_int_equal(repeats_settle(r, 11000), 16000);
    assert_int_equal(told.count, 101);
    // Nothing more came: the address is forgotten, and its next one is a first one.
    assert_int_equal(repeats_settle(r, 16000), UINT64_MAX);
    assert_int_equal(told.sums, 2);
    assert_true(is_first(r, "192.0.2.1", 17000));
    repeats_free(&r);
    (void)state;
}

static void tells_apart_what_differs(void **state)
{
    struct told told;
    struct repeats *r = start(8, &told);
    static const struct {
        const char *address, *reason, *listener;
        bool is_first;
    } cases[] = {
        {"192.0.2.1", "banned", "a", true},      {"192.0.2.2", "banned", "a", true},
        {"192.0.2.1", "offences", "a", true},    {"192.0.2.1", "banned", "b", true},
        {"192.0.2.1", "banned", "a", false},     {"2001:db8::1", "banned", "a", true},
        {"2001:db8::2:1", "banned", "a", false}, {"2001:db8:0:1::1", "banned", "a", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct repeat one = of(cases[i].address, cases[i].reason, cases[i].listener);
        assert_int_equal(repeats_count(r, &one, 1), cases[i].is_first);
    }
    repeats_settle_all(r);
    assert_int_equal(told.count, 2);
    repeats_free(&r);
    (void)state;
}

static void loses_nothing_when_there_is_no_room(void **state)
{
    struct told told;
    struct repeats *r = start(8, &told);
    uint64_t firsts = 0, all = 0;
    for (unsigned i = 0; i < 5000; i++) {
        char address[32];
        snprintf(address, sizeof(address), "192.0.2.%u", i % 97 < 5 ? i % 3 : i * 7 % ADDRESSES);
        firsts += is_first(r, address, i);
        all++;
        if (i % 1000 == 0)
            repeats_settle(r, i);
    }
    repeats_settle_all(r);
    assert_int_equal(firsts + told.count, all);
    assert_true(told.sums > 0);
    repeats_settle_all(r);
    assert_int_equal(firsts + told.count, all);
    assert_int_equal(repeats_settle(r, UINT64_MAX - 1), UINT64_MAX);
    repeats_free(&r);
    (void)state;
}

static void cuts_names_that_are_too_long(void **state)
{
    struct told told;
    struct repeats *r = start(2, &told);
    char name[REPEATS_NAME_MAX + 10];
    memset(name, 'n', sizeof(name));
    struct repeat one = of("192.0.2.1", "banned", "");
    one.listener = slice_of(name, sizeof(name));
    assert_true(repeats_count(r, &one, 1));
    assert_false(repeats_count(r, &one, 1));
    repeats_settle_all(r);
    assert_int_equal(told.last.first.listener.len, REPEATS_NAME_MAX);
    repeats_free(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_first_and_then_sums),
        cmocka_unit_test(tells_apart_what_differs),
        cmocka_unit_test(loses_nothing_when_there_is_no_room),
        cmocka_unit_test(cuts_names_that_are_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

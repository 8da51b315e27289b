// SPDX-License-Identifier: Apache-2.0
// The count may err to one side only, and only when many addresses are busy at once.
#include "support/unit.h"

#include <pthread.h>

#include "proxy/client_count.h"

enum { THREADS = 4, ROUNDS = 20000 };

static struct addr address(const char *text)
{
    struct addr a;
    assert_true(addr_parse(slice_str(text), &a));
    return a;
}

static struct addr numbered(uint32_t n)
{
    struct addr a = address("10.0.0.0");
    for (unsigned i = 0; i < 3; i++)
        a.bytes[15 - i] = (uint8_t)(n >> 8 * i);
    return a;
}

static void admits_up_to_the_limit(void **state)
{
    (void)state;
    struct client_count *c = client_count_new();
    struct addr a = address("192.0.2.1"), b = address("192.0.2.2");
    assert_non_null(c);
    for (unsigned i = 0; i < 3; i++)
        assert_true(client_count_add(c, &a, 3));
    assert_false(client_count_add(c, &a, 3));
    assert_false(client_count_add(c, &a, 3)); // a refusal counts for nothing
    assert_true(client_count_add(c, &b, 3));
    client_count_remove(c, &a);
    assert_true(client_count_add(c, &a, 3));
    assert_false(client_count_add(c, &a, 3));
    client_count_free(&c);
    assert_null(c);
}

static void counts_without_a_limit_too(void **state)
{
    (void)state;
    struct client_count *c = client_count_new();
    struct addr a = address("192.0.2.1");
    for (unsigned i = 0; i < 100; i++)
        assert_true(client_count_add(c, &a, 0));
    assert_false(client_count_add(c, &a, 100)); // a new policy sets one
    for (unsigned i = 0; i < 100; i++)
        client_count_remove(c, &a);
    assert_true(client_count_add(c, &a, 1));
    client_count_free(&c);
}

static void takes_a_64_of_ipv6_for_one_client(void **state)
{
    (void)state;
    struct client_count *c = client_count_new();
    struct addr a = address("2001:db8:0:1::1"), near = address("2001:db8:0:1:ffff::2"),
                far = address("2001:db8:0:2::1");
    assert_true(client_count_add(c, &a, 1));
    assert_false(client_count_add(c, &near, 1));
    assert_true(client_count_add(c, &far, 1));
    client_count_free(&c);
}

// One connection each of as many addresses as a busy machine sees: nobody is refused a few.
static void confuses_nobody_among_thousands(void **state)
{
    (void)state;
    struct client_count *c = client_count_new();
    unsigned refused = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        struct addr a = numbered(i);
        assert_true(client_count_add(c, &a, 0));
    }
    for (uint32_t i = 10000; i < 11000; i++) {
        struct addr a = numbered(i);
        if (client_count_add(c, &a, 4))
            client_count_remove(c, &a);
        else
            refused++;
    }
    assert_int_equal(refused, 0);
    client_count_free(&c);
}

struct work {
    struct client_count *count;
    struct addr address;
};

static void *add_and_remove(void *arg)
{
    struct work *w = arg;
    for (unsigned i = 0; i < ROUNDS; i++)
        if (client_count_add(w->count, &w->address, 2))
            client_count_remove(w->count, &w->address);
    return NULL;
}

static void is_back_at_nothing_after_many_threads(void **state)
{
    (void)state;
    struct work w = {client_count_new(), address("192.0.2.1")};
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_and_remove, &w), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_true(client_count_add(w.count, &w.address, 1));
    assert_false(client_count_add(w.count, &w.address, 1));
    client_count_free(&w.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(admits_up_to_the_limit),
        cmocka_unit_test(counts_without_a_limit_too),
        cmocka_unit_test(takes_a_64_of_ipv6_for_one_client),
        cmocka_unit_test(confuses_nobody_among_thousands),
        cmocka_unit_test(is_back_at_nothing_after_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

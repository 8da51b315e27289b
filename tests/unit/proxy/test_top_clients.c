// SPDX-License-Identifier: Apache-2.0
#include "proxy/top_clients.h"

#include <string.h>

#include "support/unit.h"

static struct addr client(unsigned number)
{
    struct addr a = {0};
    memcpy(a.bytes + 12, &number, sizeof(number));
    return a;
}

static uint64_t count_of(const struct top_clients *t, unsigned number)
{
    struct addr wanted = client(number), found;
    uint64_t count;
    for (unsigned i = 0; i < TOP_CLIENTS; i++)
        if (top_clients_read(t, i, &found, &count) && addr_eq(&found, &wanted))
            return count;
    return 0;
}

static void keeps_who_asks_often(void **state)
{
    static struct top_clients t;
    struct addr loud = client(7);
    for (unsigned i = 0; i < 1000; i++) {
        struct addr other = client(1000 + i);
        top_clients_count(&t, &other);
        if (i % 4 == 0)
            top_clients_count(&t, &loud);
    }
    assert_in_range(count_of(&t, 7), 250, 300);
    assert_int_equal(count_of(&t, 1000), 0); // long since replaced
    assert_true(count_of(&t, 1999) > 0);     // the newest is there
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_who_asks_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

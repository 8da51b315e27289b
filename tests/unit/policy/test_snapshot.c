// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <pthread.h>

#include "support/policy.h"

enum { THREADS = 4, ROUNDS = 2000 };

static void *ref_and_unref(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct snapshot *s = snapshot_ref(arg);
        snapshot_unref(&s);
    }
    return NULL;
}

// What the last reference frees is seen by the sanitizers: contexts, filters and the arena.
static void lives_until_the_last_reference(void **state)
{
    struct snapshot *s = policy_good(
        POLICY_WITH(",'backends':{'app':{'servers':[{'url':'https://127.0.0.1:1'},{'url':'https://"
                    "127.0.0.1:2'},{'url':'https://[::1]:3'}]}},"
                    "'filters':{'bad':{'type':'ip_list','deny':['192.0.2.0/"
                    "24']}},'routes':[{'filters':['bad'],'backend':'app'}]"));
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ref_and_unref, s), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(s->references, 1);
    struct snapshot *again = snapshot_ref(s);
    assert_ptr_equal(again, s);
    snapshot_unref(&again);
    assert_null(again);
    ASSERT_SLICE(s->backends[0].name, SLICE("app"));
    snapshot_unref(&s);
    assert_null(s);
    snapshot_unref(&s);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lives_until_the_last_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

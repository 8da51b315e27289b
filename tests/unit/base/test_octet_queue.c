// SPDX-License-Identifier: Apache-2.0
#include "base/octet_queue.h"

#include "base/pool.h"
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 4 };

static size_t drain(struct octet_queue *q, struct pool *pool, char *out)
{
    size_t len = 0;
    while (q->len) {
        struct slice first = octet_queue_first(q);
        assert_true(first.len > 0);
        memcpy(out + len, first.ptr, first.len);
        len += first.len;
        octet_queue_drop(q, pool, first.len);
    }
    return len;
}

static void gives_back_what_was_put(void **state)
{
    static char in[3 * OCTET_BLOCK], out[3 * OCTET_BLOCK];
    struct octet_queue q = {0};
    struct pool pool;
    pool_init(&pool, OCTET_BLOCK, BLOCKS, 1);
    for (size_t i = 0; i < sizeof(in); i++)
        in[i] = (char)(i * 7);
    for (size_t at = 0; at < sizeof(in); at += 1000) {
        size_t len = sizeof(in) - at < 1000 ? sizeof(in) - at : 1000;
        assert_true(octet_queue_put(&q, &pool, slice_of(in + at, len)));
    }
    assert_int_equal(q.len, sizeof(in));
    assert_int_equal(drain(&q, &pool, out), sizeof(in));
    assert_memory_equal(in, out, sizeof(in));
    octet_queue_clear(&q, &pool);
    assert_int_equal(pool.taken, 0);
    pool_clear(&pool);
    (void)state;
}

static void fails_where_the_pool_ends(void **state)
{
    static const char octets[(BLOCKS + 1) * OCTET_BLOCK];
    struct octet_queue q = {0};
    struct pool pool;
    pool_init(&pool, OCTET_BLOCK, BLOCKS, 1);
    assert_false(octet_queue_put(&q, &pool, slice_of(octets, sizeof(octets))));
    assert_true(q.len > 0 && q.len <= BLOCKS * OCTET_BLOCK);
    octet_queue_clear(&q, &pool);
    assert_int_equal(q.len, 0);
    assert_int_equal(pool.taken, 0);
    pool_clear(&pool);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_what_was_put),
        cmocka_unit_test(fails_where_the_pool_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

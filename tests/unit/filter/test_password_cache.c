// SPDX-License-Identifier: Apache-2.0
#include "filter/password_cache.h"

#include <pthread.h>
#include <stdio.h>

#include "base/attr.h"
#include "support/dice.h"
#include "support/unit.h"

static struct password_mark mark_of(const struct password_cache *c, const char *user,
                                    const char *password, const char *hash)
{
    return password_cache_mark(c, slice_str(user), slice_str(password), slice_str(hash));
}

static void remembers_until_the_end(void **state)
{
    (void)state;
    struct password_cache *c = password_cache_new(64);
    struct password_mark m = mark_of(c, "ada", "secret", "$6$");
    assert_false(password_cache_has(c, &m, 1000));
    password_cache_put(c, &m, 2000);
    assert_true(password_cache_has(c, &m, 1999));
    assert_false(password_cache_has(c, &m, 2000));
    password_cache_put(c, &m, 3000);
    assert_true(password_cache_has(c, &m, 2999));
    password_cache_free(&c);
    assert_null(c);
}

static void any_other_piece_is_another_mark(void **state)
{
    (void)state;
    static const struct {
        const char *user, *password, *hash;
    } others[] = {
        {"ada", "secrets", "$6$"}, {"bob", "secret", "$6$"}, {"ada", "secret", "$5$"},
        {"adas", "ecret", "$6$"},  {"ada", "secret$", "6$"}, {"", "adasecret", "$6$"},
        {"ada", "", "secret$6$"},
    };
    struct password_cache *c = password_cache_new(64);
    struct password_mark m = mark_of(c, "ada", "secret", "$6$");
    password_cache_put(c, &m, 2000);
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct password_mark other = mark_of(c, others[i].user, others[i].password, others[i].hash);
        assert_false(password_cache_has(c, &other, 1000));
    }
    password_cache_free(&c);
}

static void marks_mean_nothing_to_another_cache(void **state)
{
    (void)state;
    struct password_cache *a = password_cache_new(64), *b = password_cache_new(64);
    struct password_mark in_a = mark_of(a, "ada", "secret", "$6$"),
                         in_b = mark_of(b, "ada", "secret", "$6$");
    assert_true(in_a.words[0] != in_b.words[0] && in_a.words[1] != in_b.words[1]);
    assert_true(in_a.words[0] != in_a.words[1]);
    password_cache_free(&a);
    password_cache_free(&b);
}

static void oldest_goes_when_it_is_full(void **state)
{
    (void)state;
    struct password_cache *c = password_cache_new(0);
    assert_int_equal(password_cache_size(c), PASSWORD_CACHE_MIN);
    char user[16];
    unsigned kept = 0;
    for (unsigned i = 0; i < 200; i++) {
        (void)snprintf(user, sizeof(user), "u%u", i);
        struct password_mark m = mark_of(c, user, "p", "h");
        password_cache_put(c, &m, 1000 + i);
        assert_true(password_cache_has(c, &m, 999));
    }
    for (unsigned i = 0; i < 200; i++) {
        (void)snprintf(user, sizeof(user), "u%u", i);
        struct password_mark m = mark_of(c, user, "p", "h");
        kept += password_cache_has(c, &m, 999);
    }
    assert_int_equal(kept, PASSWORD_CACHE_MIN);
    password_cache_free(&c);
}

enum { THREADS = 4, ROUNDS = 30000, USERS = 64 };

struct reader {
    struct password_cache *cache;
    uint64_t seed;
    bool took_a_stranger;
};

// Even users are put in by everybody all the time; odd ones never.
static void *put_and_look(void *arg)
{
    struct reader *r = arg;
    struct dice d = {r->seed};
    for (unsigned i = 0; i < ROUNDS; i++) {
        char user[16];
        uint64_t number = dice_below(&d, USERS);
        (void)snprintf(user, sizeof(user), "u%u", (unsigned)number);
        struct password_mark m = mark_of(r->cache, user, "p", "h");
        if (number % 2 == 0)
            password_cache_put(r->cache, &m, 1000 + i);
        else if (password_cache_has(r->cache, &m, 0))
            r->took_a_stranger = true;
    }
    return NULL;
}

static void threads_never_make_up_a_mark(void **state)
{
    (void)state;
    struct password_cache *c = password_cache_new(PASSWORD_CACHE_MIN);
    struct reader readers[THREADS];
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        readers[i] = (struct reader){.cache = c, .seed = i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, put_and_look, &readers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(readers[i].took_a_stranger);
    }
    password_cache_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remembers_until_the_end),
        cmocka_unit_test(any_other_piece_is_another_mark),
        cmocka_unit_test(marks_mean_nothing_to_another_cache),
        cmocka_unit_test(oldest_goes_when_it_is_full),
        cmocka_unit_test(threads_never_make_up_a_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

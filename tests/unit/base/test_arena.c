// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/guard.h"
#include "base/pool.h"
#include "support/capture.h"
#include "support/dice.h"

// The sanitizer would rather stop than let an allocation fail; here failing is the point.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void takes_no_memory_before_the_first_object(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a, NULL, 1000);
    assert_int_equal(a.used, 0);
    arena_clear(&a);
}

static void refuses_past_the_limit(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a, NULL, 4096);
    assert_null(arena_alloc(&a, 4096)); // the link of its block needs room, too
    assert_non_null(arena_alloc(&a, 1000));
    assert_null(arena_alloc(&a, 4000));
    assert_non_null(arena_alloc(&a, 1000));
    assert_true(a.used <= 4096);
    arena_clear(&a);
    assert_int_equal(a.used, 0);
    assert_non_null(arena_alloc(&a, 3000));
    arena_clear(&a);
}

static void refuses_impossible_sizes(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a, NULL, SIZE_MAX);
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 40));
    assert_null(arena_alloc(&a, SIZE_MAX / 4));
    assert_null(arena_zalloc(&a, SIZE_MAX / 2, 3));
    assert_null(arena_str(&a, slice_of("", SIZE_MAX)));
    assert_int_equal(a.used, 0);
    arena_clear(&a);
}

static void gives_size_zero_a_place_of_its_own(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a, NULL, 65536);
    void *first = arena_alloc(&a, 0);
    void *second = arena_alloc(&a, 0);
    assert_non_null(first);
    assert_ptr_not_equal(first, second);
    arena_clear(&a);
}

static void fails_when_its_pool_is_empty(void **state)
{
    struct pool p;
    struct arena a, b;
    (void)state;
    pool_init(&p, 4096, 1, 1);
    arena_init(&a, &p, 65536);
    arena_init(&b, &p, 65536);
    assert_non_null(arena_alloc(&a, 10));
    assert_null(arena_alloc(&b, 10));
    arena_clear(&a);
    assert_non_null(arena_alloc(&b, 10));
    arena_clear(&b);
    assert_int_equal(p.taken, 0);
    pool_clear(&p);
}

static void puts_large_objects_beside_the_pool(void **state)
{
    struct pool p;
    struct arena a;
    (void)state;
    pool_init(&p, 1024, 4, 4);
    arena_init(&a, &p, 65536);
    char *large = arena_alloc(&a, 10000);
    assert_non_null(large);
    memset(large, 1, 10000);
    assert_int_equal(p.taken, 0);
    assert_true(a.used >= 10000);
    assert_null(arena_alloc(&a, 60000));
    arena_clear(&a);
    pool_clear(&p);
}

static void copies_text(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a, NULL, 65536);
    ASSERT_SLICE(arena_copy(&a, SLICE("a\0b")), SLICE("a\0b"));
    struct slice empty = arena_copy(&a, (struct slice){0});
    assert_non_null(empty.ptr);
    assert_int_equal(empty.len, 0);
    assert_string_equal(arena_str(&a, SLICE("text")), "text");
    assert_string_equal(arena_str(&a, (struct slice){0}), "");
    assert_string_equal(arena_printf(&a, "%s-%d", "x", 42), "x-42");
    arena_clear(&a);
    arena_init(&a, NULL, 8);
    assert_null(arena_copy(&a, SLICE("text")).ptr);
    assert_null(arena_printf(&a, "%d", 42));
    arena_clear(&a);
}

struct object {
    unsigned char *at;
    size_t len;
    unsigned char fill;
};

static void check_object(const struct object *o)
{
    assert_int_equal((uintptr_t)o->at % _Alignof(max_align_t), 0);
    for (size_t i = 0; i < o->len; i++)
        assert_int_equal(o->at[i], o->fill);
}

// Objects of random sizes, each filled with its own byte: none may overlap another, `used` never
// passes the limit, and clearing gives every block back.
static void run_random(struct pool *pool)
{
    enum { OBJECTS = 400, LIMIT = 96 * 1024 };
    struct arena a;
    struct dice dice = {.state = 7};
    struct object objects[OBJECTS];
    arena_init(&a, pool, LIMIT);
    for (int round = 0; round < 50; round++) {
        size_t count = 0;
        for (size_t i = 0; i < OBJECTS; i++) {
            size_t len = dice_below(&dice, dice_below(&dice, 20) ? 100 : 8000);
            struct object o = {.at = arena_alloc(&a, len), .len = len, .fill = (unsigned char)i};
            assert_true(a.used <= LIMIT);
            if (!o.at)
                continue;
            memset(o.at, o.fill, len);
            objects[count++] = o;
        }
        assert_true(count > 10);
        for (size_t i = 0; i < count; i++)
            check_object(&objects[i]);
        arena_clear(&a);
        assert_int_equal(a.used, 0);
    }
}

static void keeps_objects_apart_on_the_heap(void **state)
{
    (void)state;
    run_random(NULL);
}

static void keeps_objects_apart_in_a_pool(void **state)
{
    struct pool p;
    (void)state;
    pool_init(&p, 4096, 20, 20);
    run_random(&p);
    assert_int_equal(p.taken, 0);
    pool_clear(&p);
}

// Runs `misuse` in a child and tells whether the sanitizer stopped it.
static bool is_caught(void (*misuse)(void))
{
    struct capture c;
    char text[64];
    int status = 0;
    capture_begin(&c);
    pid_t child = fork();
    if (child == 0) {
        misuse();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    capture_end(&c, text, sizeof(text));
    return status != 0;
}

static void overrun(void)
{
    struct arena a;
    arena_init(&a, NULL, 65536);
    volatile char *object = arena_alloc(&a, 10);
    volatile char *next = arena_alloc(&a, 10);
    object[10] = 'x';
    next[0] = 'y';
}

static void use_after_clear(void)
{
    struct arena a;
    arena_init(&a, NULL, 65536);
    volatile char *object = arena_alloc(&a, 10);
    arena_clear(&a);
    object[0] = 'x';
}

static void shows_misuse_to_the_sanitizer(void **state)
{
    (void)state;
    if (!GUARD_ACTIVE)
        skip();
    assert_true(is_caught(overrun));
    assert_true(is_caught(use_after_clear));
}

static void joins_texts(void **state)
{
    (void)state;
    struct arena a;
    const struct slice parts[] = {SLICE("ab"), {0}, SLICE("c"), SLICE("")};
    arena_init(&a, NULL, 64 * 1024);
    struct slice joined = arena_join(&a, parts, ARRAY_LEN(parts));
    ASSERT_SLICE(joined, SLICE("abc"));
    assert_int_equal(joined.ptr[3], '\0');
    assert_int_equal(arena_join(&a, NULL, 0).len, 0);
    assert_non_null(arena_join(&a, NULL, 0).ptr);
    const struct slice endless[] = {{.ptr = "x", .len = SIZE_MAX - 1}, {.ptr = "x", .len = 2}};
    assert_null(arena_join(&a, endless, 2).ptr); // the sum has no number
    assert_null(arena_join(&a, endless, 1).ptr); // nor is there so much memory
    arena_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_texts),
        cmocka_unit_test(takes_no_memory_before_the_first_object),
        cmocka_unit_test(refuses_past_the_limit),
        cmocka_unit_test(refuses_impossible_sizes),
        cmocka_unit_test(gives_size_zero_a_place_of_its_own),
        cmocka_unit_test(fails_when_its_pool_is_empty),
        cmocka_unit_test(puts_large_objects_beside_the_pool),
        cmocka_unit_test(copies_text),
        cmocka_unit_test(keeps_objects_apart_on_the_heap),
        cmocka_unit_test(keeps_objects_apart_in_a_pool),
        cmocka_unit_test(shows_misuse_to_the_sanitizer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

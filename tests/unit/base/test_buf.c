// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "support/dice.h"

static void appends_up_to_the_last_byte(void **state)
{
    char storage[6];
    struct buf b;
    (void)state;
    buf_init(&b, storage, sizeof(storage));
    buf_str(&b, "abc");
    buf_char(&b, 'd');
    buf_printf(&b, "%d", 42);
    assert_false(b.failed);
    ASSERT_SLICE(buf_view(&b), SLICE("abcd42"));
}

static void appends_nothing_past_the_ceiling(void **state)
{
    char storage[6];
    struct buf b;
    (void)state;
    buf_init(&b, storage, sizeof(storage));
    buf_str(&b, "abcd");
    buf_str(&b, "efg");
    assert_true(b.failed);
    ASSERT_SLICE(buf_view(&b), SLICE("abcd"));
    buf_char(&b, 'x'); // would fit, but the text would have a hole
    ASSERT_SLICE(buf_view(&b), SLICE("abcd"));
    buf_reset(&b);
    assert_false(b.failed);
    buf_char(&b, 'x');
    ASSERT_SLICE(buf_view(&b), SLICE("x"));
}

static void grows_to_its_maximum(void **state)
{
    struct buf b;
    (void)state;
    buf_new(&b, 1000);
    for (int i = 0; i < 1000; i++)
        buf_char(&b, (char)('a' + i % 26));
    assert_false(b.failed);
    assert_int_equal(b.len, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(b.data[i], 'a' + i % 26);
    buf_char(&b, 'x');
    assert_true(b.failed);
    assert_int_equal(b.len, 1000);
    buf_free(&b);
    assert_null(b.data);
}

static void claims_what_was_reserved(void **state)
{
    struct buf b;
    (void)state;
    buf_new(&b, 100);
    char *at = buf_reserve(&b, 50);
    assert_non_null(at);
    memcpy(at, "hello", 5);
    buf_commit(&b, 5);
    ASSERT_SLICE(buf_view(&b), SLICE("hello"));
    assert_null(buf_reserve(&b, 96));
    assert_true(b.failed);
    buf_free(&b);
}

static void survives_sizes_that_would_wrap(void **state)
{
    char storage[6];
    struct buf b;
    (void)state;
    buf_init(&b, storage, sizeof(storage));
    buf_char(&b, 'a');
    assert_null(buf_reserve(&b, SIZE_MAX));
    assert_true(b.failed);
}

static void appends_nothing_from_nowhere(void **state)
{
    struct buf b;
    (void)state;
    buf_new(&b, 10);
    buf_slice(&b, (struct slice){0});
    buf_append(&b, NULL, 0);
    assert_false(b.failed);
    assert_int_equal(b.len, 0);
    buf_free(&b);
}

static void prints_texts_of_any_length(void **state)
{
    static const size_t lengths[] = {0, 1, 510, 511, 512, 513, 5000};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        struct buf exact, tight;
        char *text = malloc(lengths[i] + 1);
        assert_non_null(text);
        memset(text, 'x', lengths[i]);
        text[lengths[i]] = '\0';
        buf_new(&exact, lengths[i]);
        buf_printf(&exact, "%s", text);
        assert_false(exact.failed);
        ASSERT_SLICE(buf_view(&exact), slice_str(text));
        buf_new(&tight, lengths[i]);
        buf_printf(&tight, "%s!", text);
        assert_true(tight.failed);
        assert_int_equal(tight.len, 0);
        buf_free(&exact);
        buf_free(&tight);
        free(text);
    }
}

static void check_invariant(const struct buf *b)
{
    assert_true(b->len <= b->cap);
    assert_true(b->cap <= b->max);
    assert_true(b->data || b->cap == 0);
}

// Appends of random kinds against a model: the content is always the unbroken beginning of what was
// written.
static void run_random(struct buf *b, struct dice *dice, size_t max)
{
    char model[4096];
    size_t len = 0;
    bool failed = false;
    while (!failed) {
        char piece[64];
        size_t n = dice_below(dice, sizeof(piece));
        for (size_t i = 0; i < n; i++)
            piece[i] = (char)dice_below(dice, 256);
        uint64_t number = dice_below(dice, 1000000);
        switch (dice_below(dice, 3)) {
        case 0:
            buf_append(b, piece, n);
            break;
        case 1:
            n = (size_t)snprintf(piece, sizeof(piece), "%llu", (unsigned long long)number);
            buf_decimal(b, number);
            break;
        default:
            n = (size_t)snprintf(piece, sizeof(piece), "<%llu>", (unsigned long long)number);
            buf_printf(b, "<%llu>", (unsigned long long)number);
            break;
        }
        failed = len + n > max;
        if (!failed)
            memcpy(model + len, piece, n);
        len += failed ? 0 : n;
        check_invariant(b);
        assert_int_equal(b->failed, failed);
        ASSERT_SLICE(buf_view(b), slice_of(model, len));
    }
}

static void holds_what_was_written_in_both_kinds(void **state)
{
    struct dice dice = {.state = 3};
    (void)state;
    for (int round = 0; round < 200; round++) {
        char storage[3000];
        struct buf fixed, growing;
        size_t max = dice_below(&dice, sizeof(storage));
        buf_init(&fixed, storage, max);
        run_random(&fixed, &dice, max);
        buf_free(&fixed);
        buf_new(&growing, max);
        run_random(&growing, &dice, max);
        buf_reset(&growing);
        run_random(&growing, &dice, max);
        buf_free(&growing);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_up_to_the_last_byte),
        cmocka_unit_test(appends_nothing_past_the_ceiling),
        cmocka_unit_test(grows_to_its_maximum),
        cmocka_unit_test(claims_what_was_reserved),
        cmocka_unit_test(survives_sizes_that_would_wrap),
        cmocka_unit_test(appends_nothing_from_nowhere),
        cmocka_unit_test(prints_texts_of_any_length),
        cmocka_unit_test(holds_what_was_written_in_both_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

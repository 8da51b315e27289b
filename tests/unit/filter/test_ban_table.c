// SPDX-License-Identifier: Apache-2.0
#include "filter/ban_table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/dice.h"
#include "support/unit.h"

enum { MINUTE = 60000 };
#define START UINT64_C(1700000000000)

static struct addr_prefix prefix(const char *text)
{
    struct addr_prefix p;
    assert_true(addr_parse_prefix(slice_str(text), false, &p));
    return p;
}

static struct addr_prefix number(unsigned n)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
    return prefix(text);
}

static struct ban_table *table(size_t max)
{
    struct ban_table *t = ban_table_new(max);
    assert_non_null(t);
    return t;
}

static struct ban_order order(struct addr_prefix who, uint64_t for_ms, uint64_t max_ms)
{
    return (struct ban_order){.who = who,
                              .for_ms = for_ms,
                              .max_ms = max_ms,
                              .by = SLICE("waf"),
                              .reason = SLICE("score-threshold")};
}

static bool ban(struct ban_table *t, struct addr_prefix who, uint64_t for_ms, uint64_t now_ms)
{
    struct ban_order o = order(who, for_ms, for_ms);
    return ban_table_add(t, &o, now_ms, NULL);
}

static bool has(struct ban_table *t, struct addr_prefix who, uint64_t now_ms)
{
    uint64_t until;
    return ban_table_has(t, &who, now_ms, &until);
}

static void bans_until_the_time_has_come(void **state)
{
    struct ban_table *t = table(16);
    struct addr_prefix who = prefix("192.0.2.1"), net = prefix("2001:db8::/64");
    uint64_t until = 0;
    assert_true(ban_table_is_idle(t, START));
    assert_false(has(t, who, START));
    assert_true(ban(t, who, MINUTE, START));
    assert_false(ban_table_is_idle(t, START));
    assert_true(ban_table_is_idle(t, START + MINUTE));
    assert_true(ban(t, net, MINUTE, START));
    assert_true(ban_table_has(t, &who, START, &until));
    assert_int_equal(until, START + MINUTE);
    assert_true(has(t, net, START + MINUTE - 1));
    assert_false(has(t, prefix("2001:db8::/65"), START));
    assert_false(has(t, prefix("192.0.2.2"), START));
    assert_false(has(t, who, START + MINUTE));
    assert_int_equal(ban_table_counts(t, START).in_force, 2);
    assert_int_equal(ban_table_counts(t, START + MINUTE).in_force, 0);
    ban_table_free(&t);
    (void)state;
}

static void says_what_stands_there(void **state)
{
    struct ban_table *t = table(16);
    struct ban_order o = order(prefix("192.0.2.1"), MINUTE, MINUTE);
    struct ban b;
    char reason[BAN_REASON_MAX + 20];
    memset(reason, 'r', sizeof(reason));
    assert_true(ban_table_add(t, &o, START, &b));
    assert_int_equal(b.since_ms, START);
    assert_int_equal(b.times, 1);
    assert_string_equal(b.by, "waf");
    assert_string_equal(b.reason, "score-threshold");
    for (unsigned i = 0; i < 3; i++)
        assert_true(has(t, o.who, START + 1));
    // In force already: it stays as it is.
    o.for_ms = o.max_ms = 2 * MINUTE;
    assert_false(ban_table_add(t, &o, START + 5, &b));
    assert_int_equal(b.until_ms, START + MINUTE);
    assert_int_equal(b.refused, 3);
    // Unless somebody says so in so many words.
    o.is_exact = true;
    o.by = SLICE("admin");
    o.reason = slice_of(reason, sizeof(reason));
    assert_true(ban_table_add(t, &o, START + 5, &b));
    assert_int_equal(b.until_ms, START + 5 + 2 * MINUTE);
    assert_int_equal(b.times, 2);
    assert_int_equal(b.refused, 0);
    assert_string_equal(b.by, "admin");
    assert_int_equal(strlen(b.reason), BAN_REASON_MAX);
    assert_int_equal(ban_table_counts(t, START + 5).added, 2);
    ban_table_free(&t);
    (void)state;
}

static void comes_down_harder_on_those_who_return(void **state)
{
    struct ban_table *t = table(16);
    struct ban_order o = order(prefix("192.0.2.1"), MINUTE, 5 * MINUTE);
    static const unsigned minutes[] = {1, 2, 4, 5, 5};
    struct ban b;
    uint64_t now = START;
    ban_table_remember(t, 10 * MINUTE);
    for (size_t i = 0; i < ARRAY_LEN(minutes); i++) {
        assert_true(ban_table_add(t, &o, now, &b));
        assert_int_equal(b.times, i + 1);
        assert_int_equal(b.until_ms - now, minutes[i] * MINUTE);
        now = b.until_ms + MINUTE;
    }
    // Long enough away: a blank page, though the old entry was not swept yet.
    now = b.until_ms + 10 * MINUTE + 1;
    assert_true(ban_table_add(t, &o, now, &b));
    assert_int_equal(b.times, 1);
    ban_table_free(&t);
    (void)state;
}

static void lifts_bans(void **state)
{
    struct ban_table *t = table(16);
    struct addr_prefix who = prefix("192.0.2.1");
    const struct addr_prefix never[] = {prefix("10.0.0.0/8"), prefix("2001:db8::/32")};
    uint64_t changes = ban_table_changes(t);
    assert_false(ban_table_remove(t, &who, START));
    assert_int_equal(ban_table_changes(t), changes);
    assert_true(ban(t, who, MINUTE, START));
    assert_true(ban_table_remove(t, &who, START + 1));
    assert_false(has(t, who, START + 1));
    assert_int_equal(ban_table_changes(t), changes + 2);
    assert_true(ban(t, who, MINUTE, START));
    assert_true(ban(t, number(7), MINUTE, START));
    assert_true(ban(t, prefix("2001:db8:1::/64"), MINUTE, START));
    ban_table_remove_within(t, never, ARRAY_LEN(never));
    assert_true(has(t, who, START));
    assert_false(has(t, number(7), START));
    assert_false(has(t, prefix("2001:db8:1::/64"), START));
    ban_table_free(&t);
    (void)state;
}

static void makes_room_by_what_ends_first(void **state)
{
    enum { MAX = 64 };
    struct ban_table *t = table(MAX);
    // In an order that is not that of their ends.
    for (unsigned i = 0; i < MAX; i++)
        assert_true(ban(t, number(i), (i * 37 % MAX + 1) * MINUTE, START));
    for (unsigned round = 1; round <= MAX / 2; round++) {
        assert_true(ban(t, number(1000 + round), 1000 * MINUTE, START));
        unsigned left = 0;
        for (unsigned i = 0; i < MAX; i++) {
            bool is_banned = has(t, number(i), START);
            assert_int_equal(is_banned, i * 37 % MAX >= round);
            left += is_banned;
        }
        assert_int_equal(left, MAX - round);
    }
    assert_int_equal(ban_table_counts(t, START).evicted, MAX / 2);
    assert_int_equal(ban_table_counts(t, START).in_force, MAX);
    // What has ended and is only remembered goes first, and is no loss.
    ban_table_remember(t, BAN_MS_MAX);
    uint64_t later = START + 50 * MINUTE;
    assert_true(ban(t, number(5000), MINUTE, later));
    assert_int_equal(ban_table_counts(t, later).evicted, MAX / 2);
    ban_table_free(&t);
    (void)state;
}

// Against a plain array that is searched from end to end.
static void agrees_with_a_simple_one(void **state)
{
    enum { MAX = 100, CLIENTS = 90, STEPS = 20000 };
    struct ban_table *t = table(MAX);
    uint64_t until[CLIENTS] = {0}, now = START;
    struct dice dice = {.state = 1};
    ban_table_remember(t, 0);
    for (unsigned i = 0; i < STEPS; i++) {
        unsigned who = (unsigned)dice_below(&dice, CLIENTS);
        struct addr_prefix p = number(who);
        now += dice_below(&dice, 50);
        switch (dice_below(&dice, 3)) {
        case 0: {
            uint64_t for_ms = dice_below(&dice, 5000) + 1;
            assert_int_equal(ban(t, p, for_ms, now), until[who] <= now);
            if (until[who] <= now)
                until[who] = now + for_ms;
            break;
        }
        case 1:
            assert_int_equal(ban_table_remove(t, &p, now), until[who] > now);
            if (until[who] > now)
                until[who] = 0;
            break;
        default:
            assert_int_equal(has(t, p, now), until[who] > now);
        }
    }
    ban_table_free(&t);
    (void)state;
}

static void copies_all_in_pieces(void **state)
{
    struct ban_table *t = table(100);
    struct ban some[7];
    for (unsigned i = 0; i < 50; i++)
        assert_true(ban(t, number(i), MINUTE, START));
    for (unsigned i = 0; i < 50; i += 5) {
        struct addr_prefix who = number(i);
        assert_true(ban_table_remove(t, &who, START));
    }
    size_t at = 0, total = 0, count;
    while ((count = ban_table_copy(t, &at, some, ARRAY_LEN(some))) > 0) {
        for (size_t i = 0; i < count; i++) {
            assert_true(has(t, some[i].who, START));
            assert_int_equal(some[i].until_ms, START + MINUTE);
        }
        total += count;
    }
    assert_int_equal(total, 40);
    ban_table_free(&t);
    (void)state;
}

static void takes_back_what_it_gave(void **state)
{
    struct ban_table *t = table(16), *again = table(16);
    struct ban_order o = order(prefix("192.0.2.1"), MINUTE, 60 * MINUTE);
    struct ban b, c;
    ban_table_remember(again, 10 * MINUTE);
    assert_true(ban_table_add(t, &o, START, &b));
    ban_table_restore(again, &b, START + 1);
    assert_true(has(again, o.who, START + 1));
    // Twice does nothing; one that is too old is left out.
    ban_table_restore(again, &b, START + 1);
    b.who = number(1);
    ban_table_restore(again, &b, START + 11 * MINUTE);
    assert_int_equal(ban_table_counts(again, START + 1).in_force, 1);
    // It knows how often it was.
    assert_true(ban_table_add(again, &o, START + 2 * MINUTE, &c));
    assert_int_equal(c.times, 2);
    assert_int_equal(c.until_ms, START + 4 * MINUTE);
    ban_table_free(&t);
    ban_table_free(&again);
    (void)state;
}

// Some are banned from the beginning to the end, some never; threads ban and lift others around
// them, so that entries go from hand to hand.
struct crowd {
    struct ban_table *table;
    _Atomic bool stop;
    _Atomic unsigned wrong;
};

enum { STEADY = 8, NEVER = 8, MOVING = 64 };

static void *ask(void *arg)
{
    struct crowd *c = arg;
    while (!atomic_load(&c->stop)) {
        for (unsigned i = 0; i < STEADY; i++)
            atomic_fetch_add(&c->wrong, !has(c->table, number(i), START));
        for (unsigned i = 0; i < NEVER; i++)
            atomic_fetch_add(&c->wrong, has(c->table, number(1000 + i), START));
    }
    return NULL;
}

static void *change(void *arg)
{
    struct crowd *c = arg;
    for (unsigned i = 0; i < 4000; i++) {
        struct addr_prefix who = number(2000 + i * 7 % MOVING);
        if (!ban(c->table, who, MINUTE + i % 100, START))
            (void)ban_table_remove(c->table, &who, START);
        if (i % 100 == 0) {
            struct ban some[16];
            size_t at = 0;
            while (ban_table_copy(c->table, &at, some, ARRAY_LEN(some)) > 0)
                ;
            (void)ban_table_counts(c->table, START);
        }
    }
    return NULL;
}

static void threads_are_never_told_wrong(void **state)
{
    enum { ASKING = 2, CHANGING = 2 };
    struct crowd c = {.table = table(32)}; // too few for all that move
    pthread_t asking[ASKING], changing[CHANGING];
    for (unsigned i = 0; i < STEADY; i++)
        assert_true(ban(c.table, number(i), 1000 * MINUTE, START));
    for (unsigned i = 0; i < ASKING; i++)
        assert_int_equal(pthread_create(&asking[i], NULL, ask, &c), 0);
    for (unsigned i = 0; i < CHANGING; i++)
        assert_int_equal(pthread_create(&changing[i], NULL, change, &c), 0);
    for (unsigned i = 0; i < CHANGING; i++)
        assert_int_equal(pthread_join(changing[i], NULL), 0);
    atomic_store(&c.stop, true);
    for (unsigned i = 0; i < ASKING; i++)
        assert_int_equal(pthread_join(asking[i], NULL), 0);
    assert_int_equal(c.wrong, 0);
    ban_table_free(&c.table);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bans_until_the_time_has_come),
        cmocka_unit_test(says_what_stands_there),
        cmocka_unit_test(comes_down_harder_on_those_who_return),
        cmocka_unit_test(lifts_bans),
        cmocka_unit_test(makes_room_by_what_ends_first),
        cmocka_unit_test(agrees_with_a_simple_one),
        cmocka_unit_test(copies_all_in_pieces),
        cmocka_unit_test(takes_back_what_it_gave),
        cmocka_unit_test(threads_are_never_told_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

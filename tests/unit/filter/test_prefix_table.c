// SPDX-License-Identifier: Apache-2.0
#include "filter/prefix_table.h"

#include <stdio.h>

#include "support/dice.h"
#include "support/unit.h"

static struct addr address(const char *text)
{
    struct addr a;
    assert_true(addr_parse(slice_str(text), &a));
    return a;
}

static void add(struct prefix_list *l, const char *text, enum prefix_action action)
{
    struct addr_prefix p;
    assert_true(addr_parse_prefix(slice_str(text), false, &p));
    assert_true(prefix_list_add(l, &p, action));
}

static struct prefix_table *build(struct prefix_list *l)
{
    struct prefix_table *t = prefix_table_new(l);
    assert_non_null(t);
    prefix_list_clear(l);
    return t;
}

static void assert_found(const struct prefix_table *t, const char *client,
                         enum prefix_action action, const char *prefix)
{
    struct addr a = address(client);
    struct addr_prefix found;
    char text[ADDR_TEXT_MAX + 4];
    if (prefix_table_find(t, &a, &found) != action)
        fail_msg("%s: not action %d", client, action);
    if (!prefix)
        return;
    (void)addr_prefix_text(&found, text);
    assert_string_equal(text, prefix);
}

static void longest_prefix_wins(void **state)
{
    (void)state;
    struct prefix_list l = {0};
    add(&l, "10.0.0.0/8", PREFIX_DENY);
    add(&l, "10.1.0.0/16", PREFIX_ALLOW);
    add(&l, "10.1.2.0/24", PREFIX_DENY);
    add(&l, "10.1.2.3", PREFIX_ALLOW);
    add(&l, "255.255.255.255", PREFIX_DENY);
    add(&l, "2001:db8::/32", PREFIX_DENY);
    add(&l, "2001:db8:1::/48", PREFIX_ALLOW);
    add(&l, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", PREFIX_DENY);
    struct prefix_table *t = build(&l);
    assert_found(t, "9.255.255.255", PREFIX_NONE, NULL);
    assert_found(t, "10.0.0.0", PREFIX_DENY, "10.0.0.0/8");
    assert_found(t, "10.1.0.0", PREFIX_ALLOW, "10.1.0.0/16");
    assert_found(t, "10.1.1.255", PREFIX_ALLOW, "10.1.0.0/16");
    assert_found(t, "10.1.2.2", PREFIX_DENY, "10.1.2.0/24");
    assert_found(t, "10.1.2.3", PREFIX_ALLOW, "10.1.2.3/32");
    assert_found(t, "10.1.2.4", PREFIX_DENY, "10.1.2.0/24");
    assert_found(t, "10.1.3.0", PREFIX_ALLOW, "10.1.0.0/16");
    assert_found(t, "10.2.0.0", PREFIX_DENY, "10.0.0.0/8");
    assert_found(t, "11.0.0.0", PREFIX_NONE, NULL);
    assert_found(t, "255.255.255.254", PREFIX_NONE, NULL);
    assert_found(t, "255.255.255.255", PREFIX_DENY, "255.255.255.255/32");
    assert_found(t, "::1:0:0:0", PREFIX_NONE, NULL);
    assert_found(t, "2001:db7:ffff::", PREFIX_NONE, NULL);
    assert_found(t, "2001:db8::1", PREFIX_DENY, "2001:db8::/32");
    assert_found(t, "2001:db8:1:2::3", PREFIX_ALLOW, "2001:db8:1::/48");
    assert_found(t, "2001:db8:2::", PREFIX_DENY, "2001:db8::/32");
    assert_found(t, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", PREFIX_DENY, NULL);
    prefix_table_free(&t);
}

static void deny_wins_over_allow_for_the_same_prefix(void **state)
{
    (void)state;
    struct prefix_list l = {0};
    add(&l, "192.0.2.0/24", PREFIX_ALLOW);
    add(&l, "192.0.2.0/24", PREFIX_DENY);
    add(&l, "192.0.2.0/24", PREFIX_ALLOW);
    struct prefix_table *t = prefix_table_new(&l);
    assert_non_null(t);
    assert_int_equal(l.count, 1);
    assert_found(t, "192.0.2.77", PREFIX_DENY, "192.0.2.0/24");
    prefix_list_clear(&l);
    prefix_table_free(&t);
}

static void whole_internet_of_ipv6_holds_ipv4_too(void **state)
{
    (void)state;
    struct prefix_list l = {0};
    add(&l, "::/0", PREFIX_DENY);
    add(&l, "192.0.2.0/24", PREFIX_ALLOW);
    struct prefix_table *t = build(&l);
    assert_found(t, "0.0.0.0", PREFIX_DENY, "::/0");
    assert_found(t, "192.0.2.1", PREFIX_ALLOW, "192.0.2.0/24");
    assert_found(t, "192.0.3.0", PREFIX_DENY, "::/0");
    assert_found(t, "ffff::", PREFIX_DENY, "::/0");
    prefix_table_free(&t);
}

static void empty_table_and_unix_peers_match_nothing(void **state)
{
    (void)state;
    struct prefix_list l = {0};
    struct prefix_table *t = build(&l);
    assert_found(t, "192.0.2.1", PREFIX_NONE, NULL);
    assert_found(t, "::", PREFIX_NONE, NULL);
    prefix_table_free(&t);
    add(&l, "::/0", PREFIX_DENY);
    t = build(&l);
    struct addr_prefix found;
    assert_int_equal(prefix_table_find(t, &(struct addr){.is_unix = true}, &found), PREFIX_NONE);
    prefix_table_free(&t);
}

static void range_becomes_the_prefixes_it_is_made_of(void **state)
{
    (void)state;
    static const struct {
        const char *first, *last;
        size_t prefixes;
    } cases[] = {
        {"192.0.2.0", "192.0.2.255", 1},
        {"192.0.2.1", "192.0.2.1", 1},
        {"192.0.2.1", "192.0.2.254", 14},
        {"0.0.0.0", "255.255.255.255", 1},
        {"192.0.2.255", "192.0.3.0", 2},
        {"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1},
        {"::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 254},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct prefix_list l = {0};
        struct addr first = address(cases[i].first), last = address(cases[i].last);
        assert_true(prefix_list_add_range(&l, &first, &last, PREFIX_DENY));
        assert_int_equal(l.count, cases[i].prefixes);
        struct prefix_table *t = build(&l);
        assert_found(t, cases[i].first, PREFIX_DENY, NULL);
        assert_found(t, cases[i].last, PREFIX_DENY, NULL);
        prefix_table_free(&t);
    }
}

// The plain way: look at every prefix.
static enum prefix_action find_slowly(const struct prefix_list *l, const struct addr *a, int *bits)
{
    enum prefix_action action = PREFIX_NONE;
    *bits = -1;
    for (size_t i = 0; i < l->count; i++) {
        const struct prefix_entry *e = &l->items[i];
        if (!addr_prefix_has(&e->prefix, a) || e->prefix.bits < *bits)
            continue;
        if (e->prefix.bits > *bits || e->action == PREFIX_DENY)
            action = (enum prefix_action)e->action;
        *bits = e->prefix.bits;
    }
    return action;
}

// Few different bytes, so that prefixes nest and touch.
static void random_bytes_near(struct dice *d, bool v4, uint8_t bytes[16])
{
    static const uint8_t some[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff};
    for (size_t i = 0; i < 16; i++)
        bytes[i] = v4 && i < 10 ? 0 : v4 && i < 12 ? 0xff : some[dice_below(d, ARRAY_LEN(some))];
}

static void agrees_with_the_plain_search(void **state)
{
    (void)state;
    struct dice d = {7};
    for (unsigned round = 0; round < 60; round++) {
        struct prefix_list l = {0}, sorted = {0};
        // The last rounds are large enough for the index.
        size_t count = round < 55 ? 1 + dice_below(&d, 200) : 12000;
        for (size_t i = 0; i < count; i++) {
            struct addr_prefix p;
            char text[ADDR_TEXT_MAX];
            struct addr a = {0};
            random_bytes_near(&d, dice_below(&d, 3) != 0, a.bytes);
            if (round >= 55)
                a.bytes[13] = (uint8_t)dice_below(&d, 256),
                a.bytes[14] = (uint8_t)dice_below(&d, 256);
            size_t len = addr_text(&a, text);
            len += (size_t)snprintf(text + len, sizeof(text) - len, "/%u",
                                    (unsigned)dice_below(&d, addr_is_v4(&a) ? 33 : 129));
            assert_true(addr_parse_prefix(slice_of(text, len), true, &p));
            enum prefix_action action = dice_below(&d, 2) ? PREFIX_DENY : PREFIX_ALLOW;
            assert_true(prefix_list_add(&l, &p, action) && prefix_list_add(&sorted, &p, action));
        }
        struct prefix_table *t = build(&sorted);
        for (unsigned i = 0; i < (round < 55 ? 400 : 200); i++) {
            struct addr a = {0};
            struct addr_prefix found;
            int bits;
            random_bytes_near(&d, dice_below(&d, 3) != 0, a.bytes);
            enum prefix_action wanted = find_slowly(&l, &a, &bits);
            assert_int_equal(prefix_table_find(t, &a, &found), wanted);
            if (wanted != PREFIX_NONE) {
                assert_int_equal(found.bits, bits);
                assert_true(addr_prefix_has(&found, &a));
            }
        }
        prefix_table_free(&t);
        prefix_list_clear(&l);
    }
}

static void neighbours_that_say_the_same_melt(void **state)
{
    (void)state;
    struct prefix_list l = {0};
    for (unsigned i = 0; i < 65536; i++) {
        struct addr_prefix p = {
            .bytes =
                {[10] = 0xff, [11] = 0xff, [12] = 10, [13] = (uint8_t)(i >> 8), [14] = (uint8_t)i},
            .bits = 120};
        assert_true(prefix_list_add(&l, &p, PREFIX_DENY));
    }
    struct prefix_table *t = build(&l);
    assert_true(prefix_table_bytes(t) < 1024);
    assert_found(t, "10.77.33.1", PREFIX_DENY, "10.77.33.0/24");
    prefix_table_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longest_prefix_wins),
        cmocka_unit_test(deny_wins_over_allow_for_the_same_prefix),
        cmocka_unit_test(whole_internet_of_ipv6_holds_ipv4_too),
        cmocka_unit_test(empty_table_and_unix_peers_match_nothing),
        cmocka_unit_test(range_becomes_the_prefixes_it_is_made_of),
        cmocka_unit_test(agrees_with_the_plain_search),
        cmocka_unit_test(neighbours_that_say_the_same_melt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

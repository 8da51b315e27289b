// SPDX-License-Identifier: Apache-2.0
#include "proxy/bans.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "filter/ban.h"
#include "filter/filter.h"
#include "support/unit.h"

static const struct filter_ban twice = {
    .after = {.max = 2, .window_ms = 60000}, .for_ms = 60000, .max_ms = 60000};
static const struct filter_verdict refusal = {
    .kind = FILTER_DENY, .reason = "ip-denied", .filter = SLICE_INIT("list"), .ban = &twice};

struct scene {
    struct policy_bans policy;
    struct policy_listener listener;
    struct addr_prefix trusted, never;
    struct bans *bans;
    unsigned changes;
};

static void on_change(void *ctx)
{
    struct scene *s = ctx;
    s->changes++;
}

static void begin(struct scene *s)
{
    *s = (struct scene){.policy = {.table_size = 64, .ipv6_bits = 64, .never_count = 1}};
    assert_true(addr_parse_prefix(SLICE("10.0.0.0/8"), false, &s->never));
    assert_true(addr_parse_prefix(SLICE("192.0.2.99"), false, &s->trusted));
    s->policy.never = &s->never;
    s->listener.trusted_proxies = &s->trusted;
    s->listener.trusted_proxy_count = 1;
    s->bans = bans_new(&s->policy);
    assert_non_null(s->bans);
    bans_on_change(s->bans, on_change, s);
}

static struct addr address(const char *text)
{
    struct addr a;
    assert_true(addr_parse(slice_str(text), &a));
    return a;
}

static bool has(struct scene *s, const char *client)
{
    struct addr a = address(client);
    struct audit_ban said = {0};
    bool is_banned =
        bans_has(s->bans, &s->policy, &s->listener, &a, clock_mono_ns() / 1000000, &said);
    assert_int_equal(said.is_there, is_banned);
    return is_banned;
}

static struct audit_ban refuse(struct scene *s, const char *client)
{
    struct addr a = address(client);
    struct audit_ban said = {0};
    bans_count(s->bans, &s->policy, &s->listener, &a, &refusal, &said);
    return said;
}

static void bans_clients_and_nobody_who_speaks_for_others(void **state)
{
    struct scene s;
    begin(&s);
    static const char *const spared[] = {"192.0.2.99", "10.1.2.3"};
    for (size_t i = 0; i < ARRAY_LEN(spared); i++) {
        assert_false(refuse(&s, spared[i]).is_there);
        assert_false(refuse(&s, spared[i]).is_there);
        assert_false(has(&s, spared[i]));
    }
    struct addr unix_peer = {.is_unix = true};
    struct audit_ban said = {0};
    for (unsigned i = 0; i < 3; i++)
        bans_count(s.bans, &s.policy, &s.listener, &unix_peer, &refusal, &said);
    assert_false(said.is_there);
    assert_int_equal(s.changes, 0);
    assert_false(refuse(&s, "2001:db8::1").is_there);
    said = refuse(&s, "2001:db8::2");
    assert_true(said.is_there && said.is_new && !said.is_dry_run);
    assert_int_equal(said.times, 1);
    assert_int_equal(said.who.bits, 64);
    assert_int_equal(s.changes, 1);
    assert_true(has(&s, "2001:db8::3"));
    assert_false(has(&s, "2001:db8:0:1::3"));
    bans_free(&s.bans);
    (void)state;
}

static void puts_and_lifts_by_hand(void **state)
{
    struct scene s;
    struct ban ban;
    begin(&s);
    struct addr a = address("192.0.2.1"), never = address("10.0.0.1");
    struct ban_order order = {.who = bans_client(&s.policy, &a),
                              .for_ms = 1000000,
                              .is_exact = true,
                              .by = SLICE("admin"),
                              .reason = SLICE("asked for it")};
    assert_int_equal(bans_put(s.bans, &s.policy, &order, &ban), BANS_PUT);
    assert_string_equal(ban.reason, "asked for it");
    assert_true(has(&s, "192.0.2.1"));
    assert_true(bans_lift(s.bans, &order.who));
    assert_false(bans_lift(s.bans, &order.who));
    assert_false(has(&s, "192.0.2.1"));
    assert_int_equal(s.changes, 2);
    order.who = bans_client(&s.policy, &never);
    assert_int_equal(bans_put(s.bans, &s.policy, &order, &ban), BANS_NEVER);
    bans_free(&s.bans);
    (void)state;
}

// What does not fit any more is left out; a clock that was set back makes nothing longer.
static void goes_through_a_file(void **state)
{
    struct scene s, again;
    char why[128];
    size_t left_out;
    struct buf text;
    begin(&s);
    begin(&again);
    for (unsigned i = 0; i < 2; i++) {
        (void)refuse(&s, "192.0.2.1");
        (void)refuse(&s, "2001:db8::1");
        (void)refuse(&s, "172.16.0.1");
    }
    uint64_t now = bans_now_ms(s.bans);
    struct ban tomorrow = {
        .since_ms = now + 86400000, .until_ms = now + 86400000 + 5000, .times = 1};
    assert_true(addr_parse_prefix(SLICE("192.0.2.7"), false, &tomorrow.who));
    ban_table_restore(bans_table(s.bans), &tomorrow, now);
    buf_new(&text, BAN_STATE_MAX);
    bans_write(s.bans, &text);
    again.policy.ipv6_bits = 56;
    assert_true(addr_parse_prefix(SLICE("172.16.0.0/12"), false, &again.never));
    assert_true(bans_read(again.bans, &again.policy, buf_view(&text), &left_out, why, sizeof(why)));
    assert_int_equal(left_out, 2);
    assert_true(has(&again, "192.0.2.1"));
    assert_false(has(&again, "2001:db8::1"));
    assert_false(has(&again, "172.16.0.1"));
    struct audit_ban said;
    struct addr a = address("192.0.2.7");
    assert_true(
        bans_has(again.bans, &again.policy, &again.listener, &a, clock_mono_ns() / 1000000, &said));
    assert_true(said.until_wall_ns / 1000000 <= bans_now_ms(again.bans) + 5000);
    assert_false(bans_read(again.bans, &again.policy, SLICE("x"), &left_out, why, sizeof(why)));
    buf_free(&text);
    bans_free(&s.bans);
    bans_free(&again.bans);
    (void)state;
}

static void a_new_policy_spares_others(void **state)
{
    struct scene s;
    begin(&s);
    (void)refuse(&s, "192.0.2.1");
    assert_true(refuse(&s, "192.0.2.1").is_there);
    assert_true(addr_parse_prefix(SLICE("192.0.2.0/24"), false, &s.never));
    bans_adopt(s.bans, &s.policy);
    assert_false(has(&s, "192.0.2.1"));
    bans_free(&s.bans);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bans_clients_and_nobody_who_speaks_for_others),
        cmocka_unit_test(puts_and_lifts_by_hand),
        cmocka_unit_test(goes_through_a_file),
        cmocka_unit_test(a_new_policy_spares_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

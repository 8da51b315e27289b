// SPDX-License-Identifier: Apache-2.0
#include "proxy/ledger.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/record.h"
#include "support/unit.h"

static struct audit_record request(struct slice route)
{
    struct audit_record r;
    audit_record_init(&r);
    r.kind = AUDIT_REQUEST;
    r.status = 200;
    r.route = route;
    return r;
}

static uint64_t count_of(const struct ledger *l, enum ledger_kind kind, const char *name,
                         unsigned which)
{
    for (unsigned i = 0; i < atomic_load(&l->count); i++)
        if (l->entries[i].kind == kind && strcmp(l->entries[i].name, name) == 0)
            return l->entries[i].counts[which];
    return UINT64_MAX;
}

static void counts_by_route_and_verdict(void **state)
{
    (void)state;
    struct ledger *l = ledger_new();
    struct audit_record r = request(SLICE("a"));
    ledger_count(l, &r);
    ledger_count(l, &r);
    r.verdict = AUDIT_VERDICT_DENIED;
    r.filter = SLICE("waf");
    ledger_count(l, &r);
    struct audit_record none = request((struct slice){0});
    ledger_count(l, &none);
    assert_int_equal(count_of(l, LEDGER_ROUTE, "a", AUDIT_VERDICT_PASSED), 2);
    assert_int_equal(count_of(l, LEDGER_ROUTE, "a", AUDIT_VERDICT_DENIED), 1);
    assert_int_equal(count_of(l, LEDGER_ROUTE, "", AUDIT_VERDICT_PASSED), 1);
    assert_int_equal(count_of(l, LEDGER_FILTER, "waf", 0), 1);
    assert_int_equal(l->responses[2], 4);
    ledger_free(&l);
}

// Connections that ended before a request tell of filters and handshakes alone.
static void connections_are_no_requests(void **state)
{
    (void)state;
    struct ledger *l = ledger_new();
    struct audit_record r = request((struct slice){0});
    r.kind = AUDIT_CONNECTION;
    r.filter = SLICE("known-bad");
    r.tls_ns = 3000000;
    ledger_count(l, &r);
    assert_int_equal(count_of(l, LEDGER_FILTER, "known-bad", 0), 1);
    assert_int_equal(l->handshake.sum_us, 3000);
    assert_int_equal(l->responses[0] + l->responses[2], 0);
    ledger_free(&l);
}

// Another policy may have another name in the place of one that was freed.
static void names_are_told_apart_behind_another_policy(void **state)
{
    (void)state;
    struct ledger *l = ledger_new();
    char place[16] = "before";
    struct audit_record r = request(slice_of(place, 6));
    ledger_count(l, &r);
    memcpy(place, "after!", 6);
    ledger_forget_places(l);
    ledger_count(l, &r);
    assert_int_equal(count_of(l, LEDGER_ROUTE, "before", AUDIT_VERDICT_PASSED), 1);
    assert_int_equal(count_of(l, LEDGER_ROUTE, "after!", AUDIT_VERDICT_PASSED), 1);
    ledger_free(&l);
}

static void names_without_room_are_counted_together(void **state)
{
    (void)state;
    struct ledger *l = ledger_new();
    enum { NAMES = LEDGER_ENTRIES + 50 };
    static char names[NAMES][16];
    for (unsigned i = 0; i < NAMES; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "route-%u", i);
        struct audit_record r = request(slice_str(names[i]));
        ledger_count(l, &r);
        ledger_count(l, &r);
    }
    assert_int_equal(atomic_load(&l->count), LEDGER_ENTRIES);
    assert_int_equal(count_of(l, LEDGER_ROUTE, "route-0", AUDIT_VERDICT_PASSED), 2);
    assert_int_equal(count_of(l, LEDGER_ROUTE, "(other)", AUDIT_VERDICT_PASSED),
                     2 * (NAMES - (LEDGER_ENTRIES - LEDGER_KINDS)));
    ledger_free(&l);
}

static void long_names_are_shortened(void **state)
{
    (void)state;
    struct ledger *l = ledger_new();
    char name[LEDGER_NAME_MAX + 10];
    memset(name, 'x', sizeof(name));
    struct audit_record r = request(slice_of(name, sizeof(name)));
    ledger_count(l, &r);
    name[LEDGER_NAME_MAX] = '\0';
    assert_int_equal(count_of(l, LEDGER_ROUTE, name, AUDIT_VERDICT_PASSED), 1);
    ledger_free(&l);
}

static void times_fall_into_their_buckets(void **state)
{
    (void)state;
    struct ledger *l = ledger_new();
    static const uint64_t us[] = {0, 100, 101, 10000000, 10000001};
    for (size_t i = 0; i < ARRAY_LEN(us); i++) {
        struct audit_record r = request(SLICE("a"));
        r.duration_ns = us[i] * 1000;
        ledger_count(l, &r);
    }
    assert_int_equal(l->request.buckets[0], 2);
    assert_int_equal(l->request.buckets[1], 1);
    assert_int_equal(l->request.buckets[LEDGER_BOUNDS - 1], 1);
    assert_int_equal(l->request.buckets[LEDGER_BOUNDS], 1);
    assert_int_equal(l->filters.buckets[0], 0); // did not run
    ledger_free(&l);
}

static void gauges_of_servers_are_what_was_told_last(void **state)
{
    (void)state;
    struct ledger *l = ledger_new();
    struct ledger_server s = {.backend = SLICE("app"),
                              .server = SLICE("https://a"),
                              .is_in_use = true,
                              .outstanding = 3,
                              .ejected_until_s = 9};
    ledger_servers_begin(l);
    ledger_server_tell(l, &s);
    s.is_in_use = false; // under a policy of before
    s.ejected_until_s = 0;
    ledger_server_tell(l, &s);
    assert_int_equal(count_of(l, LEDGER_SERVER, "https://a", LEDGER_OUTSTANDING), 0);
    ledger_servers_end(l);
    assert_int_equal(count_of(l, LEDGER_SERVER, "https://a", LEDGER_OUTSTANDING), 6);
    assert_int_equal(count_of(l, LEDGER_SERVER, "https://a", LEDGER_IN_USE), 1);
    assert_int_equal(count_of(l, LEDGER_SERVER, "https://a", LEDGER_WELL), 0);
    assert_int_equal(count_of(l, LEDGER_SERVER, "https://a", LEDGER_EJECTED_UNTIL_S), 9);
    ledger_servers_begin(l);
    ledger_servers_end(l);
    assert_int_equal(count_of(l, LEDGER_SERVER, "https://a", LEDGER_IN_USE), 0);
    ledger_free(&l);
}

static void counts_rules_countries_and_handshakes(void **state)
{
    (void)state;
    struct ledger *l = ledger_new();
    char names[LEDGER_RULES + 5][16];
    struct audit_record r = request(SLICE("a"));
    struct audit_match m = {0};
    r.matches = &m;
    r.country = SLICE("CH");
    r.tls_ns = 1000;
    r.tls.resumed = true;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        (void)snprintf(names[i], sizeof(names[i]), "rule-%zu", i);
        m.rule = slice_str(names[i]);
        ledger_count(l, &r);
    }
    assert_int_equal(count_of(l, LEDGER_RULE, "rule-0", 0), 1);
    assert_int_equal(count_of(l, LEDGER_RULE, LEDGER_OTHER, 0), 5);
    assert_int_equal(l->countries[('C' - 'A') * 26 + 'H' - 'A'], ARRAY_LEN(names));
    assert_int_equal(l->handshakes_resumed, ARRAY_LEN(names));
    ledger_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_by_route_and_verdict),
        cmocka_unit_test(connections_are_no_requests),
        cmocka_unit_test(names_are_told_apart_behind_another_policy),
        cmocka_unit_test(names_without_room_are_counted_together),
        cmocka_unit_test(long_names_are_shortened),
        cmocka_unit_test(times_fall_into_their_buckets),
        cmocka_unit_test(gauges_of_servers_are_what_was_told_last),
        cmocka_unit_test(counts_rules_countries_and_handshakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

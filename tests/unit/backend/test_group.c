// SPDX-License-Identifier: Apache-2.0
// Choice of a server: weights, outstanding requests, what is learned from failures, and what
// further tries cost.
#include "support/unit.h"

#include "backend/group.h"
#include "io/loop.h"

enum { SERVERS = 3, NONE = 99 };

struct scene {
    struct loop *loop;
    struct io_context io;
    struct backend_context context;
    struct backend_server servers[SERVERS];
    struct backend_config config;
    struct backend_group *group;
};

static void open_scene(struct scene *s, enum backend_balance balance,
                       const unsigned weights[SERVERS])
{
    *s = (struct scene){.loop = loop_new()};
    assert_non_null(s->loop);
    s->io.loop = s->loop;
    s->context.io = &s->io;
    for (unsigned i = 0; i < SERVERS; i++)
        s->servers[i].weight = weights[i];
    s->config =
        (struct backend_config){.servers = s->servers, .server_count = SERVERS, .balance = balance};
    s->group = backend_groups_new(&s->context, &s->config, 1);
    assert_non_null(s->group);
}

static void close_scene(struct scene *s)
{
    backend_groups_free(&s->group, 1);
    assert_null(s->group);
    loop_free(&s->loop);
}

static unsigned pick(struct scene *s, uint64_t tried)
{
    struct backend_member *m = backend_group_pick(s->group, tried);
    return m ? backend_group_index(s->group, m) : NONE;
}

static void wait_ms(struct scene *s, uint64_t ms)
{
    uint64_t until = loop_now_ms(s->loop) + ms;
    while (loop_now_ms(s->loop) < until)
        loop_turn(s->loop, 1);
}

static void round_robin_deals_out_by_weight_and_evenly(void **state)
{
    (void)state;
    static const unsigned order[] = {0, 1, 0, 2,
                                     0, 1, 0}; // no server gets all of its turns at once
    struct scene s;
    open_scene(&s, BACKEND_ROUND_ROBIN, (unsigned[]){4, 2, 1});
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < ARRAY_LEN(order); i++)
            assert_int_equal(pick(&s, 0), order[i]);
    close_scene(&s);
}

static void round_robin_keeps_any_ratio(void **state)
{
    (void)state;
    struct scene s;
    unsigned got[SERVERS] = {0};
    open_scene(&s, BACKEND_ROUND_ROBIN, (unsigned[]){256, 1, 43});
    for (unsigned i = 0; i < 3000; i++)
        got[pick(&s, 0)]++;
    assert_int_equal(got[0], 2560);
    assert_int_equal(got[1], 10);
    assert_int_equal(got[2], 430);
    close_scene(&s);
}

static void least_outstanding_weighs_what_is_under_way(void **state)
{
    (void)state;
    static const struct {
        unsigned outstanding[SERVERS], wanted;
    } cases[] = {
        {{0, 0, 0}, 1}, // with the largest weight one request is the least of a load
        {{0, 1, 0}, 0}, {{0, 2, 0}, 0}, {{1, 2, 1}, 1}, {{9, 9, 0}, 2}, {{5, 17, 5}, 0},
    };
    struct scene s;
    open_scene(&s, BACKEND_LEAST_OUTSTANDING, (unsigned[]){1, 2, 1});
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (unsigned k = 0; k < SERVERS; k++)
            s.group->members[k].outstanding = cases[i].outstanding[k];
        assert_int_equal(pick(&s, 0), cases[i].wanted);
    }
    for (unsigned k = 0; k < SERVERS; k++)
        s.group->members[k].outstanding = 0;
    close_scene(&s);
}

static void nobody_is_tried_twice(void **state)
{
    (void)state;
    static const enum backend_balance balances[] = {BACKEND_ROUND_ROBIN, BACKEND_LEAST_OUTSTANDING};
    for (size_t b = 0; b < ARRAY_LEN(balances); b++) {
        struct scene s;
        open_scene(&s, balances[b], (unsigned[]){1, 1, 200});
        for (unsigned turn = 0; turn < 10; turn++) {
            uint64_t tried = 0;
            for (unsigned i = 0; i < SERVERS; i++) {
                unsigned chosen = pick(&s, tried);
                assert_true(chosen < SERVERS && !(tried >> chosen & 1));
                tried |= UINT64_C(1) << chosen;
            }
            assert_int_equal(pick(&s, tried), NONE);
        }
        close_scene(&s);
    }
}

static void a_failed_server_is_passed_over_for_a_time(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, BACKEND_ROUND_ROBIN, (unsigned[]){1, 1, 1});
    backend_member_failed(&s.group->members[1]);
    for (unsigned i = 0; i < 10; i++)
        assert_int_not_equal(pick(&s, 0), 1);
    wait_ms(&s, 1001);
    unsigned got = 0;
    for (unsigned i = 0; i < 6; i++)
        got += pick(&s, 0) == 1;
    assert_true(got >= 2); // in turn again
    close_scene(&s);
}

static void the_time_doubles_up_to_half_a_minute_and_an_answer_ends_it(void **state)
{
    (void)state;
    static const uint64_t wanted_ms[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
    struct scene s;
    open_scene(&s, BACKEND_ROUND_ROBIN, (unsigned[]){1, 1, 1});
    struct backend_member *m = &s.group->members[0];
    for (size_t i = 0; i < ARRAY_LEN(wanted_ms); i++) {
        backend_member_failed(m);
        assert_int_equal(m->shunned_until_ms - loop_now_ms(s.loop), wanted_ms[i]);
    }
    for (unsigned i = 0; i < 100; i++)
        backend_member_failed(m); // no shift beyond the width
    assert_int_equal(m->shunned_until_ms - loop_now_ms(s.loop), 30000);
    backend_member_answered(m);
    assert_int_equal(pick(&s, 6), 0);
    backend_member_failed(m);
    assert_int_equal(m->shunned_until_ms - loop_now_ms(s.loop), 1000);
    close_scene(&s);
}

static void a_sick_server_is_passed_over_until_it_is_well(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, BACKEND_LEAST_OUTSTANDING, (unsigned[]){9, 1, 1});
    s.group->members[0].is_sick = true;
    for (unsigned i = 0; i < 10; i++)
        assert_int_not_equal(pick(&s, 0), 0);
    s.group->members[0].is_sick = false;
    assert_int_equal(pick(&s, 0), 0);
    close_scene(&s);
}

static void when_all_are_ill_the_least_ill_is_tried(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, BACKEND_ROUND_ROBIN, (unsigned[]){1, 1, 1});
    for (unsigned i = 0; i < SERVERS; i++)
        backend_member_failed(&s.group->members[i]);
    backend_member_failed(&s.group->members[0]);
    s.group->members[1].is_sick = true;
    assert_int_equal(pick(&s, 0), 2);
    assert_int_equal(pick(&s, 4), 0);
    assert_int_equal(pick(&s, 5), 1);
    assert_int_equal(pick(&s, 7), NONE);
    close_scene(&s);
}

static void a_backup_serves_only_while_no_other_is_well(void **state)
{
    (void)state;
    static const enum backend_balance balances[] = {BACKEND_ROUND_ROBIN, BACKEND_LEAST_OUTSTANDING};
    for (size_t b = 0; b < ARRAY_LEN(balances); b++) {
        struct scene s;
        open_scene(&s, balances[b], (unsigned[]){1, 200, 1});
        s.servers[1].is_backup = true; // its weight does not matter
        for (unsigned i = 0; i < 10; i++)
            assert_int_not_equal(pick(&s, 0), 1);
        assert_int_equal(pick(&s, 1), 2); // the other one first
        assert_int_equal(pick(&s, 5), 1); // both have failed this exchange
        assert_int_equal(pick(&s, 7), NONE);
        s.group->members[0].is_sick = true;
        assert_int_equal(pick(&s, 0), 2);
        backend_member_failed(&s.group->members[2]);
        for (unsigned i = 0; i < 10; i++)
            assert_int_equal(pick(&s, 0), 1);
        backend_member_answered(&s.group->members[2]);
        assert_int_equal(pick(&s, 0), 2); // and back
        close_scene(&s);
    }
}

static void five_first_tries_pay_one_further(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, BACKEND_ROUND_ROBIN, (unsigned[]){1, 1, 1});
    unsigned first = 0;
    while (backend_group_spend_retry(s.group))
        first++;
    assert_in_range(first, 1, 100); // something to begin with
    for (unsigned i = 0; i < 4; i++)
        backend_group_earn_retry(s.group);
    assert_false(backend_group_spend_retry(s.group));
    backend_group_earn_retry(s.group);
    assert_true(backend_group_spend_retry(s.group));
    assert_false(backend_group_spend_retry(s.group));
    close_scene(&s);
}

static void never_more_than_a_hundred_are_in_store(void **state)
{
    (void)state;
    struct scene s;
    unsigned spent = 0;
    open_scene(&s, BACKEND_ROUND_ROBIN, (unsigned[]){1, 1, 1});
    for (unsigned i = 0; i < 100000; i++)
        backend_group_earn_retry(s.group);
    while (backend_group_spend_retry(s.group))
        spent++;
    assert_int_equal(spent, 100);
    close_scene(&s);
}

// By names: servers may stand in another order, and a backend may be a new one.
static void another_policy_knows_who_has_failed(void **state)
{
    (void)state;
    static const struct slice urls[] = {SLICE_INIT("http://a"), SLICE_INIT("http://b"),
                                        SLICE_INIT("http://c")};
    struct scene old, fresh, other;
    open_scene(&old, BACKEND_ROUND_ROBIN, (unsigned[]){1, 1, 1});
    open_scene(&fresh, BACKEND_ROUND_ROBIN, (unsigned[]){1, 1, 1});
    open_scene(&other, BACKEND_ROUND_ROBIN, (unsigned[]){1, 1, 1});
    old.config.name = fresh.config.name = SLICE("app");
    other.config.name = SLICE("other");
    for (unsigned i = 0; i < SERVERS; i++) {
        old.servers[i].url = other.servers[i].url = urls[i];
        fresh.servers[i].url = urls[SERVERS - 1 - i];
    }
    backend_member_failed(&old.group->members[0]);
    old.group->members[1].is_sick = true;
    backend_groups_inherit(fresh.group, 1, old.group, 1);
    backend_groups_inherit(other.group, 1, old.group, 1);
    assert_int_equal(fresh.group->members[2].failures, 1);
    assert_true(fresh.group->members[2].shunned_until_ms > 0);
    assert_int_equal(fresh.group->members[0].failures, 0);
    assert_false(fresh.group->members[1].is_sick); // nobody checks it
    assert_int_equal(other.group->members[0].failures, 0);
    close_scene(&other);
    close_scene(&fresh);
    close_scene(&old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_policy_knows_who_has_failed),
        cmocka_unit_test(round_robin_deals_out_by_weight_and_evenly),
        cmocka_unit_test(round_robin_keeps_any_ratio),
        cmocka_unit_test(least_outstanding_weighs_what_is_under_way),
        cmocka_unit_test(nobody_is_tried_twice),
        cmocka_unit_test(a_failed_server_is_passed_over_for_a_time),
        cmocka_unit_test(the_time_doubles_up_to_half_a_minute_and_an_answer_ends_it),
        cmocka_unit_test(a_sick_server_is_passed_over_until_it_is_well),
        cmocka_unit_test(when_all_are_ill_the_least_ill_is_tried),
        cmocka_unit_test(a_backup_serves_only_while_no_other_is_well),
        cmocka_unit_test(five_first_tries_pay_one_further),
        cmocka_unit_test(never_more_than_a_hundred_are_in_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

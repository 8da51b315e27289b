// SPDX-License-Identifier: Apache-2.0
// The wheel against a model that is nothing but an array of times.
#include "io/wheel.h"

#include "support/dice.h"
#include "support/unit.h"

enum { TIMERS = 200 };

struct tracked {
    struct loop_timer timer;
    uint64_t at; // of the model
    bool armed;
    struct model *model;
};

struct model {
    struct wheel wheel;
    struct tracked timers[TIMERS];
    struct dice dice;
    uint64_t now;
    size_t fired;
    bool meddle; // callbacks set and cancel other timers
};

static void model_set(struct model *m, struct tracked *t, uint64_t at)
{
    wheel_set(&m->wheel, &t->timer, at);
    t->at = at;
    t->armed = true;
}

static void model_cancel(struct model *m, struct tracked *t)
{
    wheel_cancel(&m->wheel, &t->timer);
    t->armed = false;
}

static void on_fire(struct loop_timer *timer)
{
    struct tracked *t = CONTAINER_OF(timer, struct tracked, timer);
    struct model *m = t->model;
    assert_true(t->armed);
    assert_true(t->at <= m->now);
    assert_false(timer->armed);
    t->armed = false;
    m->fired++;
    if (!m->meddle)
        return;
    struct tracked *other = &m->timers[dice_below(&m->dice, TIMERS)];
    if (dice_below(&m->dice, 2))
        model_cancel(m, other);
    else
        model_set(m, other, m->now + 1 + dice_below(&m->dice, 300));
}

static void model_init(struct model *m, uint64_t seed, uint64_t now, bool meddle)
{
    *m = (struct model){.dice = {seed}, .now = now, .meddle = meddle};
    wheel_init(&m->wheel, now);
    for (size_t i = 0; i < TIMERS; i++) {
        m->timers[i].model = m;
        loop_timer_init(&m->timers[i].timer, on_fire);
    }
}

static uint64_t random_span(struct dice *d)
{
    static const uint64_t spans[] = {2, 64, 70, 4096, 5000, 300000, 20000000, UINT64_C(1) << 33};
    return dice_below(d, spans[dice_below(d, ARRAY_LEN(spans))]);
}

static void check_all(struct model *m)
{
    uint64_t earliest = UINT64_MAX;
    for (size_t i = 0; i < TIMERS; i++) {
        struct tracked *t = &m->timers[i];
        assert_int_equal(t->armed, t->timer.armed);
        if (t->armed && t->at < earliest)
            earliest = t->at;
        // Whatever the meddling left for a time that has come waits for the next advance only.
        if (!m->meddle)
            assert_true(!t->armed || t->at > m->now);
    }
    uint64_t next = wheel_next(&m->wheel);
    if (earliest == UINT64_MAX)
        assert_true(next == UINT64_MAX);
    else if (earliest > m->now)
        assert_true(next > m->now && next <= earliest);
    else
        assert_true(next <= m->now);
}

static void advance(struct model *m, uint64_t to)
{
    m->now = to;
    wheel_advance(&m->wheel, to);
}

static void play(uint64_t seed, uint64_t start, bool meddle)
{
    struct model m;
    model_init(&m, seed, start, meddle);
    for (int step = 0; step < 20000; step++) {
        struct tracked *t = &m.timers[dice_below(&m.dice, TIMERS)];
        uint64_t what = dice_below(&m.dice, 10);
        if (what < 6)
            model_set(&m, t, m.now + 1 + random_span(&m.dice));
        else if (what < 8)
            model_cancel(&m, t);
        else
            advance(&m, m.now + random_span(&m.dice) / 4);
        if (step % 16 == 0)
            check_all(&m);
    }
    advance(&m, m.now + (UINT64_C(1) << 34));
    assert_true(m.fired > 1000);
    if (!meddle)
        assert_true(wheel_next(&m.wheel) == UINT64_MAX);
}

static void fires_like_the_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++)
        play(seed, seed * 123457, false);
}

static void survives_callbacks_that_set_and_cancel(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++)
        play(seed, 0, true);
}

// Going from one `next` to the following, as a loop does, each timer fires at its very millisecond.
static void is_exact_when_followed(void **state)
{
    (void)state;
    struct model m;
    model_init(&m, 77, 999, false);
    for (size_t i = 0; i < TIMERS; i++)
        model_set(&m, &m.timers[i], m.now + 1 + random_span(&m.dice));
    size_t wakes = 0;
    for (uint64_t next = wheel_next(&m.wheel); next != UINT64_MAX; next = wheel_next(&m.wheel)) {
        for (size_t i = 0; i < TIMERS; i++)
            assert_true(!m.timers[i].armed || m.timers[i].at >= next);
        advance(&m, next);
        wakes++;
    }
    assert_int_equal(m.fired, TIMERS);
    assert_true(wakes < (size_t)TIMERS * WHEEL_LEVELS);
}

static void fires_the_past_in_the_next_advance(void **state)
{
    (void)state;
    struct model m;
    model_init(&m, 1, 5000, false);
    model_set(&m, &m.timers[0], 10);
    model_set(&m, &m.timers[1], 5000);
    assert_true(wheel_next(&m.wheel) <= 5000);
    advance(&m, 5000);
    assert_int_equal(m.fired, 2);
    assert_true(wheel_next(&m.wheel) == UINT64_MAX);
}

static struct wheel *again_wheel;

static void arm_again_for_the_past(struct loop_timer *timer)
{
    wheel_set(again_wheel, timer, 0);
}

static void does_not_fire_twice_in_one_advance(void **state)
{
    (void)state;
    struct wheel w;
    struct loop_timer t;
    wheel_init(&w, 0);
    again_wheel = &w;
    loop_timer_init(&t, arm_again_for_the_past);
    wheel_set(&w, &t, 3);
    wheel_advance(&w, 10);
    assert_true(t.armed);
    assert_true(wheel_next(&w) <= 10);
    wheel_cancel(&w, &t);
    assert_true(wheel_next(&w) == UINT64_MAX);
}

static void keeps_times_beyond_all_levels(void **state)
{
    (void)state;
    struct model m;
    model_init(&m, 1, 100, false);
    model_set(&m, &m.timers[0], UINT64_MAX);
    advance(&m, UINT64_C(1) << 40);
    assert_int_equal(m.fired, 0);
    assert_true(m.timers[0].timer.armed);
    model_cancel(&m, &m.timers[0]);
    assert_true(wheel_next(&m.wheel) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_like_the_model),
        cmocka_unit_test(survives_callbacks_that_set_and_cancel),
        cmocka_unit_test(is_exact_when_followed),
        cmocka_unit_test(fires_the_past_in_the_next_advance),
        cmocka_unit_test(does_not_fire_twice_in_one_advance),
        cmocka_unit_test(keeps_times_beyond_all_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

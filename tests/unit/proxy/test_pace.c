// SPDX-License-Identifier: Apache-2.0
// The steady stay, the silent and the slow go; and whoever drips is no better off than the silent.
#include "support/unit.h"

#include "proxy/pace.h"

enum { LOOK_MS = 100, SILENCE_MS = 1000, GRACE_MS = 500, RATE = 100, RATE_MS = 1000 };

// Looks every LOOK_MS at somebody who moves `octets` every `every_ms`; the verdict that ended it
// and when, or KEPT after `until_ms`.
static enum pace_verdict watch(uint64_t octets, uint64_t every_ms, uint64_t until_ms,
                               uint64_t rate_bytes, uint64_t *ended_ms)
{
    struct client_pace p = {0};
    enum pace_verdict v = PACE_KEPT;
    *ended_ms = 0;
    while (v == PACE_KEPT && *ended_ms < until_ms) {
        *ended_ms += LOOK_MS;
        uint64_t moved = *ended_ms / every_ms * octets;
        v = pace_look(&p, moved, *ended_ms, LOOK_MS, SILENCE_MS, rate_bytes, RATE_MS, GRACE_MS);
    }
    return v;
}

static const struct {
    const char *name;
    uint64_t octets, every_ms, rate_bytes;
    enum pace_verdict verdict;
    uint64_t ended_ms;
} cases[] = {
    {"steady at the floor", 10, 100, RATE, PACE_KEPT, 60000},
    {"steady above it", 200, 1000, RATE, PACE_TOO_SLOW, 600}, // nothing yet when the grace ends
    {"in bursts above it", 60, 300, RATE, PACE_KEPT, 60000},
    {"a drip", 1, 100, RATE, PACE_TOO_SLOW, 600},
    {"a drip where any rate will do", 1, 900, 0, PACE_KEPT, 60000},
    {"nothing", 0, 100, 0, PACE_SILENT, 1000},
    {"nothing, with a floor", 0, 100, RATE, PACE_TOO_SLOW, 600},
    {"long pauses", 1000000, 1500, 0, PACE_SILENT, 1000},
};

static void judges_by_silence_and_average(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t ended;
        enum pace_verdict v =
            watch(cases[i].octets, cases[i].every_ms, 60000, cases[i].rate_bytes, &ended);
        if (v != cases[i].verdict || ended != cases[i].ended_ms)
            fail_msg("%s: verdict %d after %u ms", cases[i].name, (int)v, (unsigned)ended);
    }
}

// A connection that was fast for long has earned a slow end, but no silence.
static void forgives_a_slow_end(void **state)
{
    (void)state;
    struct client_pace p = {0};
    assert_int_equal(pace_look(&p, 1000000, 100, 100, SILENCE_MS, RATE, RATE_MS, GRACE_MS),
                     PACE_KEPT);
    for (uint64_t now = 200; now < 5000; now += 100)
        assert_int_equal(
            pace_look(&p, 1000000 + now, now, 100, SILENCE_MS, RATE, RATE_MS, GRACE_MS), PACE_KEPT);
    assert_int_equal(pace_look(&p, 1004900, 5899, 100, SILENCE_MS, RATE, RATE_MS, GRACE_MS),
                     PACE_KEPT);
    assert_int_equal(pace_look(&p, 1004900, 6900, 100, SILENCE_MS, RATE, RATE_MS, GRACE_MS),
                     PACE_SILENT);
}

// Only time in which the client was waited for counts.
static void does_not_count_time_of_others(void **state)
{
    (void)state;
    struct client_pace p = {0};
    for (uint64_t now = 1000; now < 100000; now += 1000)
        assert_int_equal(pace_look(&p, now / 100, now, 50, SILENCE_MS, RATE, RATE_MS, GRACE_MS),
                         PACE_KEPT);
}

static void no_number_of_a_policy_wraps(void **state)
{
    (void)state;
    struct client_pace p = {0};
    assert_int_equal(pace_look(&p, UINT64_MAX, 100, UINT64_MAX / 2, SILENCE_MS, UINT64_MAX,
                               UINT64_MAX, GRACE_MS),
                     PACE_KEPT);
    p = (struct client_pace){0};
    assert_int_equal(
        pace_look(&p, 1, 100, UINT64_MAX / 2, SILENCE_MS, UINT64_MAX, 1, UINT64_MAX / 4),
        PACE_TOO_SLOW);
}

static void looks_often_enough_for_the_shortest_limit(void **state)
{
    (void)state;
    const struct policy_limits usual = {.body_ms = 30000, .send_ms = 60000, .rate_grace_ms = 10000};
    const struct policy_limits tight = {.body_ms = 500, .send_ms = 60000, .rate_grace_ms = 10000};
    const struct policy_limits least = {.body_ms = 1, .send_ms = 1, .rate_grace_ms = 0};
    assert_int_equal(pace_interval_ms(&usual), 1000);
    assert_int_equal(pace_interval_ms(&tight), 250);
    assert_true(pace_interval_ms(&least) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_by_silence_and_average),
        cmocka_unit_test(forgives_a_slow_end),
        cmocka_unit_test(does_not_count_time_of_others),
        cmocka_unit_test(no_number_of_a_policy_wraps),
        cmocka_unit_test(looks_often_enough_for_the_shortest_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

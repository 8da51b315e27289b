// SPDX-License-Identifier: Apache-2.0
// One evaluation as a whole: what goes in and out of the result, and that messages leave no trace
// in the scratch.
#include "support/unit.h"

#include "unit/rules/fixture.h"

#define RULES                                                                                      \
    "{\"rules\":[{\"id\":\"r\",\"description\":\"what r means\",\"severity\":\"error\","           \
    "\"targets\":[\"query.*\",\"cookies.*\"],\"match\":{\"contains\":\"x\"},\"action\":\"score\"," \
    "\"score\":2}]}"

static void score_goes_in_and_out(void **state)
{
    struct fixture f;
    struct arena arena;
    struct rules_message m;
    const struct rules_sample sample = {.request = SLICE_INIT("GET /?a=x"),
                                        .client = SLICE_INIT("192.0.2.1")};
    (void)state;
    assert_true(fixture_open(&f, RULES));
    arena_init(&arena, NULL, 1024 * 1024);
    assert_null(rules_sample_build(&sample, &arena, &m));
    struct rules_result result = {
        .score = 2, .detect_score = 1, .reason = "left over", .status = 7};
    rules_evaluate(f.program, f.scratch, RULES_AT_HEAD, &m.input, NULL, NULL, &result);
    assert_int_equal(result.decision, RULES_NOTHING);
    assert_int_equal(result.score, 4);
    assert_int_equal(result.detect_score, 1);
    assert_null(result.reason);
    assert_int_equal(result.status, 0);
    rules_evaluate(f.program, f.scratch, RULES_AT_HEAD, &m.input, NULL, NULL, &result);
    assert_int_equal(result.decision, RULES_DENY);
    ASSERT_SLICE(result.rule, SLICE("r"));
    ASSERT_SLICE(result.description, SLICE("what r means"));
    // No rule for the body: nothing is decided there, and the score stays.
    rules_evaluate(f.program, f.scratch, RULES_AT_BODY, &m.input, NULL, NULL, &result);
    assert_int_equal(result.decision, RULES_NOTHING);
    assert_int_equal(result.score, 6);
    arena_clear(&arena);
    fixture_close(&f);
}

static void a_score_reached_before_denies_only_with_a_new_hit(void **state)
{
    struct fixture f;
    struct arena arena;
    struct rules_message m;
    const struct rules_sample sample = {.request = SLICE_INIT("GET /?a=y"),
                                        .client = SLICE_INIT("192.0.2.1")};
    (void)state;
    assert_true(fixture_open(&f, RULES));
    arena_init(&arena, NULL, 1024 * 1024);
    assert_null(rules_sample_build(&sample, &arena, &m));
    struct rules_result result = {.score = 100};
    rules_evaluate(f.program, f.scratch, RULES_AT_HEAD, &m.input, NULL, NULL, &result);
    assert_int_equal(result.decision, RULES_NOTHING);
    arena_clear(&arena);
    fixture_close(&f);
}

static void messages_leave_no_trace(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open(&f, RULES));
    for (int i = 0; i < 3; i++) {
        assert_true(fixture_ask(&f, "GET /?a=x"));
        assert_int_equal(f.hit_count, 1);
        assert_true(fixture_ask(&f, "GET /?a=y"));
        assert_int_equal(f.hit_count, 0);
    }
    fixture_close(&f);
}

static void pieces_are_cut_to_what_a_record_can_use(void **state)
{
    static char request[4096];
    struct fixture f;
    (void)state;
    assert_true(fixture_open(
        &f, "{\"rules\":[{\"id\":\"r\",\"description\":\"d\",\"targets\":[\"query.*\"],"
            "\"match\":{\"regex\":\"x+\"},\"action\":\"log\"}]}"));
    size_t len = (size_t)snprintf(request, sizeof request, "GET /?%0*d=", 300, 7);
    memset(request + len, 'x', 1000);
    assert_true(fixture_ask(&f, request));
    assert_int_equal(f.hit_count, 1);
    // The fixture keeps less than the engine; both are far shorter than what was sent.
    assert_true(strlen(f.hits[0].value) < 1000);
    assert_true(strlen(f.hits[0].target) < 300);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(score_goes_in_and_out),
        cmocka_unit_test(a_score_reached_before_denies_only_with_a_new_hit),
        cmocka_unit_test(messages_leave_no_trace),
        cmocka_unit_test(pieces_are_cut_to_what_a_record_can_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

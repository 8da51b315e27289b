// SPDX-License-Identifier: Apache-2.0
// The shape of plans: what rules have in common is done once.
#include "support/unit.h"

#include "unit/rules/fixture.h"

#define RULE(id, targets, transforms)                                                              \
    "{\"id\":\"" id "\",\"description\":\"d\",\"targets\":[" targets                               \
    "],\"transforms\":[" transforms "],\"match\":{\"contains\":\"x\"},\"action\":\"log\"}"

static void equal_pipelines_are_one_lane(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open(&f, "{\"rules\":[" RULE("a", "\"query.*\"", "\"lowercase\"") "," RULE(
                                     "b", "\"query.id\"", "\"lowercase\"") "," //
                             RULE("c", "\"query.*\",\"path\"", "\"lowercase\"") "]}"));
    const struct rules_plan *plan = &f.program->plans[RULES_AT_HEAD];
    assert_int_equal(plan->stream_count, 2);
    assert_int_equal(plan->probe_count, 4);
    // In each stream the value as it came, and its lower-case form.
    for (size_t i = 0; i < plan->stream_count; i++)
        assert_int_equal(plan->streams[i].lane_end - plan->streams[i].first_lane, 2);
    fixture_close(&f);
}

static void common_beginnings_of_pipelines_are_shared(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(
        fixture_open(&f, "{\"rules\":[" RULE("a", "\"path\"", "\"url_decode\",\"lowercase\"") "," //
                     RULE("b", "\"path\"", "\"url_decode\",\"remove_nulls\"") "," RULE(
                         "c", "\"path\"", "\"url_decode\"") "," RULE("d", "\"path\"", "") "]}"));
    const struct rules_plan *plan = &f.program->plans[RULES_AT_HEAD];
    assert_int_equal(plan->streams[0].lane_end, 4);
    assert_int_equal(plan->lanes[0].depth, 0);
    assert_int_equal(plan->lanes[1].depth, 1);
    assert_int_equal(plan->lanes[2].depth, 2);
    assert_int_equal(plan->lanes[3].depth, 2);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(plan->lanes[i].probe_count, 1);
    assert_int_equal(plan->lanes[0].next, 4);
    assert_int_equal(plan->lanes[1].next, 4);
    assert_int_equal(plan->lanes[2].next, 3);
    fixture_close(&f);
}

static void rules_stand_in_the_phases_of_their_targets(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open(&f, "{\"rules\":[" RULE("a", "\"query.*\",\"body.*\"", "") "," RULE(
                                     "b", "\"response.status\"", "") "]}"));
    assert_int_equal(f.program->plans[RULES_AT_HEAD].rule_count, 1);
    assert_int_equal(f.program->plans[RULES_AT_BODY].rule_count, 1);
    assert_int_equal(f.program->plans[RULES_AT_RESPONSE].rule_count, 1);
    // The query has been asked about before: the body's plan does not look at it again.
    assert_int_equal(f.program->plans[RULES_AT_BODY].stream_count, 1);
    assert_int_equal(f.program->plans[RULES_AT_BODY].streams[0].collection, RULES_OF_BODY_VALUES);
    fixture_close(&f);
}

static void collections_are_at_hand_when_they_have_come(void **state)
{
    (void)state;
    assert_true(rules_collection_is_at_hand(RULES_OF_PATH, RULES_AT_HEAD));
    assert_true(rules_collection_is_at_hand(RULES_OF_PATH, RULES_AT_BODY));
    assert_true(rules_collection_is_at_hand(RULES_OF_PATH, RULES_AT_RESPONSE));
    assert_false(rules_collection_is_at_hand(RULES_OF_BODY, RULES_AT_HEAD));
    assert_true(rules_collection_is_at_hand(RULES_OF_BODY, RULES_AT_BODY));
    assert_true(rules_collection_is_at_hand(RULES_OF_BODY, RULES_AT_RESPONSE));
    assert_false(rules_collection_is_at_hand(RULES_OF_RESPONSE_BODY, RULES_AT_RESPONSE));
    assert_false(rules_collection_is_at_hand(RULES_OF_RESPONSE_STATUS, RULES_AT_BODY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_pipelines_are_one_lane),
        cmocka_unit_test(common_beginnings_of_pipelines_are_shared),
        cmocka_unit_test(rules_stand_in_the_phases_of_their_targets),
        cmocka_unit_test(collections_are_at_hand_when_they_have_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

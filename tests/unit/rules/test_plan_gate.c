// SPDX-License-Identifier: Apache-2.0
// What lanes and streams know of names: enough to pass over values nobody asked for, and never too
// little.
#include "support/unit.h"

#include "unit/rules/fixture.h"

#define RULE(id, targets, transforms)                                                              \
    "{\"id\":\"" id "\",\"description\":\"d\",\"targets\":[" targets                               \
    "],\"transforms\":[" transforms "],\"match\":{\"contains\":\"x\"},\"action\":\"log\"}"

static bool knows(const struct rules_program *p, const uint32_t *selectors, size_t count,
                  const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(p->selectors[selectors[i]].name, slice_str(name)))
            return true;
    }
    return false;
}

static void lanes_know_the_names_below_them(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open(&f, "{\"rules\":[" RULE("a", "\"query.one\"", "\"url_decode\"") "," //
                             RULE("b", "\"query.two\"", "\"url_decode\",\"lowercase\"") "]}"));
    const struct rules_lane *lanes = f.program->plans[RULES_AT_HEAD].lanes;
    for (size_t i = 0; i < 2; i++) {
        assert_false(lanes[i].takes_all);
        assert_int_equal(lanes[i].selector_count, 2);
        assert_true(knows(f.program, lanes[i].selectors, 2, "one"));
        assert_true(knows(f.program, lanes[i].selectors, 2, "two"));
    }
    assert_int_equal(lanes[2].selector_count, 1);
    assert_true(knows(f.program, lanes[2].selectors, 1, "two"));
    fixture_close(&f);
}

static void a_rule_for_every_name_opens_its_lanes(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open(&f, "{\"rules\":[" RULE("a", "\"query.*\"", "\"url_decode\"") "," //
                             RULE("b", "\"query.two\"", "\"url_decode\",\"lowercase\"") "]}"));
    const struct rules_lane *lanes = f.program->plans[RULES_AT_HEAD].lanes;
    assert_true(lanes[0].takes_all);
    assert_true(lanes[1].takes_all);
    assert_false(lanes[2].takes_all);
    fixture_close(&f);
}

static void streams_know_what_is_taken_out_by_rules_and_exclusions(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open(
        &f,
        "{\"rules\":[" RULE(
            "a", "\"query.*\",\"!query.out\"",
            "") "],\"exclusions\":["
                "{\"rules\":[\"a\"],\"targets\":[\"query.silent\",\"body.other\"],\"why\":\"w\"},"
                "{\"rules\":[\"nobody\"],\"targets\":[\"query.foreign\"],\"why\":\"w\"}]}"));
    const struct rules_stream *stream = &f.program->plans[RULES_AT_HEAD].streams[0];
    assert_true(knows(f.program, stream->selectors, stream->selector_count, "out"));
    assert_true(knows(f.program, stream->selectors, stream->selector_count, "silent"));
    assert_false(knows(f.program, stream->selectors, stream->selector_count, "other"));
    assert_false(knows(f.program, stream->selectors, stream->selector_count, "foreign"));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lanes_know_the_names_below_them),
        cmocka_unit_test(a_rule_for_every_name_opens_its_lanes),
        cmocka_unit_test(streams_know_what_is_taken_out_by_rules_and_exclusions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// What rules remember of a message.
#include "support/unit.h"

#include "unit/rules/fixture.h"

static void variables_keep_their_names_and_values(void **state)
{
    struct fixture f;
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 1024 * 1024);
    assert_true(fixture_open_rules(&f, "", "'vars':{'known':'1'}"));
    struct rules_state *s = rules_state_new(f.program, &arena);
    assert_non_null(s);
    assert_true(
        slice_eq(rules_state_get(f.program, s, RULES_VAR_NONE, SLICE("KNOWN")), SLICE("1")));
    assert_null(rules_state_get(f.program, s, RULES_VAR_NONE, SLICE("other")).ptr);
    assert_true(rules_state_set(f.program, s, RULES_VAR_NONE, SLICE("Known"), SLICE("2"), &arena));
    assert_true(rules_state_set(f.program, s, RULES_VAR_NONE, SLICE("other"), SLICE(""), &arena));
    assert_true(
        slice_eq(rules_state_get(f.program, s, RULES_VAR_NONE, SLICE("known")), SLICE("2")));
    assert_non_null(rules_state_get(f.program, s, RULES_VAR_NONE, SLICE("OTHER")).ptr);
    assert_true(
        rules_state_set(f.program, s, RULES_VAR_NONE, SLICE("known"), (struct slice){0}, &arena));
    assert_true(
        rules_state_set(f.program, s, RULES_VAR_NONE, SLICE("never"), (struct slice){0}, &arena));
    assert_null(rules_state_get(f.program, s, RULES_VAR_NONE, SLICE("known")).ptr);
    arena_clear(&arena);
    fixture_close(&f);
}

static void names_made_by_messages_are_bounded(void **state)
{
    struct fixture f;
    struct arena arena;
    char name[16];
    (void)state;
    arena_init(&arena, NULL, 1024 * 1024);
    assert_true(fixture_open_rules(&f, "", ""));
    struct rules_state *s = rules_state_new(f.program, &arena);
    assert_non_null(s);
    for (int i = 0; i < RULES_NAMED_VARS_MAX; i++) {
        (void)snprintf(name, sizeof name, "n%d", i);
        assert_true(
            rules_state_set(f.program, s, RULES_VAR_NONE, slice_str(name), SLICE("1"), &arena));
    }
    assert_false(rules_state_set(f.program, s, RULES_VAR_NONE, SLICE("more"), SLICE("1"), &arena));
    assert_true(rules_state_set(f.program, s, RULES_VAR_NONE, SLICE("n0"), SLICE("2"), &arena));
    arena_clear(&arena);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_keep_their_names_and_values),
        cmocka_unit_test(names_made_by_messages_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

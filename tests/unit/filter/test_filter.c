// SPDX-License-Identifier: Apache-2.0
#include "filter/filter.h"

#include "unit/filter/facts.h"

static const char get[] = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";

static void matches_keep_their_order_up_to_the_limit(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, get);
    for (unsigned i = 0; i < FILTER_MATCHES_MAX + 10; i++)
        assert_true(filter_note_match(&s.facts, &(struct filter_match){.score = i}));
    assert_int_equal(s.notes.match_count, FILTER_MATCHES_MAX + 10);
    unsigned kept = 0;
    for (const struct filter_match *m = s.notes.matches; m; m = m->next)
        assert_int_equal(m->score, kept++);
    assert_int_equal(kept, FILTER_MATCHES_MAX);
    scene_clear(&s);
}

static void field_replaces_one_of_the_same_name(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, get);
    struct filter_field **list = &s.notes.response_set;
    assert_true(filter_note_field(&s.facts, list, SLICE("A"), SLICE("1")));
    assert_true(filter_note_field(&s.facts, list, SLICE("B"), SLICE("2")));
    const struct filter_field *before = *list;
    assert_true(filter_note_field(&s.facts, list, SLICE("a"), SLICE("3")));
    ASSERT_SLICE(field_in(*list, "A"), SLICE("3"));
    ASSERT_SLICE(field_in(*list, "b"), SLICE("2"));
    assert_non_null((*list)->next);
    assert_null((*list)->next->next);
    // The old list is still what it was.
    ASSERT_SLICE(field_in(before, "A"), SLICE("1"));
    scene_clear(&s);
}

static void full_arena_changes_nothing(void **state)
{
    (void)state;
    struct scene s;
    struct arena none;
    scene_init(&s, get);
    assert_true(filter_note_field(&s.facts, &s.notes.response_set, SLICE("A"), SLICE("1")));
    arena_init(&none, NULL, 0);
    s.facts.arena = &none;
    const struct filter_field *before = s.notes.response_set;
    assert_false(filter_note_field(&s.facts, &s.notes.response_set, SLICE("B"), SLICE("2")));
    assert_ptr_equal(s.notes.response_set, before);
    assert_false(filter_note_match(&s.facts, &(struct filter_match){.score = 1}));
    assert_int_equal(s.notes.match_count, 0);
    scene_clear(&s);
}

static void counts_are_written_with_commas(void **state)
{
    (void)state;
    char out[FILTER_COUNT_TEXT_MAX];
    assert_string_equal(filter_count_text(0, out), "0");
    assert_string_equal(filter_count_text(999, out), "999");
    assert_string_equal(filter_count_text(12034, out), "12,034");
    assert_string_equal(filter_count_text(UINT64_MAX, out), "18,446,744,073,709,551,615");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_keep_their_order_up_to_the_limit),
        cmocka_unit_test(field_replaces_one_of_the_same_name),
        cmocka_unit_test(full_arena_changes_nothing),
        cmocka_unit_test(counts_are_written_with_commas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

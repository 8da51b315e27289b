// SPDX-License-Identifier: Apache-2.0
#include "rules/profile.h"

#include "unit/rules/fixture.h"

struct told {
    struct rules_profile_count sums[4];
    size_t count;
};

static void keep(void *ctx, struct slice rule, const struct rules_profile_count *sum)
{
    struct told *t = ctx;
    (void)rule;
    assert_true(t->count < ARRAY_LEN(t->sums));
    t->sums[t->count++] = *sum;
}

static void counts_what_is_asked_skipped_and_matched(void **state)
{
    (void)state;
    struct fixture f;
    struct arena arena;
    struct rules_message message;
    struct told told = {.count = 0};
    const struct rules_sample sample = {.request = SLICE("GET /?a=bad&b=fine&c=worse"),
                                        .client = SLICE("192.0.2.1")};
    assert_true(fixture_open_rules(
        &f,
        "{'id':'one','description':'d','targets':['query.*'],'match':{'contains':'bad'},"
        "'action':'log'},"
        "{'id':'two','description':'d','targets':['query.*'],'match':{'regex':'w[o]rse'},"
        "'action':'log'},"
        "{'id':'chain','description':'d','action':'log','all_of':["
        "{'targets':['method'],'match':{'equals':'GET'}},"
        "{'targets':['path'],'match':{'contains':'nowhere'}}]}",
        ""));
    struct rules_profile *profile = rules_profile_new(f.program);
    arena_init(&arena, NULL, 16 * 1024 * 1024);
    for (int round = 0; round < 2; round++) { // nothing is passed over the second time
        assert_null(rules_sample_build(&sample, &arena, &message));
        message.input.profile = profile;
        f.result = (struct rules_result){0};
        rules_evaluate(f.program, f.scratch, RULES_AT_HEAD, &message.input, NULL, NULL, &f.result);
    }
    rules_profile_each(f.program, profile, keep, &told);
    assert_int_equal(told.count, 3);
    assert_int_equal(told.sums[0].asked, 2); // literals rule the other two values out
    assert_int_equal(told.sums[0].matched, 2);
    assert_int_equal(told.sums[0].skipped, 4);
    assert_int_equal(told.sums[1].matched, 2);
    assert_true(told.sums[1].asked >= 2 && told.sums[1].asked + told.sums[1].skipped == 6);
    assert_int_equal(told.sums[2].matched, 2); // the method alone
    arena_clear(&arena);
    rules_profile_free(&profile);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_is_asked_skipped_and_matched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

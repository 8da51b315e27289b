// SPDX-License-Identifier: Apache-2.0
#include "rules/memo.h"

#include <stdio.h>

#include "unit/rules/fixture.h"

static struct rules_memo_key key(const char *name, const char *value)
{
    return (struct rules_memo_key){
        .program = 7, .where = 3, .name = slice_str(name), .value = slice_str(value)};
}

static void knows_what_it_was_told(void **state)
{
    (void)state;
    struct rules_memo *m = rules_memo_new();
    struct rules_memo_key k = key("a", "bc");
    size_t place;
    assert_false(rules_memo_knows(m, &k, &place));
    assert_true(place != SIZE_MAX);
    rules_memo_add(m, &k, place);
    assert_true(rules_memo_knows(m, &k, &place));
    // Another cut between name and value, another place, another program: not the same.
    struct rules_memo_key others[] = {key("ab", "c"), key("", "abc"), key("a", "bd"), k, k};
    others[3].where = 4;
    others[4].program = 8;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_false(rules_memo_knows(m, &others[i], &place));
    rules_memo_free(&m);
}

static void long_values_are_not_kept(void **state)
{
    (void)state;
    static char text[300];
    struct rules_memo *m = rules_memo_new();
    memset(text, 'x', sizeof(text));
    for (size_t len = 200; len < sizeof(text); len++) {
        size_t place;
        struct rules_memo_key k = key("name", "");
        k.value = slice_of(text, len);
        assert_false(rules_memo_knows(m, &k, &place));
        assert_int_equal(place == SIZE_MAX, len + 4 > 232);
        if (place == SIZE_MAX)
            continue;
        rules_memo_add(m, &k, place);
        assert_true(rules_memo_knows(m, &k, &place));
    }
    rules_memo_free(&m);
}

static void is_bounded(void **state)
{
    (void)state;
    struct rules_memo *m = rules_memo_new();
    size_t known = 0, place;
    char text[16];
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 20000; i++) {
            snprintf(text, sizeof(text), "%u", i);
            struct rules_memo_key k = key("n", text);
            if (rules_memo_knows(m, &k, &place))
                known += round == 1;
            else if (round == 0)
                rules_memo_add(m, &k, place);
        }
    }
    assert_true(known > 500 && known <= 2048);
    rules_memo_free(&m);
}

// The second time a value comes, the rules say the same; a rule that hits, hits each time.
static void verdicts_stay(void **state)
{
    (void)state;
    static const struct {
        const char *request, *hits;
    } cases[] = {
        {"GET /?a=fine", ""},
        {"GET /?a=bad", "one"},
        {"GET /?b=bad", ""},
        {"GET /?a=fine&a=bad", "one"},
        {"GET /?a=bad&a=fine&c=worse", "one two"},
        {"GET /quiet?a=bad", ""},
        {"GET /?c=bad+worse", "two"},
    };
    struct fixture f;
    char hits[512];
    assert_true(fixture_open_rules(
        &f,
        "{'id':'one','description':'d','targets':['query.a'],'match':{'contains':'bad'},"
        "'action':'log'},"
        "{'id':'two','description':'d','targets':['query.*'],'match':{'regex':'wor[s]e'},"
        "'action':'log'}",
        "'exclusions':[{'rules':['one'],'path':'/quiet','why':'w'}]"));
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
            assert_true(fixture_ask(&f, cases[i].request));
            fixture_list_hits(&f, hits, sizeof hits);
            assert_string_equal(hits, cases[i].hits);
        }
    }
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_it_was_told),
        cmocka_unit_test(long_values_are_not_kept),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(verdicts_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

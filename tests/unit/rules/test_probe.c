// SPDX-License-Identifier: Apache-2.0
// How conditions are put before values: chains over parts and phases of a message, transforms in a
// tree, limits.
#include "support/unit.h"

#include "rules/run.h"
#include "unit/rules/fixture.h"

#define CONDITION(targets, text) "{\"targets\":[" targets "],\"match\":{\"contains\":\"" text "\"}}"
#define CHAIN(conditions)                                                                          \
    "{\"rules\":[{\"id\":\"r\",\"description\":\"d\",\"all_of\":[" conditions                      \
    "],\"action\":\"log\"}]}"

static const struct {
    const char *rules;
    struct rules_sample sample;
    size_t hits;
} chains[] = {
    {CHAIN(CONDITION("\"method\"", "POST") "," CONDITION("\"path\"", "/x")),
     {.request = SLICE_INIT("POST /x")},
     1},
    {CHAIN(CONDITION("\"method\"", "POST") "," CONDITION("\"path\"", "/x")),
     {.request = SLICE_INIT("GET /x")},
     0},
    {CHAIN(CONDITION("\"query.*\"", "A") "," CONDITION("\"body.*\"", "B")),
     {.request = SLICE_INIT("POST /?a=A\n\nb=B")},
     1},
    {CHAIN(CONDITION("\"query.*\"", "A") "," CONDITION("\"body.*\"", "B")),
     {.request = SLICE_INIT("POST /?a=A\n\nb=C")},
     0},
    {CHAIN(CONDITION("\"query.*\"", "A") "," CONDITION("\"body.*\"", "B")),
     {.request = SLICE_INIT("POST /\n\nb=B&a=A")},
     0},
    // Held by the head alone: told at the head, and not again when the body comes.
    {CHAIN(CONDITION("\"query.*\",\"body.*\"", "A") "," CONDITION("\"method\"", "POST")),
     {.request = SLICE_INIT("POST /?a=A\n\nb=A")},
     1},
    {CHAIN(CONDITION("\"query.*\",\"body.*\"", "A") "," CONDITION("\"method\"", "POST")),
     {.request = SLICE_INIT("POST /\n\nb=A")},
     1},
    {CHAIN(CONDITION("\"method\"", "GET") "," CONDITION("\"response.status\"", "500")),
     {.request = SLICE_INIT("GET /"), .response = SLICE_INIT("HTTP/1.1 500 X")},
     1},
    {CHAIN(CONDITION("\"method\"", "GET") "," CONDITION("\"response.status\"", "500")),
     {.request = SLICE_INIT("GET /"), .response = SLICE_INIT("HTTP/1.1 200 X")},
     0},
    {CHAIN(CONDITION("\"method\"", "GET") "," CONDITION("\"response.status\"", "500")),
     {.request = SLICE_INIT("GET /")},
     0},
};

static void chains_hold_when_all_conditions_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(chains); i++) {
        struct fixture f;
        struct rules_sample sample = chains[i].sample;
        sample.client = SLICE("192.0.2.1");
        assert_true(fixture_open(&f, chains[i].rules));
        assert_true(fixture_run(&f, &sample));
        if (f.hit_count != chains[i].hits)
            fail_msg("case %zu: %zu hits", i, f.hit_count);
        fixture_close(&f);
    }
}

// Transform lists that begin alike share their way; each rule must still see exactly its own text.
static void each_rule_sees_its_own_transforms(void **state)
{
    static const struct {
        const char *id, *transforms, *sees;
    } rules[] = {
        {"none", "", "%41  B"},
        {"lower", "\"lowercase\"", "%41  b"},
        {"url", "\"url_decode\"", "A  B"},
        {"url-lower", "\"url_decode\",\"lowercase\"", "a  b"},
        {"url-lower-space", "\"url_decode\",\"lowercase\",\"compress_whitespace\"", "a b"},
        {"url-space", "\"url_decode\",\"compress_whitespace\"", "A B"},
        {"lower-url", "\"lowercase\",\"url_decode\"", "A  b"},
        {"url-length", "\"url_decode\",\"length\"", "4"},
        {"nulls", "\"remove_nulls\"", "%41  B"},
        {"nulls-url", "\"remove_nulls\",\"url_decode\"", "A  B"},
    };
    char text[4096];
    size_t len = (size_t)snprintf(text, sizeof text, "{\"rules\":[");
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        len += (size_t)snprintf(
            text + len, sizeof text - len,
            "%s{\"id\":\"%s\",\"description\":\"d\",\"targets\":[\"query.*\"],\"transforms\":[%s],"
            "\"match\":{\"equals\":\"%s\"},\"action\":\"log\"}",
            i ? "," : "", rules[i].id, rules[i].transforms, rules[i].sees);
    (void)snprintf(text + len, sizeof text - len, "]}");
    struct fixture f;
    assert_true(fixture_open(&f, text));
    assert_true(fixture_ask(&f, "GET /?q=%2541++B"));
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        if (!fixture_has_hit(&f, rules[i].id))
            fail_msg("%s does not see \"%s\"", rules[i].id, rules[i].sees);
    }
    assert_int_equal(f.hit_count, ARRAY_LEN(rules));
    fixture_close(&f);
}

static void hits_come_in_the_order_of_the_file(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open(&f, "{\"rules\":["
                                 "{\"id\":\"z\",\"description\":\"d\",\"targets\":[\"headers.x\"],"
                                 "\"match\":{\"contains\":\"A\"},\"action\":\"log\"},"
                                 "{\"id\":\"a\",\"description\":\"d\",\"targets\":[\"path\"],"
                                 "\"match\":{\"contains\":\"A\"},\"action\":\"log\"},"
                                 "{\"id\":\"m\",\"description\":\"d\",\"targets\":[\"method\"],"
                                 "\"match\":{\"contains\":\"G\"},\"action\":\"log\"}]}"));
    assert_true(fixture_ask(&f, "GET /A\nX: A"));
    assert_int_equal(f.hit_count, 3);
    assert_string_equal(f.hits[0].rule, "z");
    assert_string_equal(f.hits[1].rule, "a");
    assert_string_equal(f.hits[2].rule, "m");
    fixture_close(&f);
}

// Puts a body of NUL octets, one longer than the longest that can be decided, before the rule.
static void assert_longest(const char *condition, size_t longest)
{
    struct fixture f;
    struct arena arena;
    struct rules_message message;
    const struct rules_sample sample = {.request =
                                            SLICE_INIT("POST /\nContent-Type: text/plain\n\nx"),
                                        .client = SLICE_INIT("192.0.2.1")};
    char rule[400];
    char *body = calloc(1, longest + 1);
    assert_non_null(body);
    (void)snprintf(rule, sizeof rule, "{'id':'r','description':'d','action':'deny',%s}", condition);
    assert_true(fixture_open_rules(&f, rule, ""));
    arena_init(&arena, NULL, 1024 * 1024);
    assert_null(rules_sample_build(&sample, &arena, &message));
    message.input.body = slice_of(body, longest);
    rules_evaluate(f.program, f.scratch, RULES_AT_BODY, &message.input, NULL, NULL, &f.result);
    assert_int_equal(f.result.decision, RULES_NOTHING);
    message.input.body.len++;
    rules_evaluate(f.program, f.scratch, RULES_AT_BODY, &message.input, NULL, NULL, &f.result);
    assert_int_equal(f.result.decision, RULES_CANNOT_DECIDE);
    assert_string_equal(f.result.reason, "value-too-long");
    arena_clear(&arena);
    fixture_close(&f);
    free(body);
}

static void a_value_that_is_too_long_cannot_be_decided(void **state)
{
    (void)state;
    assert_longest("'targets':['body'],'match':{'contains':'x'}", RULES_VALUE_MAX);
}

static void a_value_that_becomes_too_long_cannot_be_decided(void **state)
{
    (void)state;
    assert_longest("'targets':['body'],'transforms':['hex_encode','lowercase'],"
                   "'match':{'contains':'x'}",
                   RULES_VALUE_MAX / 2);
    // The same when the condition is asked by itself.
    assert_longest("'all_of':[{'targets':['body'],'match':{'always':true}},"
                   "{'targets':['matched'],'transforms':['hex_encode'],'match':{'contains':'x'}}]",
                   RULES_VALUE_MAX / 2);
}

static void one_scratch_serves_different_programs(void **state)
{
    struct fixture one, two;
    (void)state;
    assert_true(fixture_open(
        &one, "{\"rules\":[{\"id\":\"r\",\"description\":\"d\",\"targets\":[\"query.a\"],"
              "\"match\":{\"contains\":\"x\"},\"action\":\"deny\"}]}"));
    assert_true(fixture_open(
        &two, "{\"rules\":[{\"id\":\"s\",\"description\":\"d\",\"targets\":[\"query.b\"],"
              "\"match\":{\"contains\":\"y\",\"not\":true},\"action\":\"deny\"}]}"));
    struct rules_scratch *own = two.scratch;
    two.scratch = one.scratch;
    for (int round = 0; round < 3; round++) {
        assert_true(fixture_ask(&one, "GET /?a=x&b=y"));
        assert_int_equal(one.result.decision, RULES_DENY);
        assert_true(fixture_ask(&two, "GET /?a=x&b=y"));
        assert_int_equal(two.result.decision, RULES_NOTHING);
    }
    two.scratch = own;
    fixture_close(&one);
    fixture_close(&two);
}

// The budget counts over phases and values; what is decided before it is used up stays decided.
static void stops_at_its_budget(void **state)
{
    (void)state;
    static const char rules[] =
        "{\"rules\":[{\"id\":\"r\",\"description\":\"d\",\"targets\":[\"query.*\",\"body.*\"],"
        "\"transforms\":[\"url_decode\",\"lowercase\"],\"match\":{\"regex\":\"b[a]d\"},"
        "\"action\":\"deny\"}]}";
    static const struct {
        uint64_t budget;
        const char *request, *reason;
    } cases[] = {
        {1000000, "GET /?a=fine", ""},
        {100, "GET /?a=fine", ""},
        {100, "GET /?a=fine&b=fine&c=fine&d=fine", "step-budget"},
        {100, "GET /?a=bad&b=fine&c=fine&d=fine", "rule-denied"},
        {200, "POST /?a=fine\n\nx=fine&y=fine&z=fine", "step-budget"},
        {0, "GET /?a=fine&b=fine&c=fine&d=fine", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct rules_options options = {
            .paranoia = 4, .threshold = 5, .step_budget = cases[i].budget};
        struct fixture f;
        assert_true(fixture_open_with(&f, rules, &options, (struct rules_compile_flags){0}));
        assert_true(fixture_ask(&f, cases[i].request));
        const char *reason = f.result.reason ? f.result.reason : "";
        if (strcmp(reason, cases[i].reason) != 0)
            fail_msg("case %zu: \"%s\"", i, reason);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stops_at_its_budget),
        cmocka_unit_test(chains_hold_when_all_conditions_do),
        cmocka_unit_test(each_rule_sees_its_own_transforms),
        cmocka_unit_test(hits_come_in_the_order_of_the_file),
        cmocka_unit_test(a_value_that_is_too_long_cannot_be_decided),
        cmocka_unit_test(a_value_that_becomes_too_long_cannot_be_decided),
        cmocka_unit_test(one_scratch_serves_different_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

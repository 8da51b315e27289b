// SPDX-License-Identifier: Apache-2.0
// Decisions: which rule wins, how scores add up, what watching and doubt do.
#include "support/unit.h"

#include "unit/rules/fixture.h"

// A rule that hits when the query has its letter.
#define RULE(id, letter, rest)                                                                     \
    "{\"id\":\"" id "\",\"description\":\"of " id                                                  \
    "\",\"targets\":[\"query.*\",\"body.*\"],\"match\":{\"contains\":\"" letter "\"}," rest "}"
// One that cannot decide about "aaaa...!".
#define DOUBT(id, rest)                                                                            \
    "{\"id\":\"" id                                                                                \
    "\",\"description\":\"d\",\"targets\":[\"query.long\"],\"match\":{\"regex\":\"(a+)+$\"}," rest \
    "}"
#define SCORE3 "\"action\":\"score\",\"score\":3"
#define DENY   "\"action\":\"deny\""
#define ALLOW  "\"action\":\"allow\""
#define LOG    "\"action\":\"log\""
#define DETECT ",\"mode\":\"detect\""

static const struct {
    const char *rules, *request;
    enum rules_decision decision;
    const char *rule, *reason;
    unsigned score;
    size_t hits;
} cases[] = {
    {RULE("a", "A", SCORE3), "GET /?q=A", RULES_NOTHING, "", NULL, 3, 1},
    {RULE("a", "A", SCORE3), "GET /?q=A&r=A&s=A", RULES_NOTHING, "", NULL, 3, 1}, // once per phase
    {RULE("a", "A", SCORE3) "," RULE("b", "B", SCORE3), "GET /?q=AB", RULES_DENY, "b",
     "score-threshold", 6, 2},
    {RULE("a", "A", SCORE3) "," RULE("b", "B", SCORE3) "," RULE("c", "C", SCORE3), "GET /?q=ABC",
     RULES_DENY, "b", "score-threshold", 9, 3},
    {RULE("a", "A", SCORE3), "POST /?q=A\n\nq=A", RULES_DENY, "a", "score-threshold", 6,
     2}, // head and body add up
    {RULE("a", "A", SCORE3), "POST /\n\nq=A", RULES_NOTHING, "", NULL, 3, 1},
    {RULE("a", "A", DENY), "GET /?q=A", RULES_DENY, "a", "rule-denied", 0, 1},
    {RULE("a", "A", DENY) "," RULE("b", "B", DENY), "GET /?q=AB", RULES_DENY, "a", "rule-denied", 0,
     1},
    {RULE("a", "A", SCORE3) "," RULE("b", "B", DENY), "GET /?q=AB", RULES_DENY, "b", "rule-denied",
     3, 2},
    {RULE("a", "A", ALLOW) "," RULE("b", "B", DENY), "GET /?q=AB", RULES_ALLOW, "a", "rule-allowed",
     0, 1},
    {RULE("b", "B", DENY) "," RULE("a", "A", ALLOW), "GET /?q=AB", RULES_DENY, "b", "rule-denied",
     0, 1},
    {RULE("a", "A", SCORE3) "," RULE("b", "B", SCORE3) "," RULE("c", "C", ALLOW), "GET /?q=ABC",
     RULES_ALLOW, "c", "rule-allowed", 6, 3},
    {RULE("a", "A", LOG), "GET /?q=A", RULES_NOTHING, "", NULL, 0, 1},
    {RULE("a", "A", DENY DETECT), "GET /?q=A", RULES_NOTHING, "", NULL, 0, 1},
    {RULE("a", "A", ALLOW DETECT) "," RULE("b", "B", DENY), "GET /?q=AB", RULES_DENY, "b",
     "rule-denied", 0, 2},
    {RULE("a", "A", SCORE3 DETECT) "," RULE("b", "B", SCORE3), "GET /?q=AB", RULES_NOTHING, "",
     NULL, 3, 2},
    {DOUBT("a", DENY), "GET /?long=%s", RULES_CANNOT_DECIDE, "a", "regex-limit", 0, 0},
    {DOUBT("a", SCORE3), "GET /?long=%s", RULES_CANNOT_DECIDE, "a", "regex-limit", 0, 0},
    {DOUBT("a", LOG), "GET /?long=%s", RULES_NOTHING, "", NULL, 0, 0},
    {DOUBT("a", ALLOW), "GET /?long=%s", RULES_NOTHING, "", NULL, 0, 0},
    {DOUBT("a", DENY DETECT), "GET /?long=%s", RULES_NOTHING, "", NULL, 0, 1},
    {DOUBT("a", SCORE3) "," RULE("b", "B", DENY), "GET /?long=%s&q=B", RULES_DENY, "b",
     "rule-denied", 0, 1},
    {DOUBT("a", DENY) "," RULE("b", "B", ALLOW), "GET /?long=%s&q=B", RULES_CANNOT_DECIDE, "a",
     "regex-limit", 0, 1},
    {DOUBT("a", SCORE3) "," RULE("b", "B", ALLOW), "GET /?long=%s&q=B", RULES_ALLOW, "b",
     "rule-allowed", 0, 1},
    {RULE("b", "B", ALLOW) "," DOUBT("a", DENY), "GET /?long=%s&q=B", RULES_ALLOW, "b",
     "rule-allowed", 0, 1},
};

static void check(size_t i, const char *request)
{
    char text[2048];
    struct fixture f;
    (void)snprintf(text, sizeof text, "{\"rules\":[%s]}", cases[i].rules);
    assert_true(fixture_open(&f, text));
    assert_true(fixture_ask(&f, request));
    bool same_reason = cases[i].reason
                           ? f.result.reason && strcmp(f.result.reason, cases[i].reason) == 0
                           : !f.result.reason;
    if (f.result.decision != cases[i].decision || strcmp(f.rule, cases[i].rule) != 0 ||
        !same_reason || f.result.score != cases[i].score || f.hit_count != cases[i].hits)
        fail_msg("case %zu: decision %d, rule %s, reason %s, score %u, %zu hits", i,
                 (int)f.result.decision, f.rule, f.result.reason ? f.result.reason : "none",
                 f.result.score, f.hit_count);
    fixture_close(&f);
}

static void decides(void **state)
{
    static char doubtful[6000], request[8000];
    (void)state;
    memset(doubtful, 'a', sizeof doubtful - 2);
    doubtful[sizeof doubtful - 2] = '!';
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *hole = strstr(cases[i].request, "%s");
        size_t before = hole ? (size_t)(hole - cases[i].request) : strlen(cases[i].request);
        (void)snprintf(request, sizeof request, "%.*s%s%s", (int)before, cases[i].request,
                       hole ? doubtful : "", hole ? hole + 2 : "");
        check(i, request);
    }
}

static void says_what_watching_rules_would_have_done(void **state)
{
    static const struct {
        const char *rules, *reason, *rule;
        unsigned detect_score;
    } watching[] = {
        {RULE("a", "A", DENY DETECT), "rule-denied", "a", 0},
        {RULE("a", "A", SCORE3 DETECT), NULL, "", 3},
        {RULE("a", "A", SCORE3 DETECT) "," RULE("b", "B", SCORE3), "score-threshold", "b", 3},
        {RULE("a", "A", SCORE3 DETECT) "," RULE("b", "B", SCORE3 DETECT) "," RULE("c", "A",
                                                                                  DENY DETECT),
         "rule-denied", "c", 6},
        {RULE("a", "A", LOG DETECT), NULL, "", 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(watching); i++) {
        char text[2048], rule[FIXTURE_TEXT_MAX];
        struct fixture f;
        (void)snprintf(text, sizeof text, "{\"rules\":[%s]}", watching[i].rules);
        assert_true(fixture_open(&f, text));
        assert_true(fixture_ask(&f, "GET /?q=AB"));
        assert_int_equal(f.result.decision, RULES_NOTHING);
        assert_int_equal(f.result.detect_score, watching[i].detect_score);
        assert_int_equal(f.result.would_deny_reason != NULL, watching[i].reason != NULL);
        if (watching[i].reason)
            assert_string_equal(f.result.would_deny_reason, watching[i].reason);
        fixture_copy(rule, f.result.would_deny_rule);
        assert_string_equal(rule, watching[i].rule);
        fixture_close(&f);
    }
}

static void detect_on_file_or_program_makes_every_rule_watch(void **state)
{
    const struct rules_options program = {.paranoia = 4, .threshold = 1, .detect = true};
    const struct rules_options plain = {.paranoia = 4, .threshold = 1};
    struct fixture f;
    (void)state;
    assert_true(fixture_open_with(&f, "{\"rules\":[" RULE("a", "A", DENY) "]}", &program,
                                  (struct rules_compile_flags){0}));
    assert_true(fixture_ask(&f, "GET /?q=A"));
    assert_int_equal(f.result.decision, RULES_NOTHING);
    assert_true(f.hits[0].is_detect);
    fixture_close(&f);
    assert_true(fixture_open_with(&f,
                                  "{\"mode\":\"detect\",\"rules\":[" RULE("a", "A", SCORE3) "]}",
                                  &plain, (struct rules_compile_flags){0}));
    assert_true(fixture_ask(&f, "GET /?q=A"));
    assert_int_equal(f.result.decision, RULES_NOTHING);
    assert_true(f.hits[0].is_detect);
    fixture_close(&f);
}

static void a_deny_has_its_own_status(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open(
        &f, "{\"rules\":[" RULE("a", "A", DENY ",\"status\":404") "," RULE("b", "B", DENY) "]}"));
    assert_true(fixture_ask(&f, "GET /?q=A"));
    assert_int_equal(f.result.status, 404);
    assert_true(fixture_ask(&f, "GET /?q=B"));
    assert_int_equal(f.result.status, 0);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides),
        cmocka_unit_test(says_what_watching_rules_would_have_done),
        cmocka_unit_test(detect_on_file_or_program_makes_every_rule_watch),
        cmocka_unit_test(a_deny_has_its_own_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

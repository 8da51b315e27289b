// SPDX-License-Identifier: Apache-2.0
// Globs, dates, and where exclusions apply.
#include "support/unit.h"

#include "rules/exclusion.h"
#include "unit/rules/fixture.h"

static void globs_match(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        {"sqli-*", "sqli-union", true},
        {"sqli-*", "sqli-", true},
        {"sqli-*", "xss-a", false},
        {"*", "", true},
        {"*-a-*", "x-a-a-b", true},
        {"a*b*c", "axxbyyc", true},
        {"a*b*c", "axxbyy", false},
        {"abc", "abc", true},
        {"abc", "abcd", false},
        {"*abc", "xabcabc", true},
        {"a**", "a", true},
        {"", "", true},
        {"", "a", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(rules_glob_match(slice_str(cases[i].pattern), slice_str(cases[i].text)),
                         cases[i].matches);
}

static void dates_last_through_their_day(void **state)
{
    static const struct {
        const char *text;
        uint64_t end;
    } good[] = {
        {"1970-01-01", 86400},
        {"2000-02-29", 951868800},
        {"2026-12-31", 1798761600},
    };
    static const char *const bad[] = {"2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00",
                                      "1969-12-31", "2026-1-1",   "2026/01/01", "20260101",
                                      "",           "2026-04-31", "2100-02-29"};
    (void)state;
    uint64_t end;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(rules_date_end(slice_str(good[i].text), &end));
        assert_int_equal(end, good[i].end);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(rules_date_end(slice_str(bad[i]), &end));
}

#define RULE                                                                                       \
    "{\"rules\":[{\"id\":\"r-one\",\"description\":\"d\",\"targets\":[\"query.*\",\"headers.x-"    \
    "a\"],"                                                                                        \
    "\"match\":{\"contains\":\"evil\"},\"action\":\"deny\",\"tags\":[\"t\"]}],\"exclusions\":[{"   \
    "\"why\":\"w\","

static void silence_rules_where_they_say(void **state)
{
    static const struct {
        const char *exclusion, *request;
        bool is_denied;
    } cases[] = {
        {"\"rules\":[\"r-*\"]}]}", "GET /?a=evil", false},
        {"\"rules\":[\"s-*\"]}]}", "GET /?a=evil", true},
        {"\"tags\":[\"t\"]}]}", "GET /?a=evil", false},
        {"\"tags\":[\"u\"]}]}", "GET /?a=evil", true},
        {"\"rules\":[\"r-one\"],\"path\":\"/edit\"}]}", "GET /edit?a=evil", false},
        {"\"rules\":[\"r-one\"],\"path\":\"/edit\"}]}", "GET /edit/x?a=evil", false},
        {"\"rules\":[\"r-one\"],\"path\":\"/edit\"}]}", "GET /editor?a=evil", true},
        {"\"rules\":[\"r-one\"],\"path\":\"/edit/\"}]}", "GET /edit/?a=evil", false},
        {"\"rules\":[\"r-one\"],\"path\":\"/edit/\"}]}", "GET /edit?a=evil", true},
        {"\"rules\":[\"r-one\"],\"path\":\"/edit/\"}]}", "GET /edit/../x?a=evil", true},
        {"\"rules\":[\"r-one\"],\"path\":\"/edit/\"}]}", "GET /%65dit/?a=evil", false},
        {"\"rules\":[\"r-one\"],\"hosts\":[\"a.example\"]}]}", "GET /?a=evil\nHost: A.example:443",
         false},
        {"\"rules\":[\"r-one\"],\"hosts\":[\"a.example\"]}]}", "GET /?a=evil\nHost: b.example",
         true},
        {"\"rules\":[\"r-one\"],\"hosts\":[\"*.example\"]}]}", "GET /?a=evil\nHost: b.example",
         false},
        {"\"rules\":[\"r-one\"],\"hosts\":[\"*.b.example\"]}]}", "GET /?a=evil\nHost: b.example",
         true},
        {"\"rules\":[\"r-one\"],\"hosts\":[\"*.b.example\"]}]}", "GET /?a=evil\nHost: xb.example",
         true},
        {"\"rules\":[\"r-one\"],\"targets\":[\"query.a\"]}]}", "GET /?a=evil", false},
        {"\"rules\":[\"r-one\"],\"targets\":[\"query.a\"]}]}", "GET /?A=evil", true},
        {"\"rules\":[\"r-one\"],\"targets\":[\"query.a\"]}]}", "GET /?a=evil&b=evil", true},
        {"\"rules\":[\"r-one\"],\"targets\":[\"query./^a/\"]}]}", "GET /?ab=evil", false},
        {"\"rules\":[\"r-one\"],\"targets\":[\"query.*\"]}]}", "GET /?ab=evil", false},
        {"\"rules\":[\"r-one\"],\"targets\":[\"query.*\"]}]}", "GET /?ab=evil\nX-A: evil", true},
        {"\"rules\":[\"r-one\"],\"targets\":[\"headers.X-A\"]}]}", "GET /\nx-a: evil", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[1024];
        struct fixture f;
        (void)snprintf(text, sizeof text, RULE "%s", cases[i].exclusion);
        if (!fixture_open(&f, text))
            fixture_print(&f);
        assert_non_null(f.program);
        assert_true(fixture_ask(&f, cases[i].request));
        if ((f.result.decision == RULES_DENY) != cases[i].is_denied)
            fail_msg("%s %s", cases[i].exclusion, cases[i].request);
        fixture_close(&f);
    }
}

static void end_at_their_date(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open(&f, RULE "\"rules\":[\"r-one\"],\"expires\":\"2999-12-31\"}]}"));
    f.now_s = UINT64_C(32503679999); // 2999-12-31T23:59:59Z
    assert_true(fixture_ask(&f, "GET /?a=evil"));
    assert_int_equal(f.result.decision, RULES_NOTHING);
    f.now_s++;
    assert_true(fixture_ask(&f, "GET /?a=evil"));
    assert_int_equal(f.result.decision, RULES_DENY);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs_match),
        cmocka_unit_test(dates_last_through_their_day),
        cmocka_unit_test(silence_rules_where_they_say),
        cmocka_unit_test(end_at_their_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

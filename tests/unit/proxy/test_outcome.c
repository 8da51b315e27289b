// SPDX-License-Identifier: Apache-2.0
// The table of endings: every row can be shown to a client and found in a record.
#include "support/unit.h"

#include "http/status.h"
#include "proxy/outcome.h"

static const enum proxy_outcome all[] = {
#define X(name, word, status, verdict, text) PROXY_OUTCOME_##name,
    PROXY_OUTCOMES(X)
#undef X
};

static bool is_word(const char *s)
{
    bool is_good = *s != '\0';
    for (; *s; s++)
        is_good = is_good && ((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '-');
    return is_good;
}

static void every_ending_but_success_has_a_word_and_a_sentence(void **state)
{
    (void)state;
    assert_null(outcome_of(PROXY_OUTCOME_ANSWERED).word);
    assert_int_equal(outcome_of(PROXY_OUTCOME_ANSWERED).verdict, AUDIT_VERDICT_PASSED);
    for (size_t i = 1; i < ARRAY_LEN(all); i++) {
        struct outcome o = outcome_of(all[i]);
        assert_true(is_word(o.word));
        assert_true(strlen(o.text) > 10);
        if (all[i] != PROXY_OUTCOME_TUNNEL_IDLE && all[i] != PROXY_OUTCOME_TUNNEL_DURATION)
            assert_true(o.verdict != AUDIT_VERDICT_PASSED);
        for (size_t k = 1; k < i; k++)
            assert_string_not_equal(o.word, outcome_of(all[k]).word);
    }
}

// A refusal is the client's fault or our lack of room, a failure the backend's.
static void status_and_verdict_agree(void **state)
{
    (void)state;
    for (size_t i = 1; i < ARRAY_LEN(all); i++) {
        struct outcome o = outcome_of(all[i]);
        if (o.verdict == AUDIT_VERDICT_FAILED)
            assert_in_range(o.status, 502, 504);
        else if (o.status)
            assert_true((o.status >= 400 && o.status < 500) || o.status == 503);
        if (o.status)
            assert_true(http_status_phrase(o.status).len > 0);
    }
}

static void reasons_of_the_parser_keep_their_word_and_status(void **state)
{
    (void)state;
    struct outcome o = outcome_of_http(HTTP_REASON_FIELD_LINE_LIMIT);
    assert_string_equal(o.word, http_reason_word(HTTP_REASON_FIELD_LINE_LIMIT));
    assert_int_equal(o.status, 431);
    assert_int_equal(o.verdict, AUDIT_VERDICT_REFUSED);
}

static void a_backends_own_word_comes_before_the_general_one(void **state)
{
    (void)state;
    struct outcome o =
        outcome_of_backend(&(struct backend_failure){.word = "reset", .text = "it was reset"});
    assert_string_equal(o.word, "reset");
    assert_string_equal(o.text, "it was reset");
    assert_int_equal(o.status, 502);
    o = outcome_of_backend(&(struct backend_failure){0});
    assert_string_equal(o.word, outcome_of(PROXY_OUTCOME_BACKEND_FAILED).word);
    assert_string_equal(o.text, outcome_of(PROXY_OUTCOME_BACKEND_FAILED).text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_ending_but_success_has_a_word_and_a_sentence),
        cmocka_unit_test(status_and_verdict_agree),
        cmocka_unit_test(reasons_of_the_parser_keep_their_word_and_status),
        cmocka_unit_test(a_backends_own_word_comes_before_the_general_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// What is configuration becomes configuration.
#include "unit/seclang/fixture.h"

static void folds(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecRule &TX:a \"@eq 0\" \"id:2,phase:1,pass,nolog,setvar:tx.a=5\"\n", "\"a\": 5"},
        {"SecAction \"id:1,phase:1,pass,nolog,setvar:tx.a=7\"\nSecRule &TX:a \"@eq 0\" "
         "\"id:2,phase:1,pass,nolog,setvar:tx.a=5\"\n",
         "\"a\": 7"},
        {"SecRule &TX:a \"@eq 0\" \"id:2,phase:1,pass,nolog,setvar:tx.a=5\"\nSecRule ARGS \"x\" "
         "\"id:3,log,setvar:tx.a=6\"",
         "\"targets\": [\"count:vars.a\"]"},
        {"SecAction \"id:1,phase:1,pass,nolog,setvar:tx.a=7,setvar:tx.b=%{tx.c}\"",
         "\"set\": [{\"var\": \"b\", \"to\": \"%{vars.c}\"}]"},
        {"SecRule &TX:paranoia_level \"@eq 0\" "
         "\"id:1,phase:1,pass,nolog,setvar:tx.paranoia_level=1\"",
         "\"paranoia_level\": \"%{filter.paranoia}\""},
        {"SecRule &TX:inbound_anomaly_score_threshold \"@eq 0\" "
         "\"id:1,phase:1,pass,nolog,setvar:tx.inbound_anomaly_score_threshold=5\"",
         "\"inbound_anomaly_score_threshold\": \"%{filter.threshold}\""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        fixture_expect(cases[i].text, cases[i].wanted);
}

static void says_what_the_policy_is_to_have(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SecAction \"id:1,phase:1,pass,nolog,setvar:tx.paranoia_level=3\"",
         "1: setting: tx.paranoia_level=3: write \"paranoia\": 3"},
        {"SecAction \"id:1,phase:1,pass,nolog,setvar:tx.inbound_anomaly_score_threshold=9\"",
         "write \"threshold\": 9"},
        {"SecRule ARGS \"x\" \"id:1,pass,setvar:tx.paranoia_level=1\"", "changes no level"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        fixture_expect_note(cases[i].text, cases[i].wanted);
}

static void gates_become_levels(void **state)
{
    struct fixture f;
    (void)state;
    fixture_convert(
        &f,
        "SecRule TX:DETECTION_PARANOIA_LEVEL \"@lt 2\" \"id:1,phase:1,pass,nolog,skipAfter:END\"\n"
        "SecRule TX:DETECTION_PARANOIA_LEVEL \"@lt 3\" \"id:2,phase:2,pass,nolog,skipAfter:END\"\n"
        "SecRule ARGS \"a\" \"id:3,phase:1,log\"\n"
        "SecRule ARGS \"b\" \"id:4,phase:2,log\"\n"
        "SecRule ARGS \"c\" \"id:5,phase:3,log\"\n"
        "SecMarker END\n"
        "SecRule ARGS \"d\" \"id:6,phase:2,log\"\n");
    assert_int_equal(f.written.rules, 4);
    const unsigned wanted[] = {2, 3, 1, 1};
    size_t i = 0;
    for (const struct seclang_rule *r = f.set.first; r; r = r->next) {
        if (!r->marker.ptr && !r->is_dropped)
            assert_int_equal(r->paranoia, wanted[i++]);
    }
    assert_true(slice_find(buf_view(&f.out), SLICE("marker")) == f.out.len);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds),
        cmocka_unit_test(says_what_the_policy_is_to_have),
        cmocka_unit_test(gates_become_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

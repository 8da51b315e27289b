// SPDX-License-Identifier: Apache-2.0
// What certificates are worth is tested where they are read; here, what a policy may say about
// them.
#include "support/unit.h"

#include "support/policy.h"

#define TLS(text) "{'listeners':[{'name':'a','bind':'127.0.0.1:0','tls':{" text "}}]}"
#define PAIR      "'certificates':[{'chain':'c.pem','key':'c.key'}]"

static void accepts(void **state)
{
    static const char *const good[] = {
        TLS(PAIR),
        TLS(PAIR ",'min_version':'1.3','protocols':['http/"
                 "1.1'],'without_sni':'refuse','unknown_sni':'first'"),
        TLS(PAIR ",'protocols':['http/1.1','h2']"),
        TLS(PAIR ",'tickets':false"),
        TLS(PAIR ",'ticket_rotation':'10m'"),
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct problems *problems = problems_new();
        struct snapshot *s = policy_try(good[i], POLICY_REACH_NONE, problems);
        assert_non_null(s);
        assert_int_equal(problems_warnings(problems), 0);
        snapshot_unref(&s);
        problems_free(&problems);
    }
    (void)state;
}

static const struct policy_case refused[] = {
    {"no certificates", TLS(""), "$.listeners[0].tls: the key \"certificates\" is missing"},
    {"an empty list", TLS("'certificates':[]"), "$.listeners[0].tls.certificates: 1 to"},
    {"no key", TLS("'certificates':[{'chain':'c.pem'}]"),
     "$.listeners[0].tls.certificates[0]: the key \"key\" is missing"},
    {"an empty path", TLS("'certificates':[{'chain':'','key':'k'}]"),
     "$.listeners[0].tls.certificates[0].chain: "},
    {"HTTP/2 alone", TLS(PAIR ",'protocols':['h2']"),
     "$.listeners[0].tls.protocols: \"http/1.1\" must be"},
    {"another protocol", TLS(PAIR ",'protocols':['http/1.1','http1.1']"),
     "$.listeners[0].tls.protocols[1]: no protocol is called \"http1.1\" (did you mean "
     "\"http/1.1\"?)"},
    {"a short rotation", TLS(PAIR ",'ticket_rotation':'1s'"),
     "$.listeners[0].tls.ticket_rotation: must lie between"},
    {"unknown key", TLS(PAIR ",'cert':1"), "$.listeners[0].tls.cert: unknown key \"cert\""},
};

static void refuses(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        policy_assert_refused(&refused[i], POLICY_REACH_NONE);
    (void)state;
}

static void missing_files_are_told_apart(void **state)
{
    static const char *const wanted[] = {"$.listeners[0].tls.certificates[0].chain: ",
                                         "$.listeners[0].tls.certificates[0].key: "};
    struct problems *problems = problems_new();
    assert_null(policy_try(TLS(PAIR), POLICY_REACH_ALL, problems));
    assert_int_equal(problems_count(problems), 2);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        assert_non_null(strstr(problems_text(problems, i), wanted[i]));
    problems_free(&problems);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts),
        cmocka_unit_test(refuses),
        cmocka_unit_test(missing_files_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

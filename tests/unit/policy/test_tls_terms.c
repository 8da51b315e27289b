// SPDX-License-Identifier: Apache-2.0
// What a policy may choose of TLS itself; a listener stands for both sides.
#include "support/unit.h"

#include "support/policy.h"

#define TLS(text)                                                                                  \
    "{'listeners':[{'name':'a','bind':'127.0.0.1:0','tls':{'certificates':[{'chain':'c','key':'k'" \
    "}]," text "}}]}"

static void accepts(void **state)
{
    static const char *const good[] = {
        TLS("'min_version':'1.2'"),
        TLS("'min_version':'1.3','groups':['X25519']"),
        TLS("'groups':['P-384','X25519','X448','P-521','P-256']"),
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct problems *problems = problems_new();
        struct snapshot *s = policy_try(good[i], POLICY_REACH_NONE, problems);
        assert_non_null(s);
        snapshot_unref(&s);
        problems_free(&problems);
    }
    (void)state;
}

static const struct policy_case refused[] = {
    {"an old version", TLS("'min_version':'1.1'"),
     "$.listeners[0].tls.min_version: \"1.1\" is not among"},
    {"a version as number", TLS("'min_version':1.2"),
     "$.listeners[0].tls.min_version: expected a string"},
    {"no groups", TLS("'groups':[]"),
     "$.listeners[0].tls.groups: without a group there is no key exchange"},
    {"a weak group", TLS("'groups':['P-255']"),
     "$.listeners[0].tls.groups[0]: no group is called \"P-255\" (did you mean \"P-256\"?)"},
    {"a group twice", TLS("'groups':['X25519','X25519']"),
     "$.listeners[0].tls.groups[1]: this stands in the list twice"},
};

static void refuses(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        policy_assert_refused(&refused[i], POLICY_REACH_NONE);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

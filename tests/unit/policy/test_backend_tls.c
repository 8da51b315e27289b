// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "support/policy.h"

#define TLS(text)                                                                                  \
    POLICY_WITH(",'backends':{'app':{'servers':[{'url':'https://127.0.0.1:1'}],'tls':{" text "}}"  \
                "}")

static void verifies_unless_told(void **state)
{
    static const char *const good[] = {TLS(""), TLS("'ca':'system'"), TLS("'verify':true"),
                                       TLS("'server_name':'app.internal'"),
                                       TLS("'server_name':'::1','min_version':'1.3'")};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct snapshot *s = policy_good(good[i]);
        assert_non_null(s->backends[0].servers[0].tls);
        assert_false(s->backends[0].servers[0].insecure);
        snapshot_unref(&s);
    }
    (void)state;
}

static void not_verifying_takes_two_words(void **state)
{
    struct problems *problems = problems_new();
    struct snapshot *s =
        policy_try(TLS("'verify':false,'insecure':true"), POLICY_REACH_ALL, problems);
    assert_non_null(s);
    assert_true(s->backends[0].servers[0].insecure);
    assert_non_null(
        strstr(problems_text(problems, 0), "the certificate of this server is not verified"));
    snapshot_unref(&s);
    problems_free(&problems);
    (void)state;
}

#define PIN_A "'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='"
#define PIN_B "'//////////////////////////////////////////8='"

static void takes_pins_and_warns_of_a_single_one(void **state)
{
    (void)state;
    struct snapshot *s = policy_good(TLS("'pins':[" PIN_A "," PIN_B "]"));
    snapshot_unref(&s);
    struct problems *problems = problems_new();
    s = policy_try(TLS("'pins':[" PIN_A "]"), POLICY_REACH_ALL, problems);
    assert_non_null(s);
    assert_non_null(strstr(problems_text(problems, 0), "a single pin"));
    snapshot_unref(&s);
    problems_free(&problems);
}

static const struct policy_case refused[] = {
    {"no pins", TLS("'pins':[]"), "$.backends.app.tls.pins: there are 1 to 8 pins"},
    {"a short pin", TLS("'pins':['AAAA']"), "$.backends.app.tls.pins[0]: a pin is the SHA-256"},
    {"a pin that is no base64", TLS("'pins':[" PIN_A ",'sha256:xyz']"),
     "$.backends.app.tls.pins[1]: a pin is the SHA-256"},
    {"pins that nobody looks at", TLS("'verify':false,'insecure':true,'pins':[" PIN_A "]"),
     "$.backends.app.tls.pins: this has no effect"},
    {"no such list", TLS("'crl':'nowhere.crl'"), "$.backends.app.tls.crl: revocation list"},
    {"one word", TLS("'verify':false"), "$.backends.app.tls.verify: this accepts any certificate"},
    {"one word taken back", TLS("'verify':false,'insecure':false"),
     "$.backends.app.tls.verify: this accepts any certificate"},
    {"the word in another place",
     POLICY_WITH(",'backends':{'app':{'insecure':true,'servers':[{'url':'https://"
                 "127.0.0.1:1'}],'tls':{'verify':false}}}"),
     "$.backends.app.tls.verify: this accepts any certificate"},
    {"verify as text", TLS("'verify':'no'"), "$.backends.app.tls.verify: expected true or false"},
    {"unknown key", TLS("'verfy':false"),
     "$.backends.app.tls.verfy: unknown key \"verfy\" (did you mean \"verify\"?)"},
    {"no such authority", TLS("'ca':'nowhere.pem'"), "$.backends.app.tls.ca: "},
    {"a name with a port", TLS("'server_name':'app.internal:443'"),
     "$.backends.app.tls.server_name: a host stands here"},
    {"half a certificate", TLS("'certificate':{'chain':'c.pem'}"),
     "$.backends.app.tls.certificate: the key \"key\" is missing"},
    {"an old version", TLS("'min_version':'1.0'"),
     "$.backends.app.tls.min_version: \"1.0\" is not among"},
    {"nobody speaks TLS",
     POLICY_WITH(",'backends':{'app':{'servers':[{'url':'http://127.0.0.1:1'}],'tls':{}}}"),
     "$.backends.app.tls: no server of this backend has an https url"},
};

static void refuses(void **state)
{
    POLICY_ASSERT_ALL_REFUSED(refused);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifies_unless_told),
        cmocka_unit_test(not_verifying_takes_two_words),
        cmocka_unit_test(takes_pins_and_warns_of_a_single_one),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

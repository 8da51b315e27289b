// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "support/policy.h"
#include "tls/stream.h"

#define SYSLOG(text) POLICY_WITH(",'audit':{'sinks':[{'type':'syslog'," text "}]}")

static void takes_each_transport(void **state)
{
    static const struct {
        const char *text, *name;
        enum tls_stream_kind kind;
        unsigned facility;
    } cases[] = {
        {SYSLOG("'transport':'unix'"), "syslog over unix to /dev/log", TLS_STREAM_UNIX, 16},
        {SYSLOG("'transport':'udp','address':'[::1]:514','facility':'auth'"),
         "syslog over udp to [::1]:514", TLS_STREAM_UDP, 4},
        {SYSLOG("'transport':'tcp','address':'192.0.2.1:601','facility':'local7'"),
         "syslog over tcp to 192.0.2.1:601", TLS_STREAM_TCP, 23},
        {SYSLOG("'transport':'tls','address':'192.0.2.1:6514','app_name':'gate'"),
         "syslog over tls to 192.0.2.1:6514", TLS_STREAM_TLS, 16},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct snapshot *s = policy_good(cases[i].text);
        const struct audit_sink_options *sink = &s->audit.options.sinks[0];
        const struct tls_stream_target *t = sink->syslog->target;
        assert_string_equal(sink->path, cases[i].name);
        assert_int_equal(t->kind, cases[i].kind);
        assert_int_equal(sink->syslog->facility, cases[i].facility);
        assert_int_equal(sink->syslog->is_datagram, i < 2);
        assert_string_equal(sink->syslog->app_name, i == 3 ? "gate" : "yett");
        snapshot_unref(&s);
    }
    (void)state;
}

static const struct policy_case refused[] = {
    {"no transport", SYSLOG("'what':'all'"), "the key \"transport\" is missing"},
    {"no such transport", SYSLOG("'transport':'dtls'"), "\"dtls\" is not among"},
    {"no address", SYSLOG("'transport':'tcp'"), "the key \"address\" is missing"},
    {"a name", SYSLOG("'transport':'tcp','address':'logs:514'"),
     "$.audit.sinks[0].address: \"logs:514\" is no address with a port"},
    {"no port", SYSLOG("'transport':'udp','address':'192.0.2.1'"), "is no address with a port"},
    {"tls without tls", SYSLOG("'transport':'tcp','address':'192.0.2.1:5','tls':{}"),
     "$.audit.sinks[0].tls: unknown key"},
    {"a path for tcp", SYSLOG("'transport':'tcp','address':'192.0.2.1:5','path':'a'"),
     "$.audit.sinks[0].path: unknown key"},
    {"no authority", SYSLOG("'transport':'tls','address':'192.0.2.1:5','tls':{'ca':'none.pem'}"),
     "none.pem"},
    {"a facility", SYSLOG("'transport':'unix','facility':'local8'"), "\"local8\" is not among"},
    {"a name with a blank", SYSLOG("'transport':'unix','app_name':'a b'"),
     "$.audit.sinks[0].app_name: a name is 1 to 48 printable"},
    {"twice the same",
     POLICY_WITH(",'audit':{'sinks':[{'type':'syslog','transport':'unix'},"
                 "{'type':'syslog','transport':'unix','facility':'user'}]}"),
     "$.audit.sinks[1]: this is the same sink as number 1"},
};

static void refuses(void **state)
{
    POLICY_ASSERT_ALL_REFUSED(refused);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_each_transport),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

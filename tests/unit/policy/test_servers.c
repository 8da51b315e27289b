// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "support/policy.h"

#define SERVERS(text)  POLICY_WITH(",'backends':{'app':{'servers':[" text "]}}")
#define INSECURE(text) POLICY_WITH(",'backends':{'app':{'insecure':true,'servers':[" text "]}}")

static const struct {
    const char *url, *authority, *address;
    uint16_t port;
} good[] = {
    {"http://127.0.0.1", "127.0.0.1", "127.0.0.1", 80},
    {"http://127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1", 8080},
    {"http://[::1]:8080", "[::1]:8080", "::1", 8080},
    {"http://[::1]", "[::1]", "::1", 80},
    {"http://LocalHost:81", "localhost:81", NULL, 81},
};

static void finds_servers(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        char text[512], address[ADDR_TEXT_MAX];
        (void)snprintf(text, sizeof(text), SERVERS("{'url':'%s','weight':7}"), good[i].url);
        struct snapshot *s = policy_good(text);
        const struct backend_server *server = &s->backends[0].servers[0];
        ASSERT_SLICE(server->url, slice_str(good[i].url));
        ASSERT_SLICE(server->authority, slice_str(good[i].authority));
        assert_true(server->address_count >= 1);
        assert_int_equal(server->addresses[0].port, good[i].port);
        assert_true(addr_is_loopback(&server->addresses[0]));
        (void)addr_text(&server->addresses[0], address);
        if (good[i].address)
            assert_string_equal(address, good[i].address);
        assert_int_equal(server->weight, 7);
        assert_false(server->insecure);
        assert_null(server->tls);
        snapshot_unref(&s);
    }
    (void)state;
}

static void takes_unix_sockets(void **state)
{
    struct snapshot *s = policy_good(SERVERS("{'url':'http+unix:///run/app.sock'}"));
    const struct backend_server *server = &s->backends[0].servers[0];
    assert_string_equal(server->unix_path, "/run/app.sock");
    assert_int_equal(server->address_count, 0);
    assert_int_equal(server->weight, 1);
    assert_false(server->insecure);
    snapshot_unref(&s);
    (void)state;
}

static void plain_text_abroad_takes_a_word(void **state)
{
    struct problems *problems = problems_new();
    struct snapshot *s =
        policy_try(INSECURE("{'url':'http://192.0.2.1:80'}"), POLICY_REACH_ALL, problems);
    assert_non_null(s);
    assert_true(s->backends[0].servers[0].insecure);
    assert_non_null(strstr(problems_text(problems, 0),
                           "warning: $.backends.app.servers[0].url: requests leave this machine"));
    snapshot_unref(&s);
    problems_free(&problems);
    (void)state;
}

static void servers_of_one_name_share_their_context(void **state)
{
    struct snapshot *s = policy_good(
        POLICY_WITH(",'backends':{'app':{'servers':[{'url':'https://127.0.0.1:1'},{'url':'https://"
                    "127.0.0.1:2'},{'url':'https://[::1]'}]}}"));
    const struct backend_server *servers = s->backends[0].servers;
    assert_non_null(servers[0].tls);
    assert_ptr_equal(servers[0].tls, servers[1].tls);
    assert_non_null(servers[2].tls);
    assert_ptr_not_equal(servers[0].tls, servers[2].tls);
    assert_int_equal(servers[2].addresses[0].port, 443);
    snapshot_unref(&s);
    (void)state;
}

static const struct policy_case refused[] = {
    {"no servers", POLICY_WITH(",'backends':{'app':{}}"),
     "$.backends.app: the key \"servers\" is missing"},
    {"an empty list", SERVERS(""), "$.backends.app.servers: a backend has 1 to 64 servers"},
    {"no url", SERVERS("{}"), "$.backends.app.servers[0]: the key \"url\" is missing"},
    {"a lone text", SERVERS("'http://127.0.0.1'"), "$.backends.app.servers[0]: expected an object"},
    {"no scheme", SERVERS("{'url':'127.0.0.1:80'}"),
     "$.backends.app.servers[0].url: a url begins with"},
    {"another scheme", SERVERS("{'url':'fcgi://127.0.0.1'}"),
     "$.backends.app.servers[0].url: a url begins with"},
    {"a path", SERVERS("{'url':'http://127.0.0.1:80/app'}"),
     "$.backends.app.servers[0].url: the url of a server ends"},
    {"no host", SERVERS("{'url':'http://'}"),
     "$.backends.app.servers[0].url: \"\" is not the name"},
    {"userinfo", SERVERS("{'url':'http://a@127.0.0.1'}"),
     "$.backends.app.servers[0].url: \"a@127.0.0.1\" is not the name"},
    {"port zero", SERVERS("{'url':'http://127.0.0.1:0'}"), "$.backends.app.servers[0].url: "},
    {"a large port", SERVERS("{'url':'http://127.0.0.1:65536'}"),
     "$.backends.app.servers[0].url: "},
    {"a name without an address", SERVERS("{'url':'http://no-such-host.invalid'}"),
     "$.backends.app.servers[0].url: the host \"no-such-host.invalid\" has no address"},
    {"weight zero", SERVERS("{'url':'http://127.0.0.1','weight':0}"),
     "$.backends.app.servers[0].weight: must be"},
    {"plain text abroad", SERVERS("{'url':'http://192.0.2.1'}"),
     "$.backends.app.servers[0].url: requests would leave this machine in plain text"},
    {"a relative socket", SERVERS("{'url':'http+unix://app.sock'}"),
     "$.backends.app.servers[0].url: behind unix: or unix:// stands the whole path"},
    {"a socket without a name to verify", SERVERS("{'url':'https+unix:///run/app.sock'}"),
     "$.backends.app.servers[0].url: a unix socket has no host"},
};

static void refuses(void **state)
{
    POLICY_ASSERT_ALL_REFUSED(refused);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_servers),
        cmocka_unit_test(takes_unix_sockets),
        cmocka_unit_test(plain_text_abroad_takes_a_word),
        cmocka_unit_test(servers_of_one_name_share_their_context),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

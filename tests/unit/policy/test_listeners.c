// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "support/policy.h"

static void takes_what_is_told(void **state)
{
    struct snapshot *s = policy_good(
        "{'listeners':[{'name':'a','bind':'[::]:8080','redirect_to':'https','redirect_port':8443},"
        "{'name':'b','bind':'127.0.0.1:81','trusted_proxies':['10.0.0.0/"
        "8','::1'],'client_address_from':'x-forwarded-for',"
        "'proxy_protocol':'on','default_host':'Old.Example','filters':['bad']}],"
        "'filters':{'bad':{'type':'ip_list','deny':['192.0.2.0/24']}}}");
    assert_int_equal(s->listener_count, 2);
    const struct policy_listener *a = &s->listeners[0], *b = &s->listeners[1];
    ASSERT_SLICE(a->name, SLICE("a"));
    assert_int_equal(a->bind.port, 8080);
    assert_null(a->tls);
    assert_true(a->redirect_to_https);
    assert_int_equal(a->redirect_port, 8443);
    assert_int_equal(a->client_from, CLIENT_FROM_CONNECTION);
    assert_int_equal(a->proxy_protocol, PROXY_PROTOCOL_OFF);
    assert_int_equal(a->trusted_proxy_count, 0);
    assert_int_equal(a->address_filters.count, 0);
    assert_false(b->redirect_to_https);
    assert_int_equal(b->trusted_proxy_count, 2);
    assert_int_equal(b->trusted_proxies[0].bits, 96 + 8);
    assert_int_equal(b->client_from, CLIENT_FROM_X_FORWARDED_FOR);
    assert_int_equal(b->proxy_protocol, PROXY_PROTOCOL_ON);
    ASSERT_SLICE(b->default_host, SLICE("old.example"));
    assert_int_equal(b->address_filters.count, 1);
    assert_ptr_equal(b->address_filters.items[0], &s->filters[0]);
    snapshot_unref(&s);
    (void)state;
}

#define LISTENER(text) "{'listeners':[{'name':'a','bind':'127.0.0.1:0'" text "}]}"

static const struct policy_case refused[] = {
    {"none at all", "{}", "$: the key \"listeners\" is missing"},
    {"an empty list", "{'listeners':[]}", "$.listeners: a gateway needs at least one listener"},
    {"no array", "{'listeners':{}}", "$.listeners: expected an array"},
    {"unknown key", LISTENER(",'tsl':{}"),
     "$.listeners[0].tsl: unknown key \"tsl\" (did you mean \"tls\"?)"},
    {"no name", "{'listeners':[{'bind':'127.0.0.1:0'}]}",
     "$.listeners[0]: the key \"name\" is missing"},
    {"no address", "{'listeners':[{'name':'a'}]}", "$.listeners[0]: the key \"bind\" is missing"},
    {"an empty name", "{'listeners':[{'name':'','bind':'127.0.0.1:0'}]}",
     "$.listeners[0].name: a name has"},
    {"a name with a blank", "{'listeners':[{'name':'a b','bind':'127.0.0.1:0'}]}",
     "$.listeners[0].name: a name has"},
    {"an address without a port", "{'listeners':[{'name':'a','bind':'127.0.0.1'}]}",
     "$.listeners[0].bind: \""},
    {"a host name", "{'listeners':[{'name':'a','bind':'localhost:80'}]}",
     "$.listeners[0].bind: \""},
    {"a port too large", "{'listeners':[{'name':'a','bind':'[::]:65536'}]}",
     "$.listeners[0].bind: \""},
    {"a name twice", "{'listeners':[{'name':'a','bind':'[::]:1'},{'name':'a','bind':'[::]:2'}]}",
     "$.listeners[1].name: another listener has this name"},
    {"an address twice",
     "{'listeners':[{'name':'a','bind':'[::]:1'},{'name':'b','bind':'[::]:1'}]}",
     "$.listeners[1].bind: another listener has this address"},
    {"a prefix with host bits", LISTENER(",'trusted_proxies':['10.1.0.0/8']"),
     "$.listeners[0].trusted_proxies[0]: \"10.1.0.0/8\" is no"},
    {"nobody trusted to forward", LISTENER(",'client_address_from':'x-forwarded-for'"),
     "$.listeners[0].client_address_from: nobody is trusted"},
    {"another source", LISTENER(",'client_address_from':'forwarded'"),
     "$.listeners[0].client_address_from: \"forwarded\""},
    {"a redirect elsewhere", LISTENER(",'redirect_to':'http'"),
     "$.listeners[0].redirect_to: \"http\" is not among"},
    {"a port without redirect", LISTENER(",'redirect_port':443"),
     "$.listeners[0].redirect_port: this means nothing"},
    {"a host that is none", LISTENER(",'default_host':'a b'"),
     "$.listeners[0].default_host: \"a b\" is not the name"},
    {"a filter nobody knows",
     "{'listeners':[{'name':'a','bind':'[::]:1','filters':['bda']}],'filters':{'bad':{'type':'ip_"
     "list','deny':[]}}}",
     "$.listeners[0].filters[0]: no filter is called \"bda\" (did you mean \"bad\"?)"},
    {"a filter twice",
     "{'listeners':[{'name':'a','bind':'[::]:1','filters':['x','x']}],'filters':{'x':{'type':'ip_"
     "list','deny':[]}}}",
     "$.listeners[0].filters[1]: this stands in the list twice"},
};

static void refuses(void **state)
{
    POLICY_ASSERT_ALL_REFUSED(refused);
    (void)state;
}

static const struct policy_case refused_unlooked[] = {
    {"a filter that needs a request",
     "{'listeners':[{'name':'a','bind':'[::]:1','filters':['x']}],'filters':{'x':{'type':'basic_"
     "auth'}}}",
     "$.listeners[0].filters[0]: a filter of type \"basic_auth\" cannot judge by the address "
     "alone"},
    {"a redirect from https to https",
     LISTENER(",'tls':{'certificates':[{'chain':'c','key':'k'}]},'redirect_to':'https'"),
     "$.listeners[0].redirect_to: this listener speaks https already"},
};

static void refuses_without_reading_files(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(refused_unlooked); i++)
        policy_assert_refused(&refused_unlooked[i], POLICY_REACH_NONE);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_is_told),
        cmocka_unit_test(refuses),
        cmocka_unit_test(refuses_without_reading_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

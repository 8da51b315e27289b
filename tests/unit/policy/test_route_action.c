// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "support/policy.h"

#define ROUTE(text) POLICY_WITH_APP(",'routes':[{" text "}]")

static void redirects(void **state)
{
    struct snapshot *s =
        policy_good(ROUTE("'redirect':{'location':'{scheme}://www.{host}{target}'}"));
    assert_int_equal(s->routes[0].action, ROUTE_REDIRECT);
    assert_int_equal(s->routes[0].status, 308);
    ASSERT_SLICE(s->routes[0].location, SLICE("{scheme}://www.{host}{target}"));
    snapshot_unref(&s);
    s = policy_good(ROUTE("'redirect':{'status':303,'location':'/login?next={path}&{query}'}"));
    assert_int_equal(s->routes[0].status, 303);
    snapshot_unref(&s);
    (void)state;
}

static void responds(void **state)
{
    struct snapshot *s = policy_good(ROUTE(
        "'respond':{'status':403,'body':'no\\n','content_type':'text/plain; charset=utf-8'}"));
    assert_int_equal(s->routes[0].action, ROUTE_RESPOND);
    assert_int_equal(s->routes[0].status, 403);
    ASSERT_SLICE(s->routes[0].body, SLICE("no\n"));
    ASSERT_SLICE(s->routes[0].content_type, SLICE("text/plain; charset=utf-8"));
    snapshot_unref(&s);
    s = policy_good(ROUTE("'respond':{'status':204}"));
    ASSERT_SLICE(s->routes[0].content_type, SLICE("text/plain"));
    assert_int_equal(s->routes[0].body.len, 0);
    snapshot_unref(&s);
    (void)state;
}

static const struct policy_case refused[] = {
    {"nothing", ROUTE("'path':'/'"), "$.routes[0]: a route has one of"},
    {"two things", ROUTE("'backend':'app','respond':{'status':403}"),
     "$.routes[0]: a route has one of"},
    {"an unknown backend", ROUTE("'backend':'ap'"),
     "$.routes[0].backend: no backend is called \"ap\" (did you mean \"app\"?)"},
    {"a backend by number", ROUTE("'backend':0"), "$.routes[0].backend: expected a string"},
    {"nowhere", ROUTE("'redirect':{'status':301}"),
     "$.routes[0].redirect: the key \"location\" is missing"},
    {"an empty place", ROUTE("'redirect':{'location':''}"),
     "$.routes[0].redirect.location: this cannot"},
    {"two lines", ROUTE("'redirect':{'location':'/\\r\\nA: b'}"),
     "$.routes[0].redirect.location: this cannot"},
    {"another status", ROUTE("'redirect':{'location':'/','status':304}"),
     "$.routes[0].redirect.status: a redirect is one of"},
    {"no redirect", ROUTE("'redirect':{'location':'/','status':200}"),
     "$.routes[0].redirect.status: must be"},
    {"an unknown placeholder", ROUTE("'redirect':{'location':'https://{hosts}/'}"),
     "$.routes[0].redirect.location: there is no {hosts} to put in (did you mean {host}?)"},
    {"an open brace", ROUTE("'redirect':{'location':'/{path'}"),
     "$.routes[0].redirect.location: a brace without"},
    {"a closing brace", ROUTE("'redirect':{'location':'/path}'}"),
     "$.routes[0].redirect.location: a brace without"},
    {"no status", ROUTE("'respond':{'body':'x'}"),
     "$.routes[0].respond: the key \"status\" is missing"},
    {"an interim status", ROUTE("'respond':{'status':103}"), "$.routes[0].respond.status: must be"},
    {"a body where none can be", ROUTE("'respond':{'status':204,'body':'x'}"),
     "$.routes[0].respond.body: a response with status 204 has no body"},
    {"a type of two lines", ROUTE("'respond':{'status':200,'content_type':'a\\nb'}"),
     "$.routes[0].respond.content_type: this"},
    {"a prefix of nothing", ROUTE("'respond':{'status':403},'strip_prefix':true"),
     "$.routes[0].strip_prefix: this means nothing without \"backend\""},
    {"timeouts of nothing", ROUTE("'redirect':{'location':'/'},'timeouts':{}"),
     "$.routes[0].timeouts: this means nothing"},
    {"unknown key", ROUTE("'respond':{'status':200,'boddy':'x'}"),
     "$.routes[0].respond.boddy: unknown key"},
};

static void refuses(void **state)
{
    POLICY_ASSERT_ALL_REFUSED(refused);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redirects),
        cmocka_unit_test(responds),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Values spelled out in escapes, and the parameters of the field Referer.
#include "support/unit.h"

#include "unit/rules/fixture.h"

// clang-format off
#define LOG(id, target, match) \
    "{'id':'" id "','targets':['" target "'],'match':{" match "},'action':'log'}"
#define AND(id, target, match) "," LOG(id, target, match)

static const struct fixture_case cases[] = {
    {LOG("a", "escaped.q", "'equals':';id'")
     AND("b", "escaped.r", "'equals':';id'")
     AND("c", "escaped.X-Name", "'equals':'x;id'")
     AND("d", "escaped.s", "'equals':';ls a'")
     AND("e", "count:escaped.*", "'number_is':4"),
     "GET /?q=%5Cu003b%5cu0069%5Cu0064&r=%26%2359;%26%23x69;%26%23100;&s=%5Cx3bls%5Cx20a\n"
     "X-Name: x&#59;&#105;d", "a b c d e"},
    // One escape is an accent; other backslashes and names of entities are none.
    {LOG("a", "count:escaped.*", "'number_is':0"),
     "GET /?q=caf%5Cu00e9&r=O%26%2339;Brien&s=%26lt;b%26gt;&t=C:%5Cu%5Cv&u=%5Cu20ac%5Cu20ac\n"
     "Cookie: a=&#59;&#105;&#100;", "a"},
    {LOG("a", "body_escaped.x", "'equals':';id'")
     AND("b", "count:body_escaped.*", "'number_is':1")
     AND("c", "count:escaped.*", "'number_is':0"),
     "POST /\n\nx=%5Cx3b%5Cx69%5Cx64&y=1", "c a b"},
    {LOG("a", "referer.next", "'equals':'a b'")
     AND("b", "referer.y", "'equals':'2'")
     AND("c", "count:referer.*", "'number_is':2"),
     "GET /\nReferer: https://a.example/x?next=a%20b&y=2#z=3", "a b c"},
    {LOG("a", "referer.a", "'equals':'1'") AND("b", "referer.b", "'equals':'2'"),
     "GET /\nReferer: https://a.example/?a=1\nReferer: https://a.example/?b=2", "a b"},
    {LOG("a", "count:referer.*", "'number_is':0"), "GET /\nReferer: https://a.example/x", "a"},
    {LOG("a", "count:referer.*", "'number_is':0"), "GET /?next=1", "a"},
};
// clang-format on

static void what_is_spelled_out_is_laid_open(void **state)
{
    (void)state;
    fixture_assert_hits(cases, ARRAY_LEN(cases), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_spelled_out_is_laid_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

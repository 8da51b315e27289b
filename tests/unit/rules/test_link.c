// SPDX-License-Identifier: Apache-2.0
// Conditions that are asked when their turn comes.
#include "support/unit.h"

#include "unit/rules/fixture.h"

static const struct fixture_case links[] = {
    {"{'id':'a','all_of':[{'targets':['headers.range'],'match':{'regex':'(\\\\d+)-(\\\\d+)'},'"
     "capture':true},"
     "{'targets':['capture.2'],'match':{'less_than':'%{capture.1}'}}],'action':'log'}",
     "GET /\nRange: bytes=5-3", "a"},
    {"{'id':'a','all_of':[{'targets':['headers.range'],'match':{'regex':'(\\\\d+)-(\\\\d+)'},'"
     "capture':true},"
     "{'targets':['capture.2'],'match':{'less_than':'%{capture.1}'}}],'action':'log'}",
     "GET /\nRange: bytes=3-5", ""},
    {"{'id':'a','all_of':[{'targets':['query.*'],'match':{'contains':'A'}},"
     "{'targets':['matched'],'match':{'equals':'xA'}}],'action':'log'}",
     "GET /?p=A&q=xA", "a"},
    {"{'id':'a','all_of':[{'targets':['query.*'],'match':{'contains':'A'}},"
     "{'targets':['matched'],'match':{'equals':'A'}}],'action':'log'}",
     "GET /?p=A&q=xA", ""},
    {"{'id':'a','all_of':[{'targets':['query.*'],'match':{'contains':'A'}},"
     "{'targets':['matched.*'],'match':{'equals':'A'}}],'action':'log'}",
     "GET /?p=A&q=xA", "a"},
    {"{'id':'a','all_of':[{'targets':['query.*'],'match':{'contains':'A'}},"
     "{'targets':['matched.names'],'match':{'equals':'query.q'}}],'action':'log'}",
     "GET /?p=A&q=xA", "a"},
    {"{'id':'a','all_of':[{'targets':['query.*'],'match':{'contains':'A'}},"
     "{'targets':['matched.keys'],'match':{'equals':'z'}}],'action':'log'}",
     "GET /?p=A&q=xA", ""},
    // A step that changes nothing leaves its text where the step before put it.
    {"{'id':'a','all_of':[{'targets':['query.*'],'match':{'contains':'a'}},"
     "{'targets':['matched'],'transforms':['url_decode','lowercase','utf8_to_unicode'],"
     "'match':{'equals':'a%u00e4%u00f6%u00fc'}}],'action':'log'}",
     "GET /?p=a%25C3%25A4%25C3%25B6%25C3%25BC", "a"},
    {"{'id':'a','all_of':[{'targets':['query.url'],'match':{'regex':'^https?://([^/"
     "]+)'},'capture':true},"
     "{'targets':['capture.1'],'match':{'equals':'%{headers.host}','not':true}}],'action':'log'}",
     "GET /?url=http://evil.example/x\nHost: www.example.com", "a"},
    {"{'id':'a','all_of':[{'targets':['query.url'],'match':{'regex':'^https?://([^/"
     "]+)'},'capture':true},"
     "{'targets':['capture.1'],'match':{'equals':'%{headers.host}','not':true}}],'action':'log'}",
     "GET /?url=http://www.example.com/x\nHost: www.example.com", ""},
};

static void conditions_look_back_at_what_was_matched(void **state)
{
    (void)state;
    fixture_assert_hits(links, ARRAY_LEN(links), "");
}

// The record shows the value that passed every look at it, where it stands in the message.
static void a_match_of_a_match_is_shown_as_what_it_is(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open(
        &f, "{\"rules\":[{\"id\":\"a\",\"all_of\":[{\"targets\":[\"query.*\"],\"match\":{"
            "\"contains\":\"x\"}},"
            "{\"targets\":[\"matched.*\"],\"match\":{\"regex\":\"^.{3,9}$\"}},"
            "{\"targets\":[\"matched\"],\"match\":{\"ends_with\":\"z\"}}],\"action\":\"log\"}]}"));
    assert_true(fixture_ask(&f, "GET /?a=x&b=1xyz&c=x"));
    assert_int_equal(f.hit_count, 1);
    assert_string_equal(f.hits[0].target, "query.b");
    assert_string_equal(f.hits[0].value, "x");
    fixture_close(&f);
}

static const struct fixture_case counts[] = {
    {"{'id':'a','targets':['count:headers.accept'],'match':{'number_is':0},'action':'log'}",
     "GET /", "a"},
    {"{'id':'a','targets':['count:headers.accept'],'match':{'number_is':0},'action':'log'}",
     "GET /\nAccept: x", ""},
    {"{'id':'a','targets':['count:query.*'],'match':{'greater_than':2},'action':'log'}",
     "GET /?a=1&b=2&a=3", "a"},
    {"{'id':'a','targets':['count:query./^a/'],'match':{'number_is':2},'action':'log'}",
     "GET /?a=1&b=2&ab=3", "a"},
    {"{'id':'a','targets':['count:vars.x'],'match':{'number_is':0},'action':'log'}", "GET /", "a"},
    {"{'id':'a','targets':['count:query.*','!query.b'],'match':{'number_is':1},'action':'log'}",
     "GET /?a=1&b=2", "a"},
    // A variable that nobody sets is no number, and compares as nothing.
    {"{'id':'a','targets':['query.a'],'match':{'greater_than':'%{vars.nobody}'},'action':'log'}",
     "GET /?a=1", ""},
};

static void counts_are_numbers_even_when_they_are_zero(void **state)
{
    (void)state;
    fixture_assert_hits(counts, ARRAY_LEN(counts), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_look_back_at_what_was_matched),
        cmocka_unit_test(a_match_of_a_match_is_shown_as_what_it_is),
        cmocka_unit_test(counts_are_numbers_even_when_they_are_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Collections that come with the body.
#include "support/unit.h"

#include "unit/rules/fixture.h"

static const struct fixture_case bodies[] = {
    {"{'id':'a','targets':['body_type'],'match':{'equals':'urlencoded'},'action':'log'},{'id':'b','"
     "targets':['body.x'],'match':{'equals':'1 "
     "2'},'action':'log'},{'id':'c','targets':['body_length'],'match':{'number_is':5},'action':'"
     "log'},{'id':'d','targets':['args_length'],'match':{'number_is':6},'action':'log'}",
     "POST /?a=1\n\nx=1+2", "a b c d"},
    {"{'id':'a','targets':['count:body_type'],'match':{'number_is':0},'action':'log'},{'id':'b','"
     "targets':['body_plain'],'match':{'contains':'x'},'action':'log'},"
     "{'id':'c','targets':['body_text'"
     "],'match':{'equals':'x=1'},'action':'log'}",
     "POST /\nContent-Type: text/odd\n\nx=1", "a b c"},
    {"{'id':'a','targets':['count:body_text'],'match':{'number_is':0},'action':'log'}",
     "POST /\n\nx=1", "a"},
    // How it will be taken apart is known with the head.
    {"{'id':'a','phase':'request','targets':['body_type'],'match':{'equals':'urlencoded'},"
     "'action':'log'}",
     "POST /\n\nx=1", "a"},
    {"{'id':'a','targets':['count:body_error'],'match':{'number_is':0},'action':'log'}", "GET /",
     "a"},
};

// clang-format off
#define LOG(id, target, match) \
    "{'id':'" id "','targets':['" target "'],'match':{" match "},'action':'log'}"
#define AND(id, target, match) "," LOG(id, target, match)
#define JSON_POST "POST /\nContent-Type: application/json\n\n"
#define XML_POST  "POST /\nContent-Type: text/xml; charset=utf-8\n\n"
#define FORM_POST "POST /\nContent-Type: multipart/form-data; boundary=X\n\n"
#define UPLOAD \
    FORM_POST \
    "--X\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nhello\r\n--X\r\n" \
    "Content-Disposition: form-data; name=\"u\"; filename=\"a.php\"\r\n" \
    "Content-Type: text/x\r\n\r\n<?php\r\n--X--\r\n"

static const struct fixture_case decoded[] = {
    {LOG("a", "body_type", "'equals':'json'")
     AND("b", "body.user.tags[1]", "'equals':'7'")
     AND("c", "body.items[*].x", "'equals':'<b>'")
     AND("d", "body.names", "'equals':'items[0].x'")
     AND("e", "args.names", "'equals':'q'")
     AND("f", "body", "'contains':'tags'")
     AND("g", "count:body_plain", "'number_is':0")
     AND("h", "count:body_error", "'number_is':0")
     AND("i", "count:body_text", "'number_is':0"),
     "POST /?q=1\nContent-Type: application/problem+json\n\n"
     "{\"user\":{\"tags\":[1,7]},\"items\":[{\"x\":\"\\u003cb>\"}]}",
     "a e b c d f g h i"}, // what the head has comes first
    {LOG("a", "body_error", "'equals':'json-syntax'")
     AND("b", "body.a", "'equals':'1'")
     AND("c", "body_text", "'ends_with':','"),
     JSON_POST "{\"a\":1,", "a b c"},
    {LOG("a", "count:body_error", "'number_is':0")
     AND("b", "body_type", "'equals':'json'"),
     JSON_POST, "b a"},
    {LOG("a", "body_type", "'equals':'xml'")
     AND("b", "xml.text", "'equals':'12'")
     AND("c", "xml.attributes", "'equals':'v'")
     AND("d", "body.r.b", "'equals':'2'")
     AND("e", "count:xml.attributes", "'number_is':1"),
     XML_POST "<r k='v'><a>1</a><b>2</b></r>", "a b c d e"},
    {LOG("a", "body_error", "'equals':'xml-doctype'"),
     XML_POST "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><r>&x;</r>", "a"},
    {LOG("a", "body_type", "'equals':'multipart'")
     AND("b", "body.t", "'equals':'hello'")
     AND("c", "files.u", "'ends_with':'.php'")
     AND("d", "files.names", "'equals':'u'")
     AND("e", "file_sizes.u", "'number_is':5")
     AND("f", "file_types.*", "'equals':'text/x'")
     AND("g", "part_headers.u", "'begins_with':'Content-Type: text/x'")
     AND("h", "files_length", "'number_is':5")
     AND("i", "count:body_flaws", "'number_is':0")
     AND("j", "args_length", "'number_is':6"),
     UPLOAD, "a b c d e f g h i j"},
    {LOG("a", "body_flaws", "'equals':'no-final-boundary'")
     AND("b", "body_error", "'equals':'multipart-unfinished'"),
     FORM_POST "--X\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nhello", "a b"},
    // A rule says how to take it apart, whatever the type.
    {"{'id':'z','phase':'request','targets':['method'],'match':{'equals':'POST'},"
     "'action':'pass','decode_body':'json'}"
     AND("a", "body.k", "'equals':'v'"),
     "POST /\nContent-Type: text/odd\n\n{\"k\":\"v\"}", "a"},
};
// clang-format on

static void other_bodies_are_taken_apart_too(void **state)
{
    (void)state;
    fixture_assert_hits(decoded, ARRAY_LEN(decoded), "");
}

static void the_body_is_taken_apart_by_its_type(void **state)
{
    (void)state;
    fixture_assert_hits(bodies, ARRAY_LEN(bodies), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_body_is_taken_apart_by_its_type),
        cmocka_unit_test(other_bodies_are_taken_apart_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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
     "targets':['body_plain'],'match':{'contains':'x'},'action':'log'}",
     "POST /\nContent-Type: text/odd\n\nx=1", "a b"},
    // How it will be taken apart is known with the head.
    {"{'id':'a','phase':'request','targets':['body_type'],'match':{'equals':'urlencoded'},"
     "'action':'log'}",
     "POST /\n\nx=1", "a"},
    {"{'id':'a','targets':['count:body_error'],'match':{'number_is':0},'action':'log'}", "GET /",
     "a"},
};

static void the_body_is_taken_apart_by_its_type(void **state)
{
    (void)state;
    fixture_assert_hits(bodies, ARRAY_LEN(bodies), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_body_is_taken_apart_by_its_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

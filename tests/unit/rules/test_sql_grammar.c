// SPDX-License-Identifier: Apache-2.0
// What parts of SQL are made of and where they end.
#include "unit/rules/sql_fixture.h"

#include "rules/sql_grammar.h"

static void reads_operands(void **state)
{
    static const struct {
        const char *text;
        size_t end;
        unsigned traits;
    } cases[] = {
        {"1", 1, SQL_HAS_LITERAL},
        {"- - 1", 3, SQL_HAS_LITERAL},
        {"not 'a' 'b'", 3, SQL_HAS_LITERAL},
        {"null", 1, SQL_HAS_LITERAL},
        {"a.b.c", 5, SQL_HAS_NAME | SQL_HAS_PATH},
        {"a.*", 3, SQL_HAS_NAME | SQL_HAS_PATH},
        {"sysobjects", 1, SQL_HAS_NAME | SQL_HAS_SYSTEM},
        {"@@version", 1, SQL_HAS_VARIABLE},
        {"@a", 1, SQL_HAS_NAME},
        {"version()", 3, SQL_HAS_CALL},
        {"foo(1)", 4, SQL_HAS_OTHER_CALL},
        {"sleep(5)", 4, SQL_HAS_DANGER},
        {"sleep()", 3, SQL_HAS_OTHER_CALL},
        {"time.sleep(5)", 6, SQL_HAS_OTHER_CALL | SQL_HAS_PATH},
        {"benchmark(2)", 4, SQL_HAS_OTHER_CALL},
        {"benchmark(2,3)", 6, SQL_HAS_DANGER},
        {"utl_http.request('x')", 6, SQL_HAS_DANGER | SQL_HAS_PATH},
        {"if(1,sleep(5),0)", 11, SQL_HAS_CALL | SQL_HAS_DANGER},
        {"(1)", 3, SQL_HAS_LITERAL},
        {"(select 1)", 4, SQL_HAS_LITERAL | SQL_HAS_QUERY},
        {"(select one)", 4, SQL_HAS_NAME},
        {"case when 1 then 2 end", 6, SQL_HAS_CASE},
        {"case closed", 2, SQL_HAS_NAME},
        {"and", 0, 0},
        {"the", 0, 0},
        {"", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sql_tokens t;
        unsigned traits = 0;
        sql_fixture_read(&t, cases[i].text, '\0');
        size_t end = sql_operand(&t, 0, &traits);
        if (end != cases[i].end || traits != cases[i].traits)
            fail_msg("%s: %zu %u", cases[i].text, end, traits);
    }
}

static void reads_conditions(void **state)
{
    static const struct {
        const char *text;
        size_t end;
        bool compares, is_constant;
    } cases[] = {
        {"1=1", 3, true, true},
        {"1+1=2*3", 7, true, true},
        {"(1=1)", 5, true, true},
        {"(1)=(1)", 7, true, true},
        {"'a' like 'b'", 3, true, true},
        {"a like 'b'", 3, true, false},
        {"1 not in (1,2)", 8, true, true},
        {"1 in a", 1, false, false},
        {"1 between 2 and 3", 5, true, true},
        {"1 between 2", 1, false, false},
        {"null is not null", 4, true, true},
        {"'a' sounds like 'b'", 4, true, true},
        {"a", 1, false, false},
        {"1=", 1, false, false},
        {"=1", 0, false, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sql_tokens t;
        sql_fixture_read(&t, cases[i].text, '\0');
        struct sql_condition c = sql_condition(&t, 0);
        if (c.end != cases[i].end || c.compares != cases[i].compares ||
            sql_is_constant(&c) != cases[i].is_constant)
            fail_msg("%s: %zu", cases[i].text, c.end);
    }
}

static void judges_queries(void **state)
{
    static const struct {
        const char *text;
        enum sql_query query;
    } cases[] = {
        {"select * from users", SQL_QUERY_SURE},
        {"select a from users where b=1", SQL_QUERY_SURE},
        {"select a from information_schema.tables", SQL_QUERY_SURE},
        {"select version()", SQL_QUERY_SURE},
        {"select @@version", SQL_QUERY_SURE},
        {"select (select 1)", SQL_QUERY_SURE},
        {"select top 1 a from b", SQL_QUERY_PLAUSIBLE},
        {"select 1", SQL_QUERY_PLAUSIBLE},
        {"select distinct a, b", SQL_QUERY_PLAUSIBLE},
        {"select a as b, c from d", SQL_QUERY_PLAUSIBLE},
        {"select one", SQL_QUERY_BARE},
        {"select", SQL_QUERY_NONE},
        {"select the best", SQL_QUERY_NONE},
        {"select items from the list", SQL_QUERY_NONE},
        {"select all from our menu", SQL_QUERY_NONE},
        {"select 2 options", SQL_QUERY_NONE},
        {"select * and go", SQL_QUERY_NONE},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sql_tokens t;
        sql_fixture_read(&t, cases[i].text, '\0');
        if (sql_query(&t, 0) != cases[i].query)
            fail_msg("%s: %d", cases[i].text, (int)sql_query(&t, 0));
    }
}

static void judges_unions(void **state)
{
    static const struct {
        const char *text;
        bool alone, with_lead;
    } cases[] = {
        {"union select 1,2", true, true},
        {"union all (select null)", true, true},
        {"union select one", false, true},
        {"union values(1)", false, true},
        {"union select committee members", false, false},
        {"union jack", false, false},
        {"union", false, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sql_tokens t;
        sql_fixture_read(&t, cases[i].text, '\0');
        if (sql_union(&t, 0, false) != cases[i].alone ||
            sql_union(&t, 0, true) != cases[i].with_lead)
            fail_msg("%s", cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_operands),
        cmocka_unit_test(reads_conditions),
        cmocka_unit_test(judges_queries),
        cmocka_unit_test(judges_unions),
    };
    return cmocka_run_group_tests(tests, sql_fixture_open, sql_fixture_close);
}

// SPDX-License-Identifier: Apache-2.0
// Statements, and English that begins with their verbs.
#include "unit/rules/sql_fixture.h"

#include "rules/sql_grammar.h"

static void tells_statements_from_english(void **state)
{
    static const struct {
        const char *text;
        bool is_statement;
    } cases[] = {
        {"drop table users", true},
        {"drop table if exists a.b;", true},
        {"drop table salt into the pot", false},
        {"drop by", false},
        {"create table x(a int)", true},
        {"create or replace function f as 'x'", true},
        {"create table of contents", false},
        {"create user story", false},
        {"create user x identified by 'y'", true},
        {"alter table users add x int", true},
        {"alter ego", false},
        {"truncate table users", true},
        {"truncate the text", false},
        {"insert into users values (1)", true},
        {"insert into users (a) values (1)", true},
        {"insert into users select 1", true},
        {"insert into the slot", false},
        {"replace into users values(1)", true},
        {"replace into it", false},
        {"update users set a=1", true},
        {"update users set to 5", false},
        {"update your profile", false},
        {"delete from users", true},
        {"delete from users where a=1", true},
        {"delete from the list", false},
        {"delete from users please", false},
        {"exec xp_cmdshell 'x'", true},
        {"exec master..sp_who", true},
        {"exec(@a)", true},
        {"exec @a", true},
        {"exec('drop table x')", true},
        {"exec('x')", false},
        {"execute immediate 'x'", true},
        {"execute order 66", false},
        {"declare @a int", true},
        {"declare @a as varchar(10)", true},
        {"declare variables first", false},
        {"set @a=1", true},
        {"set a=1", false},
        {"waitfor delay '0:0:5'", true},
        {"waitfor me", false},
        {"load data infile 'x'", true},
        {"load data from disk", false},
        {"attach database 'x' as y", true},
        {"attach it", false},
        {"copy a from 'b'", true},
        {"copy (select 1) to program 'x'", true},
        {"copy from here", false},
        {"backup database a to disk='b'", true},
        {"backup database tonight please", false},
        {"select 1", false},
        {"", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sql_tokens t;
        sql_fixture_read(&t, cases[i].text, '\0');
        if (sql_statement(&t, 0) != cases[i].is_statement)
            fail_msg("%s", cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tells_statements_from_english)};
    return cmocka_run_group_tests(tests, sql_fixture_open, sql_fixture_close);
}

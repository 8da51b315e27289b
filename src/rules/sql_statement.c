// SPDX-License-Identifier: Apache-2.0
// Statements other than SELECT. Their verbs are English, so what follows has to fit.
#include "rules/sql_grammar.h"

static bool is_name(const struct sql_tokens *t, size_t at)
{
    return sql_at(t, at)->class == SQL_NAME || sql_at(t, at)->class == SQL_OTHER_CALL ||
           sql_at(t, at)->class == SQL_CALL;
}

// Name.name, [name], `name`; the place behind it, or `at`.
static size_t pass_name(const struct sql_tokens *t, size_t at)
{
    size_t i = at;
    if (!is_name(t, i))
        return at;
    while (sql_at(t, i + 1)->class == SQL_DOT && i < at + 8) // a.b.c, and a..c
        i += sql_at(t, i + 2)->class != SQL_DOT ? 2 : 1;
    return is_name(t, i) ? i + 1 : at;
}

// drop table x, create user y ...: what can be created, then a name, then the end or more of SQL.
static bool is_definition(const struct sql_tokens *t, size_t at)
{
    size_t i = at + 1;
    while (i < at + 5 && (sql_is_id(t, i, SQL_ID_OR) || sql_is_id(t, i, SQL_ID_REPLACE) ||
                          sql_at(t, i)->class == SQL_MODIFIER))
        i++;
    if (!sql_is_id(t, i, SQL_ID_OBJECT) && !sql_is_id(t, i, SQL_ID_PROCEDURE))
        return false;
    i++;
    while (i < at + 9 && (sql_is_id(t, i, SQL_ID_IF) || sql_is_id(t, i, SQL_ID_EXISTS) ||
                          sql_at(t, i)->class == SQL_NOT))
        i++;
    size_t end = pass_name(t, i);
    char class = sql_at(t, end)->class;
    bool is_whole = sql_is_end(t, end) && sql_is_id(t, at, SQL_ID_DROP);
    return end > i &&
           (is_whole || class == SQL_OPEN || class == SQL_VERB || class == SQL_MODIFIER ||
            sql_is_id(t, end, SQL_ID_SUITE) || class == SQL_COMMA || class == SQL_CLOSE);
}

static bool is_change(const struct sql_tokens *t, size_t at)
{
    size_t i = at + 1, end;
    switch (sql_at(t, at)->id) {
    case SQL_ID_INSERT:
    case SQL_ID_REPLACE:
        end = pass_name(t, i + 1);
        return sql_is_id(t, i, SQL_ID_INTO) && end > i + 1 &&
               (sql_at(t, end)->class == SQL_OPEN || sql_at(t, end)->class == SQL_SELECT ||
                sql_is_id(t, end, SQL_ID_VALUES));
    case SQL_ID_UPDATE:
        end = pass_name(t, i);
        return end > i && sql_is_id(t, end, SQL_ID_SET) && is_name(t, end + 1) &&
               sql_condition(t, end + 1).compares;
    case SQL_ID_DELETE:
        end = pass_name(t, i + 1);
        return sql_is_id(t, i, SQL_ID_FROM) && end > i + 1 &&
               (sql_is_end(t, end) || sql_is_id(t, end, SQL_ID_WHERE));
    default:
        return false;
    }
}

// exec('drop table x')
static bool is_statement_text(const struct sql_dictionary *words, struct slice text)
{
    struct sql_lexer lexer;
    struct sql_token first;
    sql_lexer_start(&lexer, words, slice_first(text, 64), 0);
    return sql_lexer_next(&lexer, &first) &&
           (first.class == SQL_VERB || first.class == SQL_SELECT || first.class == SQL_NUMBER);
}

// exec xp_cmdshell 'x', exec master..sp_who, exec('drop table x'), exec(@x), execute immediate 'x'
static bool is_execution(const struct sql_tokens *t, size_t at)
{
    size_t i = at + 1, end = pass_name(t, i);
    const struct sql_token *next = sql_at(t, i), *behind = sql_at(t, i + 1);
    if (next->id == SQL_ID_IMMEDIATE)
        return behind->class == SQL_STRING || behind->class == SQL_OPEN;
    if (next->class == SQL_OPEN)
        return behind->class == SQL_VARIABLE || behind->id == SQL_ID_CHAR ||
               (behind->class == SQL_STRING && is_statement_text(t->words, behind->text));
    return next->class == SQL_VARIABLE || (end > i && sql_is_id(t, end - 1, SQL_ID_STORED));
}

static bool is_declaration(const struct sql_tokens *t, size_t at)
{
    size_t i = at + 2;
    i += sql_is_id(t, i, SQL_ID_AS);
    return sql_at(t, at + 1)->class == SQL_VARIABLE &&
           (sql_is_id(t, i, SQL_ID_TYPE) || sql_is_id(t, i, SQL_ID_CHAR) ||
            sql_is_id(t, i, SQL_ID_OBJECT));
}

// Statements that one or two words tell.
static bool is_command(const struct sql_tokens *t, size_t at)
{
    const struct sql_token *next = sql_at(t, at + 1);
    char behind = sql_at(t, at + 2)->class;
    switch (sql_at(t, at)->id) {
    case SQL_ID_WAITFOR:
        return next->id == SQL_ID_DELAY && (behind == SQL_STRING || behind == SQL_VARIABLE);
    case SQL_ID_SET:
        return next->class == SQL_VARIABLE && behind == SQL_COMPARE;
    case SQL_ID_TRUNCATE:
        return next->id == SQL_ID_OBJECT && pass_name(t, at + 2) > at + 2;
    case SQL_ID_LOAD: // load data infile 'x'
        return next->id == SQL_ID_DATA && sql_is_id(t, at + 2, SQL_ID_DATA) &&
               sql_at(t, at + 3)->class == SQL_STRING;
    case SQL_ID_ATTACH:
        return next->id == SQL_ID_OBJECT && behind == SQL_STRING;
    case SQL_ID_COPY: // copy x from 'y', copy (select 1) to program 'y'
        return next->class == SQL_OPEN
                   ? behind == SQL_SELECT && sql_query(t, at + 2) >= SQL_QUERY_PLAUSIBLE
                   : is_name(t, at + 1) && sql_is_id(t, at + 2, SQL_ID_FROM) &&
                         sql_at(t, at + 3)->class == SQL_STRING;
    case SQL_ID_BACKUP: // backup database x to disk = 'y'
        return next->id == SQL_ID_OBJECT && sql_at(t, at + 5)->class == SQL_COMPARE;
    default:
        return false;
    }
}

bool sql_statement(const struct sql_tokens *t, size_t at)
{
    switch (sql_at(t, at)->id) {
    case SQL_ID_DROP:
    case SQL_ID_CREATE:
    case SQL_ID_ALTER:
        return is_definition(t, at);
    case SQL_ID_EXEC:
        return is_execution(t, at);
    case SQL_ID_DECLARE:
        return is_declaration(t, at);
    default:
        return is_change(t, at) || is_command(t, at);
    }
}

// SPDX-License-Identifier: Apache-2.0
// Parts of SQL: operands, conditions, what may follow SELECT and other verbs. Each function begins
// at a place in the tokens and says where the part ends and what it is made of. They look no
// further than the tokens at hand, and at each only so often.
#ifndef YETT_RULES_SQL_GRAMMAR_H
#define YETT_RULES_SQL_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

#include "rules/sql_token.h"

// What an operand is made of, as bits.
enum sql_traits {
    SQL_HAS_LITERAL = 1,
    SQL_HAS_NAME = 2,
    SQL_HAS_VARIABLE = 4,    // of the server: @@version
    SQL_HAS_CALL = 8,        // of a function of SQL
    SQL_HAS_OTHER_CALL = 16, // of another
    SQL_HAS_DANGER = 32,     // of one that only attackers have a use for
    SQL_HAS_QUERY = 64,      // a SELECT in brackets
    SQL_HAS_CASE = 128,
    SQL_HAS_SYSTEM = 256, // a table of the server's own
    SQL_HAS_PATH = 512,   // a name with dots
    // Traits that prose and programs have no part in.
    SQL_SURE = SQL_HAS_DANGER | SQL_HAS_QUERY | SQL_HAS_CASE,
};

// [signs] literal, name, call or bracketed text. The place behind it, or `at` when there is none.
size_t sql_operand(const struct sql_tokens *t, size_t at, unsigned *traits);
// Operands with arithmetic between them.
size_t sql_expression(const struct sql_tokens *t, size_t at, unsigned *traits);

// `at` is the place of a call that is no good without arguments. Has it what it needs?
bool sql_has_arguments(const struct sql_tokens *t, size_t at);

struct sql_condition {
    size_t end; // where it begins, when there is none
    bool compares;
    unsigned left, right; // traits
    struct slice sign;    // between them
};

struct sql_condition sql_condition(const struct sql_tokens *t, size_t at);
// 1=1, 'a'='a, 2>1: true or false whatever the tables hold.
bool sql_is_constant(const struct sql_condition *c);

enum sql_query {
    SQL_QUERY_NONE,
    SQL_QUERY_BARE,      // names and nothing else: "select one"
    SQL_QUERY_PLAUSIBLE, // may be SQL, where something else speaks for it
    SQL_QUERY_SURE,
};

// `at` is the place of SELECT.
enum sql_query sql_query(const struct sql_tokens *t, size_t at);
// `at` is the place of UNION or its like: is it followed by a query? `has_lead`: an operand stands
// before it.
bool sql_union(const struct sql_tokens *t, size_t at, bool has_lead);
// Is there a whole statement other than SELECT that changes or runs something?
bool sql_statement(const struct sql_tokens *t, size_t at);

// The token at `at`; one of class SQL_END beyond the last.
static inline const struct sql_token *sql_at(const struct sql_tokens *t, size_t at)
{
    return &t->items[at < t->count ? at : t->count];
}

static inline bool sql_is_id(const struct sql_tokens *t, size_t at, enum sql_id id)
{
    return sql_at(t, at)->id == id;
}

// Nothing, or a comment, or the end of the statement.
static inline bool sql_is_end(const struct sql_tokens *t, size_t at)
{
    char class = sql_at(t, at)->class;
    return class == SQL_END || class == SQL_COMMENT || class == SQL_SEMICOLON;
}

#endif

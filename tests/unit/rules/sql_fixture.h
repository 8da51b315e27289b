// SPDX-License-Identifier: Apache-2.0
// Text to tokens, for tests of what reads them.
#ifndef YETT_TESTS_UNIT_RULES_SQL_FIXTURE_H
#define YETT_TESTS_UNIT_RULES_SQL_FIXTURE_H

#include "support/unit.h"

#include "base/arena.h"
#include "rules/sql_token.h"

static struct arena sql_arena;
static const struct sql_dictionary *sql_words;

static inline int sql_fixture_open(void **state)
{
    (void)state;
    arena_init(&sql_arena, NULL, 64 * 1024);
    sql_words = sql_dictionary_new(&sql_arena);
    return sql_words ? 0 : -1;
}

static inline int sql_fixture_close(void **state)
{
    (void)state;
    arena_clear(&sql_arena);
    return 0;
}

// As it reads behind `quote`, or outside of strings when that is 0.
static inline void sql_fixture_read(struct sql_tokens *t, const char *text, char quote)
{
    struct sql_lexer lexer;
    t->count = 0;
    sql_lexer_start(&lexer, sql_words, slice_str(text), quote);
    sql_tokens_fill(t, &lexer, SQL_TOKENS_MAX);
    assert_true(t->is_last);
}

#endif

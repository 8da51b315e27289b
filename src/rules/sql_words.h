// SPDX-License-Identifier: Apache-2.0
// The words that SQL is made of, in all its dialects, and a few that are sure to be English.
#ifndef YETT_RULES_SQL_WORDS_H
#define YETT_RULES_SQL_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

// Classes of tokens. The letter is what a fingerprint shows.
enum sql_class {
    SQL_NUMBER = '1',
    SQL_STRING = 's',
    SQL_NAME = 'n',
    SQL_ENGLISH = 'e', // a word that no identifier is
    SQL_VARIABLE = 'v',
    SQL_VALUE = 'w',     // null, true, false
    SQL_OPERATOR = 'o',  // arithmetic
    SQL_OR_CONCAT = '|', // ||, logic to some and concatenation to others
    SQL_COMPARE = '=',
    SQL_LOGIC = '&',
    SQL_NOT = '!',
    SQL_CALL = 'f',       // name of a function of SQL, before its bracket
    SQL_OTHER_CALL = 'g', // of one that SQL does not know
    SQL_SLEEP = 'z',      // sleep: of SQL, and of every other language
    SQL_DANGER = 'F',     // of one that reads files, waits or complains, and of SQL alone
    SQL_UNION = 'U',
    SQL_SELECT = 'E',
    SQL_VERB = 'K',   // begins a statement
    SQL_CLAUSE = 'B', // continues one
    SQL_CASE = 'C',
    SQL_MODIFIER = 'd', // all, distinct, as, ...
    SQL_COMMENT = 'c',
    SQL_OPEN = '(',
    SQL_CLOSE = ')',
    SQL_COMMA = ',',
    SQL_SEMICOLON = ';',
    SQL_DOT = '.',
    SQL_OTHER = '?',
    SQL_END = 0, // behind the last one
};

// Words that the grammar asks for one by one.
enum sql_id {
    SQL_ID_NONE,
    SQL_ID_ALL,
    SQL_ID_ALTER,
    SQL_ID_ANALYSE,
    SQL_ID_AS,
    SQL_ID_ATTACH,
    SQL_ID_BACKUP,
    SQL_ID_BENCHMARK,
    SQL_ID_BETWEEN,
    SQL_ID_BY,
    SQL_ID_CHAR, // and chr, nchar
    SQL_ID_CONCAT,
    SQL_ID_CASE,
    SQL_ID_COPY,
    SQL_ID_CREATE,
    SQL_ID_DATA,
    SQL_ID_DECLARE,
    SQL_ID_DELAY,
    SQL_ID_DELETE,
    SQL_ID_DIRECTION, // asc, desc
    SQL_ID_DROP,
    SQL_ID_END,
    SQL_ID_EXEC,
    SQL_ID_EXISTS,
    SQL_ID_FROM,
    SQL_ID_GROUP,
    SQL_ID_HAVING,
    SQL_ID_IF,
    SQL_ID_IMMEDIATE,
    SQL_ID_IN,
    SQL_ID_INSERT,
    SQL_ID_INTO,
    SQL_ID_IS,
    SQL_ID_JOIN,
    SQL_ID_LIMIT,
    SQL_ID_LOAD,
    SQL_ID_OBJECT, // what can be created and dropped
    SQL_ID_OFFSET,
    SQL_ID_OR,
    SQL_ID_ORDER,
    SQL_ID_OUTFILE, // and dumpfile
    SQL_ID_PACKAGE, // of Oracle
    SQL_ID_PROCEDURE,
    SQL_ID_REPLACE,
    SQL_ID_SET,
    SQL_ID_SHUTDOWN,
    SQL_ID_STORED, // a stored procedure of the server's: xp_..., sp_...
    SQL_ID_SUITE,  // what follows a name that is created or altered
    SQL_ID_SYSTEM, // a table of the server's own
    SQL_ID_TOP,
    SQL_ID_TRUNCATE,
    SQL_ID_TYPE,
    SQL_ID_UPDATE,
    SQL_ID_VALUES,
    SQL_ID_WAITFOR,
    SQL_ID_WHEN,
    SQL_ID_WHERE,
    SQL_ID_WITH,
};

struct sql_word {
    struct slice text; // lower case
    char class;        // enum sql_class
    char call;         // the class before a bracket
    unsigned char id;  // enum sql_id
};

struct arena;
struct sql_dictionary;

// Makes the words ready to be looked up, in `arena`. NULL without memory.
MUST_USE const struct sql_dictionary *sql_dictionary_new(struct arena *arena);
// Looks a word up, in any case. NULL when it has no meaning of its own.
const struct sql_word *sql_word_find(const struct sql_dictionary *d, struct slice text);

#endif

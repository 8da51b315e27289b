// SPDX-License-Identifier: Apache-2.0
// Cuts text into the tokens of SQL as MySQL, SQL Server, PostgreSQL, Oracle and SQLite together
// know them. What only stands between tokens (blanks, comments with an end, casts by "::") is
// passed over; the body of a comment that MySQL executes is not.
#ifndef YETT_RULES_SQL_TOKEN_H
#define YETT_RULES_SQL_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "rules/sql_words.h"

struct sql_token {
    struct slice text; // a string without its quotes, a comment without its mark
    char class;        // enum sql_class
    char call;         // of a name: its class when a bracket follows
    unsigned char id;  // enum sql_id
    bool is_open;      // a string, quoted name or comment that does not end
    uint16_t match;    // of brackets: the place of the other one; set by sql_tokens_fill
};

struct sql_lexer {
    const struct sql_dictionary *words;
    struct slice text;
    size_t at;
    char inside;     // the quote of the string that the text begins in; 0: none
    bool is_in_hint; // within /*! ... */
};

// Begins at the start of `text`, as if it followed `quote`, unless that is 0.
void sql_lexer_start(struct sql_lexer *l, const struct sql_dictionary *words, struct slice text,
                     char quote);
// The next token. False at the end.
MUST_USE bool sql_lexer_next(struct sql_lexer *l, struct sql_token *out);

enum {
    SQL_TOKENS_MAX = 128, // looked at together
    SQL_TOKENS_KEPT = 48, // of which so many stay for the next look
};

struct sql_tokens {
    const struct sql_dictionary *words;
    struct sql_token
        items[SQL_TOKENS_MAX + 1]; // behind the last SQL_END, or OTHER if there is more
    size_t count;
    bool is_last; // nothing follows
};

// Fills up to `max` (at most SQL_TOKENS_MAX) tokens, and finds which brackets belong together: an
// open one that has no other here matches the end.
void sql_tokens_fill(struct sql_tokens *t, struct sql_lexer *l, size_t max);
// Lets all but the last SQL_TOKENS_KEPT go.
void sql_tokens_slide(struct sql_tokens *t);
// Calls `is_wanted` for the words that the dictionary knows, whatever quotes and comments they
// stand in, until it answers true. True when it did.
bool sql_any_word(const struct sql_dictionary *words, struct slice text,
                  bool (*is_wanted)(const struct sql_word *word));

#endif

// SPDX-License-Identifier: Apache-2.0
// Decides whether a value, put into a statement of SQL where a number, a name or the inside of a
// string is expected, would change the statement. It is judged in each of these places as a server
// would read it.
#ifndef YETT_RULES_SQL_INJECTION_H
#define YETT_RULES_SQL_INJECTION_H

#include <stdbool.h>

#include "base/slice.h"
#include "rules/literals.h"
#include "rules/sql_words.h"

enum { SQL_FINGERPRINT_MAX = 10 };

struct sql_fingerprint {
    char text[SQL_FINGERPRINT_MAX]; // classes of tokens (sql_words.h), from where it went wrong
    size_t len;
};

// True when it does; then *piece is the part of the value that tells, and *fingerprint how.
bool sql_injection(const struct sql_dictionary *words, struct slice value, struct slice *piece,
                   struct sql_fingerprint *fingerprint);
// One of these is in every value that does.
void sql_injection_needs(struct rules_literals *out);

#endif

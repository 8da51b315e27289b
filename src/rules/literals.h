// SPDX-License-Identifier: Apache-2.0
// What a regex requires: a set of literals of which at least one stands in every text that matches.
// A text without any of them cannot match, and the regex need not run. Derived from the pattern
// alone and only where there is no doubt.
#ifndef YETT_RULES_LITERALS_H
#define YETT_RULES_LITERALS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum { RULES_LITERALS_MAX = 96, RULES_LITERAL_LEN = 24 };

// One of these texts (ASCII letters in lower case, to be looked for in either case) is in whatever
// matches. count 0: nothing is known.
struct rules_literals {
    size_t count;
    struct {
        unsigned char len;
        char text[RULES_LITERAL_LEN];
    } items[RULES_LITERALS_MAX];
};

// Derives the set for a PCRE2 pattern that compiled. Empty when unsure.
void rules_literals_of_pattern(struct slice pattern, struct rules_literals *out);
// The set for a list of texts one of which must occur; empty when they are too many or one of them
// is empty.
void rules_literals_of_texts(const struct slice *texts, size_t count, struct rules_literals *out);

#endif

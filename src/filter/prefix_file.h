// SPDX-License-Identifier: Apache-2.0
// Lists of addresses as they are published: one prefix, address or range first-last on a line,
// comments from `#` or `;` on, blank lines, LF or CRLF. Spamhaus DROP ("1.2.3.0/24 ; SBL123"),
// FireHOL netsets and plain lists are of this form. Host bits behind a prefix are cleared. A line
// that is anything else is a problem at file and line.
#ifndef YETT_FILTER_PREFIX_FILE_H
#define YETT_FILTER_PREFIX_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"
#include "filter/prefix_table.h"

struct problems;

enum {
    PREFIX_FILE_MAX = 512 * 1024 * 1024,
    PREFIX_FILE_COMPLAINTS = 10, // bad lines named one by one; the rest is counted
};

enum prefix_word {
    PREFIX_WORD_GOOD,
    PREFIX_WORD_BAD,       // neither prefix nor address nor range
    PREFIX_WORD_BACKWARDS, // a range whose end is below its beginning, or of the other family
    PREFIX_WORD_NO_ROOM,
};

// Adds what one word says.
MUST_USE enum prefix_word prefix_word_read(struct slice word, enum prefix_action action,
                                           struct prefix_list *l);
// Adds all of `text`; `name` is what problems call it.
void prefix_file_read(const char *name, struct slice text, enum prefix_action action,
                      struct prefix_list *l, struct problems *problems);

#endif

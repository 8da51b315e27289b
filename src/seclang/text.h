// SPDX-License-Identifier: Apache-2.0
// SecLang as text: a file is logical lines, a line is words. Both follow Apache, whose
// configuration syntax SecLang is: a backslash at the end continues a line, a word may stand in
// quotes, and a backslash protects a quote or another backslash.
#ifndef YETT_SECLANG_TEXT_H
#define YETT_SECLANG_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

struct arena;

struct seclang_lines {
    struct slice rest;
    unsigned next; // number of the line at which `rest` begins
};

void seclang_lines_init(struct seclang_lines *l, struct slice text);
// The next line that is neither empty nor a comment, without blanks around it, and the number of
// its first physical line. False at the end, or without memory.
MUST_USE bool seclang_lines_next(struct seclang_lines *l, struct arena *arena, struct slice *line,
                                 unsigned *number);
// Takes the next word off *rest; false when there is none, or no memory. The word is NUL-terminated
// behind its length.
MUST_USE bool seclang_take_word(struct slice *rest, struct arena *arena, struct slice *word);
// Without blanks at the ends.
struct slice seclang_trim(struct slice text);

#endif

// SPDX-License-Identifier: Apache-2.0
// The strict look at a JSON text before the library parses it: RFC 8259 to the letter, with a
// sentence that helps at the first place where the text departs from it, and comments blanked out
// so that every offset stays what it was.
#ifndef YETT_BASE_JSON_SCAN_H
#define YETT_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

enum { JSON_SENTENCE_MAX = 160 };

struct json_fault {
    size_t offset;
    char sentence[JSON_SENTENCE_MAX];
};

// Checks `text` of `len` bytes, with a NUL behind them, and overwrites comments and a byte order
// mark with spaces. When true, the text is one JSON value in valid UTF-8, no deeper than
// JSON_DEPTH_MAX. When false, `fault` says what is wrong first.
MUST_USE bool json_scan(char *text, size_t len, struct json_fault *fault);
// Offset behind the blanks that begin at `at`.
size_t json_skip_blanks(const char *text, size_t at);
// Offset behind the string whose quote is at `at`, and the bytes it decodes to. Only for a text
// that json_scan found good.
size_t json_skip_string(const char *text, size_t at, size_t *decoded);
// Offset behind the number, true, false or null at `at`. Only for a text that json_scan found good.
size_t json_skip_word(const char *text, size_t at);

#endif

// SPDX-License-Identifier: Apache-2.0
// JSON that people read: one thing per line where it matters, text as it is. (base/json_write is
// for records: one line, and octets told apart from their escapes.)
#ifndef YETT_SECLANG_OUT_H
#define YETT_SECLANG_OUT_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/slice.h"

struct seclang_out {
    struct buf *buf;
    bool needs_comma;
    bool begins_line; // before what comes next
    unsigned depth;   // of lines
};

void seclang_out_open(struct seclang_out *o, char bracket);  // { or [, on this line
void seclang_out_close(struct seclang_out *o, char bracket); // } or ]
// The same with each element on a line of its own.
void seclang_out_open_lines(struct seclang_out *o, char bracket);
void seclang_out_close_lines(struct seclang_out *o, char bracket);
void seclang_out_line(struct seclang_out *o); // what comes next begins a line
void seclang_out_key(struct seclang_out *o, const char *key);
// False, and nothing written, when the text is no UTF-8.
MUST_USE bool seclang_out_text(struct seclang_out *o, struct slice text);
// The same; octets that are no UTF-8 become \xHH, as regexes have them.
void seclang_out_pattern(struct seclang_out *o, struct slice pattern);
// Text of our own.
void seclang_out_str(struct seclang_out *o, const char *text);
// JSON of our own, as it stands.
void seclang_out_raw(struct seclang_out *o, const char *json);
void seclang_out_number(struct seclang_out *o, long long number);
void seclang_out_true(struct seclang_out *o);

#endif

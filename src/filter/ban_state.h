// SPDX-License-Identifier: Apache-2.0
// Bans as a file keeps them over a restart: lines of JSON, the first with the version of the form,
// the number of bans and a checksum over the lines behind it, so that a file that was cut or
// changed by accident is known as such. (Who may write the file may ban and lift bans.)
#ifndef YETT_FILTER_BAN_STATE_H
#define YETT_FILTER_BAN_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"
#include "filter/ban_table.h"

struct buf;

// No file is larger.
enum { BAN_STATE_MAX = 512 + BAN_TABLE_MAX * 512 };

// Appends what the table holds; out->failed without room. BAN_STATE_MAX is always enough.
void ban_state_write(struct ban_table *t, struct buf *out);
// The bans of a file, on the heap, to be freed; NULL, with a sentence in why[why_cap], when
// anything about it is wrong.
MUST_USE struct ban *ban_state_read(struct slice text, size_t *count, char *why, size_t why_cap);

#endif

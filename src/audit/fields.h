// SPDX-License-Identifier: Apache-2.0
// Walks over a line of an audit log without building anything.
#ifndef YETT_AUDIT_FIELDS_H
#define YETT_AUDIT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

// Called for each string, number, true, false and null: its path ("yett.matches[].rule") and its
// text as it stands in the line, strings without quotes but with their escapes.
typedef void fields_fn(void *ctx, struct slice path, struct slice text);

// `line` has a NUL behind its `len` octets and may be changed. False when it is no JSON object;
// then nothing was called.
MUST_USE bool fields_walk(char *line, size_t len, fields_fn *on_field, void *ctx);

#endif

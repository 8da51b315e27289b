// SPDX-License-Identifier: Apache-2.0
// Reads SecLang files into a set.
#ifndef YETT_SECLANG_READER_H
#define YETT_SECLANG_READER_H

#include <stdbool.h>

#include "base/attr.h"
#include "seclang/model.h"

// Reads `path`, a file or a shell pattern; Include is relative to the file that says it. Mistakes
// are notes; false when the file itself cannot be read, or without memory.
MUST_USE bool seclang_read_file(struct seclang_set *s, const char *path);
// The same of a text; `name` is what notes call it, and must live as long as the set.
MUST_USE bool seclang_read_text(struct seclang_set *s, const char *name, struct slice text);

#endif

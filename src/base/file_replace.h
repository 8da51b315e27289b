// SPDX-License-Identifier: Apache-2.0
// A new content for a file, whole or not at all.
#ifndef YETT_BASE_FILE_REPLACE_H
#define YETT_BASE_FILE_REPLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

// Puts `content` in place of the file, or makes it: written beside it, synced and renamed, so that
// whoever reads it, and whoever comes after a crash, finds the old content or the new one, never a
// part. A new file gets mode 0600, an existing one keeps its mode and owner. `path` may be a link:
// then what it points to is replaced. On failure returns false, with a sentence with the path in
// why[why_cap]; nothing is left behind.
MUST_USE bool file_replace(const char *path, struct slice content, char *why, size_t why_cap);

#endif

// SPDX-License-Identifier: Apache-2.0
// Whole files into memory, with a ceiling.
#ifndef YETT_BASE_FILE_H
#define YETT_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

// Reads regular file `path` of at most `max` bytes into a heap block with a NUL behind the content;
// the caller frees *out. On failure returns false and puts a sentence without the path ("no such
// file or directory", "larger than 1048576 bytes") into why[why_cap].
MUST_USE bool file_read(const char *path, size_t max, char **out, size_t *len, char *why,
                        size_t why_cap);
// The same of a file with a secret: refused when group or others may use it.
MUST_USE bool file_read_private(const char *path, size_t max, char **out, size_t *len, char *why,
                                size_t why_cap);
// `path` itself when absolute, else the folder of `base_file` with `path` behind it; on the heap,
// NULL without memory.
MUST_USE char *file_resolve(const char *base_file, struct slice path);

#endif

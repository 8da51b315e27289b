// SPDX-License-Identifier: Apache-2.0
// Lists of words: those of @pm and of files.
#ifndef YETT_SECLANG_PHRASES_H
#define YETT_SECLANG_PHRASES_H

#include "base/attr.h"
#include "seclang/model.h"
#include "seclang/out.h"

// Writes the words of "a b |41 42|c" as a list. False with a sentence in why[SECLANG_WHY_MAX].
MUST_USE bool seclang_phrases_write(struct seclang_set *s, struct slice words,
                                    struct seclang_out *out, char *why);
// The same of the lines of files, whose names are relative to `place`.
MUST_USE bool seclang_phrases_write_files(struct seclang_set *s, const struct seclang_place *place,
                                          struct slice names, struct seclang_out *out, char *why);
// The lines of such files, one below the other, without comments and empty ones.
MUST_USE bool seclang_phrases_read(struct seclang_set *s, const struct seclang_place *place,
                                   struct slice names, struct slice *lines, char *why);

#endif

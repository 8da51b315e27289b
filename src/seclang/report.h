// SPDX-License-Identifier: Apache-2.0
// What an import has to tell: nothing of a SecLang file is dropped without a word.
#ifndef YETT_SECLANG_REPORT_H
#define YETT_SECLANG_REPORT_H

#include <stddef.h>

#include "base/attr.h"

// Where something stands: `file` lives as long as the import, lines count from 1.
struct seclang_place {
    const char *file;
    unsigned line;
};

enum seclang_note {
    SECLANG_BROKEN,  // the file is no SecLang there, or cannot be read
    SECLANG_LOST,    // cannot be expressed: the rules do less than they did
    SECLANG_SETTING, // belongs into the policy, which the import does not write
    SECLANG_IDLE,    // means nothing here, and changes no verdict
    SECLANG_NOTE_COUNT,
};

struct seclang_report {
    // Told each note as it is found; may be NULL.
    void (*say)(void *ctx, enum seclang_note note, const struct seclang_place *place,
                const char *text);
    void *ctx;
    size_t counts[SECLANG_NOTE_COUNT];
};

void seclang_say(struct seclang_report *r, enum seclang_note note,
                 const struct seclang_place *place, const char *format, ...) PRINTF_LIKE(4, 5);

#endif

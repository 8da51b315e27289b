// SPDX-License-Identifier: Apache-2.0
// Notes are passed on at once, so that their number has no limit.
#include "seclang/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"

enum { NOTE_MAX = 512 };

void seclang_say(struct seclang_report *r, enum seclang_note note,
                 const struct seclang_place *place, const char *format, ...)
{
    char text[NOTE_MAX];
    va_list arguments;
    r->counts[note]++;
    if (!r->say)
        return;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ascii_hide_controls(text, strlen(text));
    r->say(r->ctx, note, place, text);
}

// SPDX-License-Identifier: Apache-2.0
// Time: monotonic for waits and durations, wall clock for records.
#ifndef YETT_BASE_CLOCK_H
#define YETT_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

enum {
    CLOCK_TEXT_LEN = 24, // "2026-01-31T23:59:59.999Z", no NUL counted
    CLOCK_HTTP_LEN = 29, // "Sat, 31 Jan 2026 23:59:59 GMT"
};

uint64_t clock_mono_ns(void);
// Nanoseconds since 1970-01-01 UTC.
uint64_t clock_wall_ns(void);
// RFC 3339 in UTC with milliseconds into out[CLOCK_TEXT_LEN], no NUL.
void clock_text(uint64_t wall_ns, char *out);
// IMF-fixdate (RFC 9110, 5.6.7) into out[CLOCK_HTTP_LEN], no NUL.
void clock_http_date(uint64_t wall_ns, char *out);

#endif

// SPDX-License-Identifier: Apache-2.0
// Diagnostics: one line on stderr per event that a person running the program should know; requests
// go to the audit record instead. The level is the only global mutable state of the tree. Safe from
// any thread; lines never interleave.
#ifndef YETT_BASE_LOG_H
#define YETT_BASE_LOG_H

#include "base/attr.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_DEBUG };

void log_set_level(enum log_level level);
void log_error(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warning(const char *format, ...) PRINTF_LIKE(1, 2);
void log_notice(const char *format, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);
// Text of an errno value, thread-safe; never a bare number.
const char *log_errno(int error);

// Repeated troubles (no descriptors, a sick backend) must not flood: one of these stands beside
// each such place, zero-initialised. At most one line in `LOG_REPEAT_S` seconds; the next line says
// how many were left out.
enum { LOG_REPEAT_S = 10 };
struct log_repeat {
    _Atomic unsigned long long next_ns;
    _Atomic unsigned long left_out;
};
void log_repeated(struct log_repeat *r, enum log_level level, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif

// SPDX-License-Identifier: Apache-2.0
// A line is put together first and leaves in one write(2), so lines of several threads cannot mix.
// Control octets are hidden: a line may quote a file name or a peer's words. A line that is too
// long ends in "...".
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/clock.h"

enum { LOG_LINE_MAX = 2048 };

static _Atomic int max_level = LOG_LEVEL_NOTICE;

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&max_level, (int)level, memory_order_relaxed);
}

static bool is_wanted(enum log_level level)
{
    return (int)level <= atomic_load_explicit(&max_level, memory_order_relaxed);
}

PRINTF_LIKE(3, 0)
static void write_line(enum log_level level, unsigned long left_out, const char *format,
                       va_list args)
{
    static const char *const names[] = {"error", "warning", "notice", "debug"};
    char line[LOG_LINE_MAX + 64]; // and room for the remark, the dots and the newline
    int used = snprintf(line, sizeof(line), "yett: %s: ", names[level]);
    size_t len = (size_t)used;
    used = vsnprintf(line + len, LOG_LINE_MAX - len, format, args);
    if (used < 0)
        return;
    len += (size_t)used;
    if (len >= LOG_LINE_MAX) {
        len = LOG_LINE_MAX - 1;
        memcpy(line + len, "...", 3);
        len += 3;
    }
    if (left_out)
        len += (size_t)snprintf(line + len, sizeof(line) - len, " (%lu more like this)", left_out);
    ascii_hide_controls(line, len);
    line[len++] = '\n';
    if (write(STDERR_FILENO, line, len) < 0)
        return; // nobody is left to tell
}

void log_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (is_wanted(LOG_LEVEL_ERROR))
        write_line(LOG_LEVEL_ERROR, 0, format, args);
    va_end(args);
}

void log_warning(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (is_wanted(LOG_LEVEL_WARNING))
        write_line(LOG_LEVEL_WARNING, 0, format, args);
    va_end(args);
}

void log_notice(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (is_wanted(LOG_LEVEL_NOTICE))
        write_line(LOG_LEVEL_NOTICE, 0, format, args);
    va_end(args);
}

void log_debug(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (is_wanted(LOG_LEVEL_DEBUG))
        write_line(LOG_LEVEL_DEBUG, 0, format, args);
    va_end(args);
}

// strerrordesc_np returns constant text of no locale, unlike strerror, whose buffer threads share.
const char *log_errno(int error)
{
    const char *text = strerrordesc_np(error);
    return text ? text : "unknown error";
}

void log_repeated(struct log_repeat *r, enum log_level level, const char *format, ...)
{
    if (!is_wanted(level))
        return;
    unsigned long long now = clock_mono_ns();
    unsigned long long next = atomic_load(&r->next_ns);
    // Of several threads that find the time come, the exchange lets one through.
    if (now < next ||
        !atomic_compare_exchange_strong(&r->next_ns, &next, now + LOG_REPEAT_S * 1000000000ull)) {
        atomic_fetch_add(&r->left_out, 1);
        return;
    }
    va_list args;
    va_start(args, format);
    write_line(level, atomic_exchange(&r->left_out, 0), format, args);
    va_end(args);
}

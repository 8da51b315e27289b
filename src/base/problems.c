// SPDX-License-Identifier: Apache-2.0
// Texts are made when a problem is found, because the document it lies in may be gone when they are
// printed. A text may quote the file, so control octets in it are hidden. An error counts even when
// there is no memory for its text.
#include "base/problems.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/json_read.h"

enum {
    PROBLEM_TEXT_MAX = 4096,
    PROBLEM_PATH_MAX = 512,
};

struct problems {
    char *texts[PROBLEMS_MAX];
    size_t kept;
    size_t errors;
    size_t warnings;
};

// Where a problem lies. Zero numbers and an empty path are left out of the text.
struct place {
    const char *file;
    unsigned line, column;
    const char *path;
};

struct problems *problems_new(void)
{
    return calloc(1, sizeof(struct problems));
}

void problems_free(struct problems **p)
{
    if (!*p)
        return;
    for (size_t i = 0; i < (*p)->kept; i++)
        free((*p)->texts[i]);
    free(*p);
    *p = NULL;
}

static void put_place(struct buf *out, const struct place *at, const char *kind)
{
    buf_str(out, at->file);
    if (at->line)
        buf_printf(out, ":%u", at->line);
    if (at->line && at->column)
        buf_printf(out, ":%u", at->column);
    buf_printf(out, ": %s: ", kind);
    if (at->path[0])
        buf_printf(out, "%s: ", at->path);
}

PRINTF_LIKE(4, 0)
static void add(struct problems *p, const struct place *at, bool is_warning, const char *format,
                va_list args)
{
    if (is_warning)
        p->warnings++;
    else
        p->errors++;
    if (p->kept == PROBLEMS_MAX)
        return;
    char storage[PROBLEM_TEXT_MAX];
    struct buf text;
    buf_init(&text, storage, sizeof(storage));
    put_place(&text, at, is_warning ? "warning" : "error");
    // What does not fit is cut: a file name or a quotation can be of any length.
    size_t room = sizeof(storage) - text.len;
    int written = vsnprintf(storage + text.len, room, format, args);
    size_t len = text.len + (written < 0 ? 0 : (size_t)written < room ? (size_t)written : room - 1);
    ascii_hide_controls(storage, len);
    char *copy = strndup(storage, len);
    if (copy)
        p->texts[p->kept++] = copy;
}

PRINTF_LIKE(4, 0)
static void add_json(struct problems *p, const struct json *at, bool is_warning, const char *format,
                     va_list args)
{
    char path[PROBLEM_PATH_MAX];
    struct place place = {.file = json_doc_name(at->doc), .path = path};
    json_place(at->doc, at->offset, &place.line, &place.column);
    json_path(at, path, sizeof(path));
    add(p, &place, is_warning, format, args);
}

void problems_add(struct problems *p, const struct json *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_json(p, at, false, format, args);
    va_end(args);
}

void problems_warn(struct problems *p, const struct json *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_json(p, at, true, format, args);
    va_end(args);
}

void problems_add_at(struct problems *p, const char *file, unsigned line, unsigned column,
                     const char *format, ...)
{
    struct place place = {.file = file, .line = line, .column = column, .path = ""};
    va_list args;
    va_start(args, format);
    add(p, &place, false, format, args);
    va_end(args);
}

size_t problems_count(const struct problems *p)
{
    return p->errors;
}

size_t problems_warnings(const struct problems *p)
{
    return p->warnings;
}

void problems_print(const struct problems *p, FILE *out)
{
    for (size_t i = 0; i < p->kept; i++)
        (void)fprintf(out, "%s\n", p->texts[i]);
    size_t all = p->errors + p->warnings;
    if (all > p->kept)
        (void)fprintf(out, "... and %zu more\n", all - p->kept);
}

const char *problems_text(const struct problems *p, size_t i)
{
    return i < p->kept ? p->texts[i] : NULL;
}

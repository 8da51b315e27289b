// SPDX-License-Identifier: Apache-2.0
// Lines that are not the user's are copied as they stand.
#include "cli/password_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/file_replace.h"
#include "base/log.h"
#include "base/secret.h"

enum { FILE_SIZE_MAX = 64 * 1024 * 1024 };

// Where a refusal is explained.
struct reason {
    char *text;
    size_t cap;
};

PRINTF_LIKE(2, 3)
static bool refuse(struct reason *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why->text, why->cap, format, args);
    va_end(args);
    return false;
}

// Appends the line with its newline, and one more newline first when the text before lacks it.
static void put_line(struct buf *out, struct slice user, struct slice hash)
{
    if (out->len && out->data[out->len - 1] != '\n')
        buf_char(out, '\n');
    buf_slice(out, user);
    buf_char(out, ':');
    buf_slice(out, hash);
    buf_char(out, '\n');
}

static bool is_line_of(struct slice line, struct slice user)
{
    return line.len > user.len && slice_begins(line, user) && line.ptr[user.len] == ':';
}

// Copies `old` with the line of the user replaced; a second line of the same user is left out. True
// when there was one.
static bool rewrite(struct slice old, struct slice user, struct slice hash, struct buf *out)
{
    bool found = false;
    while (old.len) {
        struct slice line = slice_first(old, slice_index(old, '\n') + 1);
        old = slice_from(old, line.len);
        if (!is_line_of(line, user)) {
            buf_slice(out, line);
            continue;
        }
        if (!found)
            put_line(out, user, hash);
        found = true;
    }
    if (!found)
        put_line(out, user, hash);
    return found;
}

// Reads the file, if there is one. False when there is and it cannot be read.
static bool read_old(const char *path, char **text, size_t *len, struct reason *why)
{
    char sentence[128];
    struct stat info;
    if (stat(path, &info) != 0)
        return errno == ENOENT || refuse(why, "cannot read %s: %s", path, log_errno(errno));
    if (!file_read(path, FILE_SIZE_MAX, text, len, sentence, sizeof(sentence)))
        return refuse(why, "cannot read %s: %s", path, sentence);
    return true;
}

enum password_file_result password_file_put(const char *path, struct slice user, struct slice hash,
                                            char *why, size_t why_cap)
{
    struct reason reason = {.text = why, .cap = why_cap};
    struct buf content;
    char *old = NULL;
    size_t old_len = 0;
    bool changed = false, good = read_old(path, &old, &old_len, &reason);
    if (good) {
        buf_new(&content, FILE_SIZE_MAX + 8192);
        changed = rewrite(slice_of(old, old_len), user, hash, &content);
        good = content.failed ? refuse(&reason, "not enough memory")
                              : file_replace(path, buf_view(&content), why, why_cap);
        buf_free(&content);
    }
    if (old)
        secret_wipe(old, old_len);
    free(old);
    if (!good)
        return PASSWORD_FILE_REFUSED;
    return changed ? PASSWORD_FILE_CHANGED : PASSWORD_FILE_ADDED;
}

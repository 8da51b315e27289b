// SPDX-License-Identifier: Apache-2.0
// A size asked for beforehand can be wrong by the time of reading (a file being written, a file of
// /proc), so the reading itself keeps to the ceiling. Opening must not hang on a pipe, and a device
// is no file.
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/log.h"

enum { FILE_STEP = 64 * 1024 };

// The text of an errno as the end of a sentence: without its capital.
static void explain_errno(int error, char *why, size_t why_cap)
{
    (void)snprintf(why, why_cap, "%s", log_errno(error));
    if (why_cap > 2 && ascii_lower(why[1]) == why[1])
        why[0] = ascii_lower(why[0]);
}

static void explain_size(size_t max, char *why, size_t why_cap)
{
    (void)snprintf(why, why_cap, "larger than %zu bytes", max);
}

// Reads to the end; the buffer's ceiling is one byte past `max`, so that a longer file is noticed.
static bool read_all(int fd, size_t max, struct buf *content, char *why, size_t why_cap)
{
    for (;;) {
        size_t room = max + 1 - content->len;
        size_t step = room < FILE_STEP ? room : FILE_STEP;
        char *at = buf_reserve(content, step);
        if (!at) {
            (void)snprintf(why, why_cap, "not enough memory");
            return false;
        }
        ssize_t got = read(fd, at, step);
        if (got == 0)
            return true;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            explain_errno(errno, why, why_cap);
            return false;
        }
        buf_commit(content, (size_t)got);
        if (content->len > max) {
            explain_size(max, why, why_cap);
            return false;
        }
    }
}

static bool read_regular(int fd, size_t max, struct buf *content, char *why, size_t why_cap)
{
    struct stat about;
    if (fstat(fd, &about) != 0) {
        explain_errno(errno, why, why_cap);
        return false;
    }
    if (!S_ISREG(about.st_mode)) {
        (void)snprintf(why, why_cap,
                       S_ISDIR(about.st_mode) ? "is a directory" : "not a regular file");
        return false;
    }
    if (about.st_size > 0 && (uint64_t)about.st_size > max) {
        explain_size(max, why, why_cap);
        return false;
    }
    return read_all(fd, max, content, why, why_cap);
}

bool file_read(const char *path, size_t max, char **out, size_t *len, char *why, size_t why_cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        explain_errno(errno, why, why_cap);
        return false;
    }
    struct buf content;
    buf_new(&content, max + 2); // one byte to notice more than max, one for the NUL
    bool ok = read_regular(fd, max, &content, why, why_cap);
    (void)close(fd);
    *len = content.len;
    if (ok) {
        buf_char(&content, '\0');
        ok = !content.failed;
        if (!ok)
            (void)snprintf(why, why_cap, "not enough memory");
    }
    if (!ok) {
        buf_free(&content);
        *len = 0;
    }
    *out = content.data;
    return ok;
}

bool file_read_private(const char *path, size_t max, char **out, size_t *len, char *why,
                       size_t why_cap)
{
    struct stat st;
    if (stat(path, &st) == 0 && st.st_mode & (S_IRWXG | S_IRWXO)) {
        snprintf(why, why_cap, "others can use it (mode %04o); run: chmod 600 \"%s\"",
                 (unsigned)st.st_mode & 07777u, path);
        return false;
    }
    return file_read(path, max, out, len, why, why_cap);
}

char *file_resolve(const char *base_file, struct slice path)
{
    const char *slash = strrchr(base_file, '/');
    size_t folder = path.len && path.ptr[0] == '/' ? 0
                    : slash                        ? (size_t)(slash - base_file) + 1
                                                   : 0;
    char *whole = malloc(folder + path.len + 1);
    if (!whole)
        return NULL;
    memcpy(whole, base_file, folder);
    if (path.len)
        memcpy(whole + folder, path.ptr, path.len);
    whole[folder + path.len] = '\0';
    return whole;
}

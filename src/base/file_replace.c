// SPDX-License-Identifier: Apache-2.0
// The difficulty is that somebody may be reading the file, and that the machine may stop at any
// moment.
#include "base/file_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"

enum { NAME_MAX_LEN = 8192 };

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

static bool write_all(int fd, struct slice data)
{
    while (data.len) {
        ssize_t n = write(fd, data.ptr, data.len);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            data = slice_from(data, (size_t)n);
    }
    return true;
}

// Gives the new file what the old one had. Only root can give files away; anybody else owns both
// already, or must not go on.
static bool copy_owner(int fd, const struct stat *old)
{
    struct stat now;
    if (fstat(fd, &now) < 0)
        return false;
    if ((now.st_uid != old->st_uid || now.st_gid != old->st_gid) &&
        fchown(fd, old->st_uid, old->st_gid) < 0)
        return false;
    return fchmod(fd, old->st_mode & 07777) == 0;
}

static bool fill(int fd, const char *path, struct slice content, struct reason *why)
{
    struct stat old;
    bool good = stat(path, &old) == 0 ? copy_owner(fd, &old) : errno == ENOENT;
    if (!good)
        return refuse(why, "cannot keep mode and owner of %s: %s", path, log_errno(errno));
    if (!write_all(fd, content) || fsync(fd) < 0)
        return refuse(why, "cannot write beside %s: %s", path, log_errno(errno));
    return true;
}

// A rename lasts only once its folder is on the disk, too.
static void sync_folder(const char *path)
{
    char *folder = file_resolve(path, SLICE("."));
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
    free(folder);
}

static bool replace(const char *path, struct slice content, struct reason *why)
{
    struct buf name;
    buf_new(&name, NAME_MAX_LEN);
    buf_printf(&name, "%s.XXXXXX", path);
    buf_char(&name, '\0');
    int fd = name.failed ? -1 : mkostemp(name.data, O_CLOEXEC); // mode 0600
    if (fd < 0) {
        (void)refuse(why, "cannot write beside %s: %s", path, log_errno(errno));
        buf_free(&name);
        return false;
    }
    bool good = fill(fd, path, content, why);
    (void)close(fd);
    if (good && rename(name.data, path) < 0)
        good = refuse(why, "cannot replace %s: %s", path, log_errno(errno));
    if (good)
        sync_folder(path);
    else
        (void)unlink(name.data);
    buf_free(&name);
    return good;
}

bool file_replace(const char *path, struct slice content, char *why, size_t why_cap)
{
    struct reason reason = {.text = why, .cap = why_cap};
    char *real = realpath(path, NULL);
    bool good = replace(real ? real : path, content, &reason);
    free(real);
    return good;
}

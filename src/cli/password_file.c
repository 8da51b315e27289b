// SPDX-License-Identifier: Apache-2.0
// The difficulty is that a gateway may be reading the file, and that the machine may stop at any
// moment.
#include "cli/password_file.h"

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

static bool fill(int fd, const struct stat *old, struct slice content, const char *name,
                 struct reason *why)
{
    bool good = !old || copy_owner(fd, old);
    if (!good)
        return refuse(why, "cannot keep mode and owner of %s: %s", name, log_errno(errno));
    if (!write_all(fd, content) || fsync(fd) < 0)
        return refuse(why, "cannot write beside %s: %s", name, log_errno(errno));
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

static bool replace(const char *path, const struct stat *old, struct slice content,
                    struct reason *why)
{
    struct buf name;
    buf_new(&name, 8192);
    buf_printf(&name, "%s.XXXXXX", path);
    buf_char(&name, '\0');
    int fd = name.failed ? -1 : mkostemp(name.data, O_CLOEXEC); // mode 0600
    if (fd < 0) {
        (void)refuse(why, "cannot write beside %s: %s", path, log_errno(errno));
        buf_free(&name);
        return false;
    }
    bool good = fill(fd, old, content, path, why);
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

// Reads the file, if there is one. False when there is and it cannot be read.
static bool read_old(const char *path, struct stat *info, bool *exists, char **text, size_t *len,
                     struct reason *why)
{
    char sentence[128];
    *exists = stat(path, info) == 0;
    if (!*exists)
        return errno == ENOENT || refuse(why, "cannot read %s: %s", path, log_errno(errno));
    if (!file_read(path, FILE_SIZE_MAX, text, len, sentence, sizeof(sentence)))
        return refuse(why, "cannot read %s: %s", path, sentence);
    return true;
}

enum password_file_result password_file_put(const char *path, struct slice user, struct slice hash,
                                            char *why, size_t why_cap)
{
    struct reason reason = {.text = why, .cap = why_cap};
    struct stat info;
    struct buf content;
    char *old = NULL, *real = realpath(path, NULL);
    size_t old_len = 0;
    bool exists = false, changed = false;
    path = real ? real : path;
    bool good = read_old(path, &info, &exists, &old, &old_len, &reason);
    if (good) {
        buf_new(&content, FILE_SIZE_MAX + 8192);
        changed = rewrite(slice_of(old, old_len), user, hash, &content);
        good = content.failed ? refuse(&reason, "not enough memory")
                              : replace(path, exists ? &info : NULL, buf_view(&content), &reason);
        buf_free(&content);
    }
    if (old)
        secret_wipe(old, old_len);
    free(old);
    free(real);
    if (!good)
        return PASSWORD_FILE_REFUSED;
    return changed ? PASSWORD_FILE_CHANGED : PASSWORD_FILE_ADDED;
}

// SPDX-License-Identifier: Apache-2.0
// A log file belongs to several: an old and a new gateway append to it at once, rotation renames
// it, disks fill up. Each write holds the file's lock (flock), so its end is known and the intent
// in the ring tells the truth. Whoever finds the end in the middle of a line ends that line; the
// process that had begun it, if it lives, notices and writes it again. Not handled: writers that
// are no gateway and take no lock.
#include "audit/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY_NS 1000000000u

enum { LOCK_TRIES = 20 }; // a millisecond apart: another gateway's write lasts less

// FNV-1a: an identity, not a defence; two sinks of one policy that collided would be refused like
// twice the same file.
uint64_t sink_id_of(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return hash > 1 ? hash : 2;
}

static int open_path(const char *path)
{
    // To read, too: the last octet tells whether the last line is whole.
    return open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
}

static void take_fd(struct sink *s, int fd, const struct stat *st)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = fd;
    s->owns_fd = true;
    s->dev = st->st_dev;
    s->ino = st->st_ino;
    s->end = 0;
    s->ends_clean = false;
    s->wants_reopen = false;
}

static bool reopen(struct sink *s)
{
    struct stat st;
    int fd = open_path(s->name);
    if (fd < 0)
        return false;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        errno = EINVAL;
        return false;
    }
    take_fd(s, fd, &st);
    return true;
}

static bool was_moved(const struct sink *s)
{
    struct stat st;
    return stat(s->name, &st) != 0 ? errno == ENOENT : st.st_dev != s->dev || st.st_ino != s->ino;
}

static bool is_deleted(const struct sink *s)
{
    struct stat st;
    return fstat(s->fd, &st) == 0 && st.st_nlink == 0;
}

// A file that was moved away is left at the end of a line, unless nobody can find it any more. When
// the new one cannot be opened, the old one is better than none.
static void follow_path(struct sink *s, bool is_torn, uint64_t now_ns)
{
    if (now_ns >= s->next_look_ns) {
        s->next_look_ns = now_ns + LOOK_EVERY_NS;
        s->wants_reopen = s->wants_reopen || was_moved(s);
    }
    if (!s->wants_reopen || (is_torn && !is_deleted(s)))
        return;
    if (s->ops->leave)
        s->ops->leave(s);
    if (!reopen(s))
        log_repeated(&s->trouble, LOG_LEVEL_ERROR, "cannot open audit log %s: %s", s->name,
                     log_errno(errno));
}

static bool lock(const struct sink *s)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(s->fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        // A file system without locks has no second gateway that would take them either.
        if (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    errno = EWOULDBLOCK;
    return false;
}

// Where the last whole line ends.
static uint64_t last_line_end(const struct sink *s, uint64_t size)
{
    char piece[4096];
    while (size > 0) {
        size_t want = size < sizeof(piece) ? (size_t)size : sizeof(piece);
        ssize_t n = pread(s->fd, piece, want, (off_t)(size - want));
        if (n != (ssize_t)want)
            return size;
        const char *newline = memrchr(piece, '\n', want);
        if (newline)
            return size - want + (uint64_t)(newline - piece) + 1;
        size -= want;
    }
    return 0;
}

// With the lock held: the end of the file is made the end of a line. Half a line of a chain proves
// nothing and is taken back; elsewhere it is kept, as it may be all there is.
static bool mend(struct sink *s, uint64_t *size)
{
    if (*size == 0 || (*size == s->end && s->ends_clean))
        return true;
    char last;
    ssize_t n = pread(s->fd, &last, 1, (off_t)(*size - 1));
    if (n == 1 && last == '\n')
        return true;
    if (n < 0)
        return false;
    if (s->chain) {
        *size = last_line_end(s, *size);
        return ftruncate(s->fd, (off_t)*size) == 0;
    }
    if (write(s->fd, "\n", 1) != 1)
        return false;
    *size += 1;
    return true;
}

static bool find_end(struct sink *s, const struct sink_place *torn, struct sink_place *at)
{
    struct stat st;
    if (fstat(s->fd, &st) != 0)
        return false;
    uint64_t size = (uint64_t)st.st_size;
    bool is_where_torn = torn && torn->dev == s->dev && torn->ino == s->ino && torn->offset == size;
    if (!is_where_torn) {
        if (!mend(s, &size))
            return false;
        s->ends_clean = true;
    }
    s->end = size;
    *at = (struct sink_place){.dev = s->dev, .ino = s->ino, .offset = size};
    return true;
}

static void end_file(struct sink *s)
{
    flock(s->fd, LOCK_UN);
}

static bool begin_file(struct sink *s, const struct sink_place *torn, uint64_t now_ns,
                       struct sink_place *at)
{
    follow_path(s, torn != NULL, now_ns);
    if (!lock(s))
        return false;
    if (find_end(s, torn, at))
        return true;
    int error = errno;
    end_file(s);
    errno = error;
    return false;
}

static ssize_t write_file(struct sink *s, const char *text, size_t len)
{
    ssize_t n = write(s->fd, text, len);
    if (n > 0) {
        s->end += (uint64_t)n;
        s->ends_clean = text[n - 1] == '\n';
    }
    return n;
}

static bool cut_file(struct sink *s, uint64_t offset)
{
    if (ftruncate(s->fd, (off_t)offset) != 0)
        return false;
    s->end = offset;
    s->ends_clean = true;
    return true;
}

const struct sink_ops sink_file_ops = {
    .is_file = true,
    .begin = begin_file,
    .write = write_file,
    .end = end_file,
    .cut = cut_file,
};

// The id is that of the file behind links, however the policy spells its path.
static bool name_sink(struct sink *s, const char *path)
{
    char *real = realpath(path, NULL);
    s->id = sink_id_of(real ? real : path);
    free(real);
    s->name = strdup(path);
    return s->name != NULL;
}

bool sink_open_file(struct sink *s, const char *path, char *why, size_t why_cap)
{
    struct stat st;
    *s = (struct sink){.ops = &sink_file_ops, .fd = -1};
    int fd = open_path(path);
    if (fd < 0 || fstat(fd, &st) != 0 || !name_sink(s, path)) {
        snprintf(why, why_cap, "cannot open audit log %s: %s", path, log_errno(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    if (S_ISREG(st.st_mode))
        take_fd(s, fd, &st);
    else
        sink_be_stream(s, fd, true);
    return true;
}

// SPDX-License-Identifier: Apache-2.0
// How much of a ring reached a file. A write that death cut off has left an intent: this range of
// the ring to that place of that file. What of it the file has is seen by comparing the two, octet
// by octet, from the last line known to be there; it may be all, some lines, or a line in part. A
// begun line is completed where it stands: in the log if nobody has written behind it, in the file
// that rotation has meanwhile renamed, which is found in its folder by its inode. Only when that
// file is gone or was compressed, the lines of that one write come again: better twice than not at
// all.
#include "audit/recover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/record.h"
#include "audit/ring.h"
#include "audit/chain_read.h"
#include "audit/sink.h"

static bool is_sound_slot(const struct ring_slot *slot, uint64_t head, uint64_t tail)
{
    if (atomic_load(&slot->sink) == 0)
        return true;
    uint64_t done = atomic_load(&slot->done);
    uint32_t armed = atomic_load(&slot->armed);
    if (done < head || done > tail || armed > 2)
        return false;
    if (armed == 0)
        return true;
    const struct ring_intent *intent = &slot->intents[armed - 1];
    return intent->from <= intent->to && intent->to >= done && intent->to <= tail &&
           intent->offset <= INT64_MAX / 2 && intent->to - intent->from <= RING_BYTES_MAX;
}

static bool is_sound_header(const struct ring_header *h, uint64_t file_bytes)
{
    uint64_t head = atomic_load(&h->head), tail = atomic_load(&h->tail);
    if (atomic_load(&h->magic) != RING_MAGIC || h->version != RING_VERSION ||
        h->header_bytes != ring_header_bytes())
        return false;
    if (h->size < ring_header_bytes() || h->size > RING_BYTES_MAX || (h->size & (h->size - 1)) != 0)
        return false;
    if (file_bytes != h->header_bytes + h->size || head > tail || tail - head > h->size)
        return false;
    for (size_t i = 0; i < RING_SINKS_MAX; i++) {
        if (!is_sound_slot(&h->slots[i], head, tail))
            return false;
    }
    return true;
}

enum ring_state recover_judge(struct audit_ring *r)
{
    struct ring_header h = {0};
    struct stat st;
    if (fstat(r->fd, &st) != 0)
        return RING_CORRUPT;
    ssize_t n = pread(r->fd, &h, sizeof(h), 0);
    // The magic is stored last: without it nobody has used the ring yet.
    if (n == 0 ||
        (n == (ssize_t)sizeof(h) && atomic_load(&h.magic) == 0 && atomic_load(&h.tail) == 0))
        return RING_UNBORN;
    if (n != (ssize_t)sizeof(h) || !is_sound_header(&h, (uint64_t)st.st_size))
        return RING_CORRUPT;
    r->size = h.size;
    r->header_bytes = h.header_bytes;
    return RING_SOUND;
}

static bool begins_line(const struct audit_ring *r, uint64_t head, uint64_t at)
{
    return at == head || *ring_at(r, at - 1) == '\n';
}

bool recover_has_lines(const struct audit_ring *r)
{
    uint64_t head = atomic_load(&r->header->head), tail = atomic_load(&r->header->tail);
    for (uint64_t at = head, end; at < tail; at = end) {
        end = ring_line_end(r, at, tail);
        const char *line = ring_at(r, at);
        size_t len = (size_t)(end - at);
        if (len < 3 || len > AUDIT_RECORD_MAX || line[0] != '{' || line[len - 2] != '}' ||
            line[len - 1] != '\n')
            return false;
    }
    for (size_t i = 0; i < RING_SINKS_MAX; i++) {
        const struct ring_slot *slot = &r->header->slots[i];
        if (atomic_load(&slot->sink) && !begins_line(r, head, atomic_load(&slot->done)))
            return false;
    }
    return true;
}

static bool is_file(const struct stat *st, uint64_t dev, uint64_t ino)
{
    return st->st_dev == dev && st->st_ino == ino;
}

static int find_in_folder(DIR *folder, uint64_t dev, uint64_t ino)
{
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        struct stat st;
        if (fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            is_file(&st, dev, ino))
            return openat(dirfd(folder), entry->d_name,
                          O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    }
    return -1;
}

int recover_find_file(const struct sink *s, uint64_t dev, uint64_t ino)
{
    char path[PATH_MAX];
    if (s->dev == dev && s->ino == ino)
        return fcntl(s->fd, F_DUPFD_CLOEXEC, 0);
    DIR *folder = realpath(s->name, path) ? opendir(dirname(path)) : NULL;
    if (!folder)
        return -1;
    int fd = find_in_folder(folder, dev, ino);
    closedir(folder);
    return fd;
}

// How many octets from `offset` of the file on are the same as `text`.
static uint64_t count_same(int fd, uint64_t offset, const char *text, uint64_t len)
{
    char piece[16 * 1024];
    uint64_t same = 0;
    while (same < len) {
        uint64_t want = len - same < sizeof(piece) ? len - same : sizeof(piece);
        ssize_t n = pread(fd, piece, want, (off_t)(offset + same));
        if (n <= 0)
            return same;
        for (ssize_t i = 0; i < n; i++, same++) {
            if (piece[i] != text[same])
                return same;
        }
    }
    return same;
}

// Position in the ring up to which the file has it. Before `from` of the intent the file had
// everything.
static uint64_t position_in(int fd, const struct audit_ring *r, uint64_t done,
                            const struct ring_intent *intent)
{
    uint64_t start = done > intent->from ? done : intent->from;
    uint64_t offset = intent->offset + (start - intent->from);
    return start + count_same(fd, offset, ring_at(r, start), intent->to - start);
}

static void set_done(struct ring_progress *p, uint64_t done)
{
    p->cursor = done;
    atomic_store(&p->slot->done, done);
    atomic_store(&p->slot->armed, 0);
}

// The begun line in a file that is no longer the log: completes it, or else takes it back. True
// when the file has it all.
static bool complete_elsewhere(int fd, const char *rest, size_t len, uint64_t begun_at)
{
    ssize_t n = write(fd, rest, len);
    if (n == (ssize_t)len)
        return true;
    if (ftruncate(fd, (off_t)begun_at) != 0)
        log_warning("a line of the audit log that was renamed stays incomplete: %s",
                    log_errno(errno));
    return false;
}

// The file ends inside a line: [line, at) is there, and `offset` is its size.
static void settle_torn(struct audit_ring *r, struct ring_progress *p, struct sink *s, int fd,
                        uint64_t line, uint64_t at, const struct sink_place *place)
{
    uint64_t end = ring_line_end(r, at, atomic_load(&r->header->tail));
    bool is_log = place->dev == s->dev && place->ino == s->ino;
    if (!is_log) {
        bool is_complete =
            complete_elsewhere(fd, ring_at(r, at), (size_t)(end - at), place->offset - (at - line));
        set_done(p, is_complete ? end : line);
        return;
    }
    if (s->torn_by) { // a file has one end; who comes later was overtaken
        set_done(p, line);
        return;
    }
    // The intent stays armed and `done` behind it: should we die, too, the next process finds the
    // same as we did.
    p->cursor = at;
    s->torn_by = r;
    s->torn_at = *place;
}

// What lies behind `from` to the end of the file is the beginning of a line and nothing else, and
// nobody is writing: takes it back.
static void cut_half_line(int fd, uint64_t from, uint64_t size)
{
    static char piece[AUDIT_RECORD_MAX + CHAIN_SUFFIX_MAX];
    if (size <= from || size - from > sizeof(piece) || flock(fd, LOCK_EX | LOCK_NB) != 0)
        return;
    ssize_t n = pread(fd, piece, (size_t)(size - from), (off_t)from);
    if (n > 0 && !memchr(piece, '\n', (size_t)n) && ftruncate(fd, (off_t)from) != 0)
        log_warning("half a line stays in the audit log: %s", log_errno(errno));
    flock(fd, LOCK_UN);
}

// Lines of a chain are longer in the file. Of a write that has ended `done` tells all; of one that
// may not have, whole lines count, and a torn one is taken back.
static void settle_chained(const struct audit_ring *r, struct ring_progress *p, int fd,
                           uint64_t done, const struct ring_intent *intent, uint64_t size)
{
    uint64_t whole = 0;
    if (done > intent->from) {
        set_done(p, done);
        return;
    }
    size_t same = chain_compare(fd, intent->offset,
                                slice_of(ring_at(r, done), (size_t)(intent->to - done)), &whole);
    cut_half_line(fd, intent->offset + whole, size);
    set_done(p, done + same);
}

void recover_settle(struct audit_ring *r, struct ring_progress *p, struct sink *s)
{
    uint32_t armed = atomic_load(&p->slot->armed);
    uint64_t done = atomic_load(&p->slot->done);
    p->cursor = done;
    if (armed == 0 || !s->ops->is_file)
        return;
    const struct ring_intent *intent = &p->slot->intents[armed - 1];
    int fd = recover_find_file(s, intent->dev, intent->ino);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || !is_file(&st, intent->dev, intent->ino)) {
        if (fd >= 0)
            close(fd);
        if (intent->to > done)
            log_warning(
                "the file that the last audit records of %s went to is gone; they may come twice",
                r->path);
        set_done(p, done);
        return;
    }
    if (s->chain) {
        settle_chained(r, p, fd, done, intent, (uint64_t)st.st_size);
        close(fd);
        return;
    }
    uint64_t at = position_in(fd, r, done, intent);
    uint64_t line = ring_line_begin(r, done, at);
    struct sink_place place = {intent->dev, intent->ino, (uint64_t)st.st_size};
    uint64_t ends_at = intent->offset + at - intent->from;
    if (line != at && place.offset == ends_at)
        settle_torn(r, p, s, fd, line, at, &place);
    else
        set_done(p, line);
    close(fd);
}

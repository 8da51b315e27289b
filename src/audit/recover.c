// SPDX-License-Identifier: Apache-2.0
// A ring file whose lock is free belongs to the dead (the kernel lets go of the lock with the
// process). It is adopted: mapped, locked, compared with the files its sinks had, and then drained
// like any other, with the same patience when a disk is full, so that a recovery that dies as well
// loses nothing either. A file that makes no sense is put aside under another name for a person to
// look at.
#include "audit/recover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit_internal.h"
#include "base/check.h"

enum { ADOPTED_MAX = 256 }; // mappings and descriptors at one start; more wait for the next

static struct ring_slot *find_slot(const struct audit_ring *r, uint64_t sink)
{
    for (size_t i = 0; i < RING_SINKS_MAX; i++) {
        if (atomic_load(&r->header->slots[i].sink) == sink)
            return &r->header->slots[i];
    }
    return NULL;
}

static bool is_wanted(uint64_t sink, const struct sink *sinks, size_t sink_count)
{
    for (size_t i = 0; i < sink_count; i++) {
        if (sinks[i].id == sink)
            return true;
    }
    return false;
}

// Sinks that are no more would fall behind the head and look like damage.
static void free_unwanted(struct audit_ring *r, const struct sink *sinks, size_t sink_count)
{
    for (size_t i = 0; i < RING_SINKS_MAX; i++) {
        struct ring_slot *slot = &r->header->slots[i];
        if (!is_wanted(atomic_load(&slot->sink), sinks, sink_count))
            atomic_store(&slot->sink, 0);
    }
}

// A sink the ring does not know gets what some sink still lacks.
static struct ring_slot *make_slot(struct audit_ring *r, uint64_t sink)
{
    struct ring_slot *slot = find_slot(r, 0);
    CHECK(slot); // there are as many as there may be sinks
    atomic_store(&slot->done, atomic_load(&r->header->head));
    atomic_store(&slot->armed, 0);
    atomic_store(&slot->sink, sink);
    return slot;
}

void ring_attach(struct audit_ring *r, const struct sink *sinks, size_t sink_count)
{
    free_unwanted(r, sinks, sink_count);
    for (size_t i = 0; i < sink_count; i++) {
        struct ring_slot *slot = find_slot(r, sinks[i].id);
        if (!slot)
            slot = make_slot(r, sinks[i].id);
        r->progress[i] = (struct ring_progress){.slot = slot, .cursor = atomic_load(&slot->done)};
    }
}

// Takes the file that r->path names if nobody holds it: locked, and not renamed or removed by
// another recovery meanwhile.
static bool take_unlocked(struct audit_ring *r)
{
    struct stat st;
    r->fd = open(r->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (r->fd < 0)
        return false;
    if (flock(r->fd, LOCK_EX | LOCK_NB) != 0 || fstat(r->fd, &st) != 0 ||
        !ring_is_named(r->fd, r->path))
        return false;
    // In a folder where others may write, a file of theirs would put lines of theirs into the log.
    if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_uid != geteuid()) {
        log_warning("%s is no ring file of ours and is left alone", r->path);
        return false;
    }
    return true;
}

static void put_aside(struct audit_ring *r)
{
    char *aside = NULL;
    if (asprintf(&aside, "%s.bad", r->path) < 0)
        return;
    if (rename(r->path, aside) == 0)
        log_error("audit ring %s is corrupt; it is put aside as %s and its records are not written",
                  r->path, aside);
    else
        log_error("audit ring %s is corrupt and cannot be put aside: %s", r->path,
                  log_errno(errno));
    free(aside);
}

// True when the ring is mapped and sound. Otherwise what had to be done with the file was done.
static bool open_ring(struct audit_ring *r)
{
    if (!take_unlocked(r))
        return false;
    switch (recover_judge(r)) {
    case RING_UNBORN:
        unlink(r->path);
        return false;
    case RING_CORRUPT:
        put_aside(r);
        return false;
    case RING_SOUND:
        break;
    }
    // A hole in the header would kill us at the first store if the disk is full.
    if (posix_fallocate(r->fd, 0, (off_t)r->header_bytes) != 0 || !ring_map(r)) {
        log_error("audit ring %s cannot be read now and is left for the next start", r->path);
        return false;
    }
    if (recover_has_lines(r))
        return true;
    put_aside(r);
    return false;
}

static struct audit_ring *adopt(const char *spool, const char *name)
{
    struct audit_ring *r = ring_alloc(1);
    if (!r)
        return NULL;
    r->fd = -1;
    r->is_adopted = true;
    if (asprintf(&r->path, "%s/%s", spool, name) < 0)
        r->path = NULL;
    if (!r->path || !open_ring(r)) {
        ring_close(r, false);
        free(r);
        return NULL;
    }
    return r;
}

static void settle_all(struct audit *a, struct audit_ring *r)
{
    uint64_t left = atomic_load(&r->header->tail) - atomic_load(&r->header->head);
    ring_attach(r, a->sinks, a->sink_count);
    for (size_t i = 0; i < a->sink_count; i++)
        recover_settle(r, &r->progress[i], &a->sinks[i]);
    if (left)
        log_notice("audit records of a process that died are taken over from %s", r->path);
}

static bool is_ring_name(const char *name)
{
    struct slice s = slice_str(name);
    return slice_begins(s, SLICE(RING_PREFIX)) && slice_ends(s, SLICE(RING_SUFFIX));
}

void recover_rings(struct audit *a, const char *spool)
{
    DIR *folder = opendir(spool);
    if (!folder)
        return; // making a ring there will fail with a sentence
    size_t adopted = 0;
    const struct dirent *entry;
    while (adopted < ADOPTED_MAX && (entry = readdir(folder))) {
        struct audit_ring *r = is_ring_name(entry->d_name) ? adopt(spool, entry->d_name) : NULL;
        if (!r)
            continue;
        settle_all(a, r);
        r->next = a->drained;
        a->drained = r;
        adopted++;
    }
    closedir(folder);
}

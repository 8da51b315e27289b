// SPDX-License-Identifier: Apache-2.0
// A ring file lives between two dangers: a starting process that takes unlocked files for those of
// the dead, so a new file is worth something only once it is locked and still has its name; and a
// full disk, which would kill the process at a memory access, so all of the space is allocated
// before the ring is used (on file systems that copy on write even that does not bind them; the
// spool belongs on tmpfs there).
#include "audit/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

enum { NAMES_TRIED_MAX = 100 };

_Static_assert(sizeof(struct ring_header) <= 4096, "the header fits one page");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "atomics in shared memory need no lock beside it");

size_t ring_header_bytes(void)
{
    long page = sysconf(_SC_PAGESIZE);
    return page > 4096 ? (size_t)page : 4096;
}

bool ring_is_named(int fd, const char *path)
{
    struct stat named, open_file;
    return lstat(path, &named) == 0 && fstat(fd, &open_file) == 0 &&
           named.st_dev == open_file.st_dev && named.st_ino == open_file.st_ino;
}

bool ring_map(struct audit_ring *r)
{
    size_t all = r->header_bytes + 2 * r->size;
    char *base = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return false;
    int prot = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_FIXED | MAP_POPULATE;
    char *data = base + r->header_bytes;
    if (mmap(base, r->header_bytes + r->size, prot, flags, r->fd, 0) == MAP_FAILED ||
        mmap(data + r->size, r->size, prot, flags, r->fd, (off_t)r->header_bytes) == MAP_FAILED) {
        int error = errno;
        munmap(base, all);
        errno = error;
        return false;
    }
    r->header = (struct ring_header *)(void *)base;
    r->data = data;
    return true;
}

void ring_close(struct audit_ring *r, bool remove)
{
    if (r->header)
        munmap(r->header, r->header_bytes + 2 * r->size);
    if (remove && r->path && unlink(r->path) != 0)
        log_warning("cannot remove %s: %s", r->path, log_errno(errno));
    if (r->fd >= 0)
        close(r->fd);
    free(r->path);
    r->header = NULL;
    r->path = NULL;
    r->fd = -1;
}

// A locked empty file of a name nobody has: 1; 0 when this name is taken, -1 with errno.
static int take_name(struct audit_ring *r)
{
    r->fd = open(r->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (r->fd < 0)
        return errno == EEXIST ? 0 : -1;
    if (flock(r->fd, LOCK_EX | LOCK_NB) == 0 && ring_is_named(r->fd, r->path))
        return 1;
    close(r->fd);
    r->fd = -1;
    return 0;
}

// Process ids repeat (in containers it is always 1), and one process may hold two sets of rings;
// hence the counter.
static bool take_any_name(struct audit_ring *r, const char *spool, unsigned index)
{
    for (unsigned n = 0; n < NAMES_TRIED_MAX; n++) {
        char again[16] = "";
        if (n > 0)
            snprintf(again, sizeof(again), "-%u", n);
        if (asprintf(&r->path, "%s/%s%ld-%u%s%s", spool, RING_PREFIX, (long)getpid(), index, again,
                     RING_SUFFIX) < 0) {
            r->path = NULL;
            errno = ENOMEM;
            return false;
        }
        int taken = take_name(r);
        if (taken > 0)
            return true;
        int error = errno;
        free(r->path);
        r->path = NULL;
        errno = error;
        if (taken < 0)
            return false;
    }
    errno = EEXIST;
    return false;
}

static void fill_header(struct audit_ring *r)
{
    struct ring_header *h = r->header;
    h->version = RING_VERSION;
    h->header_bytes = (uint32_t)r->header_bytes;
    h->size = r->size;
    atomic_store(&h->magic, RING_MAGIC);
}

bool ring_create(struct audit_ring *r, const char *spool, unsigned index, size_t size, char *why,
                 size_t why_cap)
{
    *r = (struct audit_ring){
        .fd = -1, .size = size, .header_bytes = ring_header_bytes(), .nudged_at = UINT64_MAX};
    if (!take_any_name(r, spool, index)) {
        snprintf(why, why_cap, "cannot make a ring file in %s: %s", spool, log_errno(errno));
        return false;
    }
    int error = posix_fallocate(r->fd, 0, (off_t)(r->header_bytes + r->size));
    if (error == 0 && !ring_map(r))
        error = errno;
    if (error) {
        snprintf(why, why_cap, "cannot set aside %zu bytes in %s: %s", r->header_bytes + r->size,
                 spool, log_errno(error));
        ring_close(r, true);
        return false;
    }
    fill_header(r);
    return true;
}

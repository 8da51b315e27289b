// SPDX-License-Identifier: Apache-2.0
// What a piece of code writes to stderr, as text.
#ifndef YETT_TESTS_SUPPORT_CAPTURE_H
#define YETT_TESTS_SUPPORT_CAPTURE_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct capture {
    int real_stderr;
    int file;
};

static inline void capture_begin(struct capture *c)
{
    c->real_stderr = dup(STDERR_FILENO);
    c->file = memfd_create("stderr", MFD_CLOEXEC);
    // Appending, because not every kernel keeps the place of one file right among threads.
    if (c->real_stderr < 0 || c->file < 0 || fcntl(c->file, F_SETFL, O_APPEND) != 0 ||
        dup2(c->file, STDERR_FILENO) < 0)
        abort();
}

// Puts stderr back; the text so far is in out[cap], NUL-terminated.
static inline void capture_end(struct capture *c, char *out, size_t cap)
{
    ssize_t len = pread(c->file, out, cap - 1, 0);
    out[len < 0 ? 0 : len] = '\0';
    if (dup2(c->real_stderr, STDERR_FILENO) < 0)
        abort();
    (void)close(c->real_stderr);
    (void)close(c->file);
}

#endif

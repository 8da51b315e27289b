// SPDX-License-Identifier: Apache-2.0
// Input whose last byte lies against a page nobody may read, so that a parser looking one byte too
// far is caught even without a sanitizer.
#ifndef YETT_TESTS_SUPPORT_EDGE_H
#define YETT_TESTS_SUPPORT_EDGE_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/slice.h"

enum { EDGE_PAGE = 4096 };

struct edge {
    char *map;
    size_t size;
    struct slice text;
};

static inline struct edge edge_copy(struct slice s)
{
    size_t data = (s.len / EDGE_PAGE + 1) * EDGE_PAGE;
    struct edge e = {.size = data + EDGE_PAGE};
    e.map = mmap(NULL, e.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (e.map == MAP_FAILED || mprotect(e.map + data, EDGE_PAGE, PROT_NONE) != 0)
        abort();
    char *at = e.map + data - s.len;
    if (s.len)
        memcpy(at, s.ptr, s.len);
    e.text = slice_of(at, s.len);
    return e;
}

static inline void edge_free(struct edge *e)
{
    (void)munmap(e->map, e->size);
    *e = (struct edge){0};
}

#endif

// SPDX-License-Identifier: Apache-2.0
// A view of bytes that somebody else owns. Never NUL-terminated, may hold any byte, may be empty.
#ifndef YETT_BASE_SLICE_H
#define YETT_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *ptr; // may be NULL when len is 0
    size_t len;
};

// A slice over a string literal, for initialisers and for expressions.
#define SLICE_INIT(literal)                                                                        \
    {                                                                                              \
        .ptr = (literal), .len = sizeof(literal) - 1                                               \
    }
#define SLICE(literal) ((struct slice)SLICE_INIT(literal))

static inline struct slice slice_of(const void *ptr, size_t len)
{
    return (struct slice){.ptr = ptr, .len = len};
}

// A slice over a NUL-terminated string; NULL gives the empty slice.
static inline struct slice slice_str(const char *text)
{
    return slice_of(text, text ? strlen(text) : 0);
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_begins(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

static inline bool slice_ends(struct slice s, struct slice suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

// The part from `from` on; past the end gives the empty slice.
static inline struct slice slice_from(struct slice s, size_t from)
{
    size_t cut = from < s.len ? from : s.len;
    return slice_of(cut ? s.ptr + cut : s.ptr, s.len - cut);
}

// The first `len` bytes, or all of it when it is shorter.
static inline struct slice slice_first(struct slice s, size_t len)
{
    return slice_of(s.ptr, s.len < len ? s.len : len);
}

// Index of the first `byte`, or s.len when there is none.
static inline size_t slice_index(struct slice s, char byte)
{
    const char *at = s.len ? memchr(s.ptr, byte, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : s.len;
}

// Index of the first occurrence of `needle`, or s.len. An empty needle is found at 0.
static inline size_t slice_find(struct slice s, struct slice needle)
{
    if (needle.len == 0)
        return 0;
    const char *at = s.len >= needle.len ? memmem(s.ptr, s.len, needle.ptr, needle.len) : NULL;
    return at ? (size_t)(at - s.ptr) : s.len;
}

#endif

// SPDX-License-Identifier: Apache-2.0
// What our own allocators owe AddressSanitizer: without help it sees one big block and no object in
// it. The difference between a build with and without it lives here alone; elsewhere these are
// constants and empty calls.
#ifndef YETT_BASE_GUARD_H
#define YETT_BASE_GUARD_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define GUARD_ACTIVE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GUARD_ACTIVE 1
#endif
#endif
#ifndef GUARD_ACTIVE
#define GUARD_ACTIVE 0
#endif

#if GUARD_ACTIVE
#include <sanitizer/asan_interface.h>
#endif

enum {
    // Bytes nobody may touch that stand behind each object of an arena.
    GUARD_GAP = GUARD_ACTIVE ? 16 : 0,
};

// Makes [at, at + len) unreadable and unwritable until guard_show.
static inline void guard_hide(const void *at, size_t len)
{
#if GUARD_ACTIVE
    __asan_poison_memory_region(at, len);
#else
    (void)at;
    (void)len;
#endif
}

static inline void guard_show(const void *at, size_t len)
{
#if GUARD_ACTIVE
    __asan_unpoison_memory_region(at, len);
#else
    (void)at;
    (void)len;
#endif
}

#endif

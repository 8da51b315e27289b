// SPDX-License-Identifier: Apache-2.0
// A futex rather than a condition variable, which would have producers take a lock. Either the
// producer sees `asleep` or the writer's last look sees the record: both sides store one thing and
// then load the other's, all sequentially consistent.
#include "audit/bell.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

uint32_t bell_count(const struct bell *b)
{
    return atomic_load(&b->count);
}

void bell_wait(struct bell *b, uint32_t seen, int timeout_ms)
{
    struct timespec limit = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L};
    syscall(SYS_futex, &b->count, FUTEX_WAIT_PRIVATE, seen,
            timeout_ms == BELL_NO_LIMIT ? NULL : &limit, NULL, 0);
}

void bell_ring(struct bell *b)
{
    atomic_fetch_add(&b->count, 1);
    syscall(SYS_futex, &b->count, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void bell_ring_if_asleep(struct bell *b)
{
    if (atomic_load(&b->asleep) && atomic_exchange(&b->asleep, false))
        bell_ring(b);
}

void bell_lie_down(struct bell *b)
{
    atomic_store(&b->asleep, true);
}

void bell_get_up(struct bell *b)
{
    atomic_store(&b->asleep, false);
}

// SPDX-License-Identifier: Apache-2.0
// The producer stands on the way of every request: in the steady state it copies the line, stores
// the tail and looks at one flag. It looks at the writer's head only when its last view of it says
// there is no room, or more than half is taken.
#include "audit/ring.h"

#include <string.h>

#include "audit/bell.h"
#include "audit/record.h"
#include "base/check.h"

// Looks at the head only if the last look does not do.
static bool has_room(struct audit_ring *r, size_t len)
{
    if (r->size - (r->tail - r->head_seen) >= len)
        return true;
    r->head_seen = atomic_load(&r->header->head);
    return r->size - (r->tail - r->head_seen) >= len;
}

// More than half full: the writer should not finish its nap. Once per step of the head, or a writer
// that has trouble with a sink would be woken by every record.
static void nudge(struct audit_ring *r)
{
    r->head_seen = atomic_load(&r->header->head);
    if (r->tail - r->head_seen <= r->size / 2 || r->nudged_at == r->head_seen)
        return;
    r->nudged_at = r->head_seen;
    bell_ring(r->bell);
}

bool ring_push(struct audit_ring *r, struct slice line)
{
    if (!has_room(r, line.len))
        return false;
    memcpy(ring_at(r, r->tail), line.ptr, line.len);
    r->tail += line.len;
    atomic_store(&r->header->tail, r->tail);
    return true;
}

// A count that one thread writes and others read needs no locked addition.
static void count(_Atomic uint64_t *counter, uint64_t add)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + add,
                          memory_order_relaxed);
}

// No room. When waiting is the policy, another look after saying so: else room made in between
// would never be told.
static bool push_or_wait(struct audit_ring *r, struct slice line)
{
    atomic_store(&r->is_waiting, true);
    if (ring_push(r, line)) {
        atomic_store(&r->is_waiting, false);
        return true;
    }
    nudge(r);
    return false;
}

enum audit_put audit_put(struct audit_ring *r, struct slice line)
{
    CHECK(line.len > 0 && line.len <= AUDIT_RECORD_MAX && line.ptr[line.len - 1] == '\n');
    if (r->header && !ring_push(r, line)) {
        if (r->when_full == AUDIT_WHEN_FULL_DROP) {
            nudge(r);
            count(&r->header->dropped, 1);
            return AUDIT_PUT_DONE;
        }
        if (!push_or_wait(r, line))
            return AUDIT_PUT_FULL;
    }
    count(&r->records, 1);
    count(&r->bytes, line.len);
    if (!r->header)
        return AUDIT_PUT_DONE;
    bell_ring_if_asleep(r->bell);
    if (r->tail - r->head_seen > r->size / 2)
        nudge(r);
    return AUDIT_PUT_DONE;
}

bool audit_ring_sheds(struct audit_ring *r)
{
    if (!r->header || r->when_full != AUDIT_WHEN_FULL_SHED ||
        r->tail - r->head_seen <= r->size / 4 * 3)
        return false;
    r->head_seen = atomic_load(&r->header->head);
    return r->tail - r->head_seen > r->size / 4 * 3;
}

void audit_put_lost(struct audit_ring *r)
{
    if (!r->header)
        return;
    count(&r->header->dropped, 1);
    bell_ring_if_asleep(r->bell);
}

void audit_ring_on_space(struct audit_ring *r, void (*on_space)(void *ctx), void *ctx)
{
    r->on_space = on_space;
    r->on_space_ctx = ctx;
}

uint64_t ring_line_end(const struct audit_ring *r, uint64_t at, uint64_t tail)
{
    const char *text = ring_at(r, at);
    const char *end = memchr(text, '\n', tail - at);
    return end ? at + (uint64_t)(end - text) + 1 : tail;
}

uint64_t ring_line_begin(const struct audit_ring *r, uint64_t from, uint64_t at)
{
    const char *text = ring_at(r, from);
    const char *end = memrchr(text, '\n', at - from);
    return end ? from + (uint64_t)(end - text) + 1 : from;
}

void ring_release(struct audit_ring *r, size_t sink_count)
{
    uint64_t tail = atomic_load(&r->header->tail);
    uint64_t head = tail;
    for (size_t i = 0; i < sink_count; i++) {
        uint64_t done = atomic_load(&r->progress[i].slot->done);
        if (done < head)
            head = done;
    }
    atomic_store(&r->header->head, head);
    // A quarter, which is room for any record: telling the producer for every record that leaves
    // would only make it try in vain.
    if (r->size - (tail - head) < r->size / 4 || !atomic_load(&r->is_waiting))
        return;
    if (atomic_exchange(&r->is_waiting, false) && r->on_space)
        r->on_space(r->on_space_ctx);
}

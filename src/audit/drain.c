// SPDX-License-Identifier: Apache-2.0
// Each sink has its own progress in each ring, so one that fails is tried again alone and the
// others get no line twice. What the slowest lacks stays in the ring; a ring that fills up because
// of it follows the policy for full rings.
#include "audit/drain.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "audit/ring.h"
#include "audit/select.h"
#include "audit/sink.h"

static bool is_same_place(const struct sink_place *a, const struct sink_place *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->offset == b->offset;
}

// The other one of the two intents is filled before it comes into force.
static void arm(struct ring_slot *slot, const struct ring_intent *intent)
{
    uint32_t next = atomic_load(&slot->armed) == 1 ? 2 : 1;
    slot->intents[next - 1] = *intent;
    atomic_store(&slot->armed, next);
}

// The sink took everything up to `end`, where a line ends.
static void settle(struct ring_progress *p, struct sink *s, uint64_t end)
{
    p->cursor = end;
    s->torn_by = NULL;
    atomic_store(&p->slot->done, end);
    atomic_store(&p->slot->armed, 0);
}

// The sink took `n` octets and stopped somewhere.
static void settle_short(struct audit_ring *r, struct ring_progress *p, struct sink *s,
                         struct sink_place at, uint64_t n)
{
    uint64_t done = atomic_load(&p->slot->done);
    p->cursor += n;
    uint64_t line = ring_line_begin(r, done, p->cursor);
    s->torn_by = line == p->cursor ? NULL : r;
    s->torn_at = at;
    s->torn_at.offset += n;
    atomic_store(&p->slot->done, line);
}

// The line is not going to be completed where it was begun.
static void rewind_line(struct ring_progress *p, struct sink *s)
{
    p->cursor = atomic_load(&p->slot->done);
    s->torn_by = NULL;
}

// The file goes on behind the torn line: another gateway has ended it. If nothing but the newline
// was lacking, that has completed it.
static void give_up_place(struct audit_ring *r, struct ring_progress *p, struct sink *s,
                          const struct sink_place *at, uint64_t tail)
{
    uint64_t end = ring_line_end(r, p->cursor, tail);
    bool is_same_file =
        at->dev == s->torn_at.dev && at->ino == s->torn_at.ino && at->offset > s->torn_at.offset;
    if (is_same_file && end - p->cursor == 1)
        settle(p, s, end);
    else
        rewind_line(p, s);
}

// A file that was moved away and takes no more is left with whole lines only: the begun one goes to
// the new file.
static void leave_behind(struct ring_progress *p, struct sink *s)
{
    uint64_t begun = p->cursor - atomic_load(&p->slot->done);
    if (!s->torn_by || !s->wants_reopen || !s->ops->cut ||
        !s->ops->cut(s, s->torn_at.offset - begun))
        return;
    rewind_line(p, s);
    atomic_store(&p->slot->armed, 0);
}

// Behind the lines from `at` on that the sink takes (`takes`), or does not take.
static uint64_t run_end(const struct audit_ring *r, const struct sink *s, uint64_t at,
                        uint64_t tail, bool takes)
{
    if (s->verdicts == 0)
        return takes ? tail : at;
    while (at != tail) {
        uint64_t end = ring_line_end(r, at, tail);
        if (select_takes(s->verdicts, slice_of(ring_at(r, at), end - at)) != takes)
            break;
        at = end;
    }
    return at;
}

// Lines that are not for this sink count as done. No intent is armed beyond them: what is in force
// when a line is skipped was complete.
static void skip_unwanted(const struct audit_ring *r, struct ring_progress *p, const struct sink *s,
                          uint64_t tail)
{
    uint64_t end = run_end(r, s, p->cursor, tail, false);
    if (end == p->cursor)
        return;
    p->cursor = end;
    atomic_store(&p->slot->armed, 0);
    atomic_store(&p->slot->done, end);
}

enum drain drain_ring(struct audit_ring *r, size_t index, struct sink *s, uint64_t now_ns)
{
    struct ring_progress *p = &r->progress[index];
    uint64_t tail = atomic_load(&r->header->tail);
    if (!s->torn_by)
        skip_unwanted(r, p, s, tail);
    if (p->cursor == tail || (s->torn_by && s->torn_by != r))
        return DRAIN_IDLE;
    struct sink_place at;
    if (!s->ops->begin(s, s->torn_by ? &s->torn_at : NULL, now_ns, &at))
        return DRAIN_STUCK;
    if (s->torn_by && s->ops->is_file && !is_same_place(&at, &s->torn_at))
        give_up_place(r, p, s, &at, tail);
    uint64_t limit =
        s->torn_by ? ring_line_end(r, p->cursor, tail) : run_end(r, s, p->cursor, tail, true);
    uint64_t want = limit - p->cursor;
    if (s->ops->is_file)
        arm(p->slot, &(struct ring_intent){at.dev, at.ino, at.offset, p->cursor, limit});
    ssize_t n = s->ops->write(s, ring_at(r, p->cursor), want);
    int error = n < 0 ? errno : EAGAIN; // a short write tells no reason, but the next one will
    if (n >= 0 && (uint64_t)n == want) {
        settle(p, s, limit);
        s->ops->end(s);
        return DRAIN_DONE;
    }
    settle_short(r, p, s, at, n > 0 ? (uint64_t)n : 0);
    leave_behind(p, s);
    s->ops->end(s);
    errno = error;
    return DRAIN_STUCK;
}

// SPDX-License-Identifier: Apache-2.0
// The one thread that writes. It must cost producers nothing and the machine nothing when idle, and
// yet a record should be in the file within a blink. So it naps while there is traffic: producers
// just leave their lines, and one write takes all that came in between; after some naps without
// work it sleeps until it is called.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/audit_internal.h"
#include "audit/drain.h"
#include "audit/say.h"
#include "base/buf.h"
#include "base/clock.h"

#define RETRY_NS      100000000u // after a failed write
#define TELL_EVERY_NS 1000000000u
#define SLOW_NS       1000000000u

enum {
    NAP_MS = 20,
    NAPS_BEFORE_SLEEP = 10,
    DUE_LOOK_MS = 1000,
};

// Nobody reads the stream, or another process holds the file. For a moment that is no trouble worth
// a word.
static void note_slow(struct sink *s, uint64_t now_ns)
{
    if (s->slow_ns == 0)
        s->slow_ns = now_ns;
    if (now_ns - s->slow_ns >= SLOW_NS)
        log_repeated(&s->trouble, LOG_LEVEL_ERROR, "%s takes no audit records", s->name);
}

// Counts and says it, and leaves the sink alone for a moment.
static void note_trouble(struct audit *a, struct sink *s, uint64_t now_ns, int error)
{
    if (error == EAGAIN) {
        note_slow(s, now_ns);
        return;
    }
    s->retry_ns = now_ns + RETRY_NS;
    atomic_fetch_add(&a->write_errors, 1);
    log_repeated(&s->trouble, LOG_LEVEL_ERROR, "cannot write audit records to %s: %s", s->name,
                 log_errno(error));
}

static void note_success(struct sink *s)
{
    if (s->retry_ns)
        log_notice("audit records are written to %s again", s->name);
    s->retry_ns = 0;
    s->slow_ns = 0;
}

// False when the sink takes no more for now.
static bool drain_into(struct audit *a, struct audit_ring *r, size_t index, uint64_t now_ns)
{
    struct sink *s = &a->sinks[index];
    uint64_t tail = atomic_load(&r->header->tail);
    enum drain result;
    do // the rest of a torn line, and each run of lines that this sink takes, is a write of its own
        result = drain_ring(r, index, s, now_ns);
    while (result == DRAIN_DONE && r->progress[index].cursor < tail);
    if (result == DRAIN_STUCK)
        note_trouble(a, s, now_ns, errno);
    if (result == DRAIN_DONE)
        note_success(s);
    return result != DRAIN_STUCK;
}

static void drain_all_into(struct audit *a, size_t index, uint64_t now_ns)
{
    struct sink *s = &a->sinks[index];
    if (now_ns < s->retry_ns)
        return;
    if (s->torn_by && !drain_into(a, s->torn_by, index, now_ns))
        return;
    for (struct audit_ring *r = a->drained; r; r = r->next) {
        if (!drain_into(a, r, index, now_ns))
            return;
    }
}

bool writer_is_through(const struct audit *a, const struct audit_ring *r)
{
    uint64_t tail = atomic_load(&r->header->tail);
    for (size_t i = 0; i < a->sink_count; i++) {
        if (r->progress[i].cursor != tail)
            return false;
    }
    return atomic_load(&r->header->dropped) == atomic_load(&r->header->told);
}

static void retire_adopted(struct audit *a)
{
    struct audit_ring **link = &a->drained;
    while (*link) {
        struct audit_ring *r = *link;
        if (!r->is_adopted || !writer_is_through(a, r)) {
            link = &r->next;
            continue;
        }
        *link = r->next;
        ring_close(r, true);
        free(r);
    }
}

static uint64_t count_untold(const struct audit *a)
{
    uint64_t lost = 0;
    for (const struct audit_ring *r = a->drained; r; r = r->next)
        lost += atomic_load(&r->header->dropped) - atomic_load(&r->header->told);
    return lost;
}

static bool is_in_trouble(const struct audit *a)
{
    for (size_t i = 0; i < a->sink_count; i++) {
        if (a->sinks[i].retry_ns)
            return true;
    }
    return false;
}

// When sinks take records again, how many there were none for. The counts stand in the rings, so
// that a loss is told even when the process dies first.
static void tell_losses(struct audit *a, uint64_t now_ns)
{
    bool is_stopping = atomic_load(&a->is_stopping);
    if (!a->own || (!is_stopping && (now_ns < a->next_tell_ns || is_in_trouble(a))))
        return;
    char space[SAY_MAX];
    struct buf line;
    uint64_t lost = count_untold(a);
    buf_init(&line, space, sizeof(space));
    if (lost == 0 || !ring_push(a->own, say_loss(&line, lost)))
        return;
    a->next_tell_ns = now_ns + TELL_EVERY_NS;
    for (struct audit_ring *r = a->drained; r && lost; r = r->next) {
        uint64_t told = atomic_load(&r->header->told);
        uint64_t more = atomic_load(&r->header->dropped) - told;
        more = more < lost ? more : lost; // some may have been lost meanwhile
        atomic_store(&r->header->told, told + more);
        lost -= more;
    }
}

// Tries each sink once with all that is there; adopted rings that are empty are removed.
static void drain_all(struct audit *a, uint64_t now_ns)
{
    tell_losses(a, now_ns);
    for (size_t i = 0; i < a->sink_count; i++)
        drain_all_into(a, i, now_ns);
    for (struct audit_ring *r = a->drained; r; r = r->next)
        ring_release(r, a->sink_count);
    retire_adopted(a);
}

// A write of nothing: opens files that are to be opened and ends a last line that is torn.
static void visit_sinks(struct audit *a, uint64_t now_ns)
{
    for (size_t i = 0; i < a->sink_count; i++) {
        struct sink *s = &a->sinks[i];
        struct sink_place at;
        if (!s->torn_by && s->ops->begin(s, NULL, now_ns, &at))
            s->ops->end(s);
    }
}

// At once, not with the next record: whoever rotates waits for the new file.
static void reopen_sinks(struct audit *a, uint64_t now_ns)
{
    for (size_t i = 0; i < a->sink_count; i++)
        a->sinks[i].wants_reopen = true;
    visit_sinks(a, now_ns);
}

static void rest_sinks(struct audit *a, uint64_t now_ns, bool is_last)
{
    for (size_t i = 0; i < a->sink_count; i++) {
        struct sink *s = &a->sinks[i];
        if (s->due_ns && (is_last || (now_ns >= s->due_ns && now_ns >= s->retry_ns)))
            s->ops->rest(s, now_ns);
    }
}

// How long the writer may sleep, as sinks may have something to do without a record.
static int sleep_limit_ms(const struct audit *a)
{
    for (size_t i = 0; i < a->sink_count; i++) {
        if (a->sinks[i].due_ns)
            return DUE_LOOK_MS;
    }
    return BELL_NO_LIMIT;
}

static bool has_work(const struct audit *a)
{
    for (const struct audit_ring *r = a->drained; r; r = r->next) {
        if (!writer_is_through(a, r))
            return true;
    }
    return false;
}

// One look around at least follows the last moment at which a producer could have missed that we
// sleep.
static void sleep_deeply(struct audit *a, uint32_t seen)
{
    bell_lie_down(&a->bell);
    if (!has_work(a))
        bell_wait(&a->bell, seen, sleep_limit_ms(a));
    bell_get_up(&a->bell);
}

void *writer_run(void *audit)
{
    struct audit *a = audit;
    unsigned naps = 0;
    drain_all(a, clock_mono_ns()); // what the dead left, and the line they may have begun
    visit_sinks(a, clock_mono_ns());
    for (;;) {
        uint32_t seen = bell_count(&a->bell);
        uint64_t now_ns = clock_mono_ns();
        bool is_stopping = atomic_load(&a->is_stopping);
        if (atomic_exchange(&a->wants_reopen, false))
            reopen_sinks(a, now_ns);
        naps = has_work(a) ? 0 : naps + 1;
        drain_all(a, now_ns);
        bool is_last = is_stopping && (!has_work(a) || now_ns >= a->deadline_ns);
        rest_sinks(a, now_ns, is_last);
        if (is_last)
            return NULL;
        if (naps < NAPS_BEFORE_SLEEP)
            bell_wait(&a->bell, seen, NAP_MS);
        else
            sleep_deeply(a, seen);
    }
}

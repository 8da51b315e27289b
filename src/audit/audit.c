// SPDX-License-Identifier: Apache-2.0
// The order of a start: sinks first, since recovery compares with them; then what the dead left,
// which the writer writes before anything new; then rings of our own with all their space, so that
// a disk without room is an error now and not a crash later.
#include "audit/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_internal.h"
#include "audit/record.h"
#include "audit/sink_chain.h"
#include "audit/sink_syslog.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"

// Rings and what contains them are aligned to cache lines.
static void *alloc_aligned(size_t size)
{
    void *memory = aligned_alloc(64, size);
    if (memory)
        memset(memory, 0, size);
    return memory;
}

struct audit_ring *ring_alloc(size_t count)
{
    size_t bytes;
    if (count == 0 || __builtin_mul_overflow(count, sizeof(struct audit_ring), &bytes))
        return NULL;
    return alloc_aligned(bytes);
}

static bool has_sink(const struct audit *a, uint64_t id)
{
    for (size_t i = 0; i < a->sink_count; i++) {
        if (a->sinks[i].id == id)
            return true;
    }
    return false;
}

static bool open_sink(struct sink *s, const struct audit_sink_options *o, char *why, size_t why_cap)
{
    switch (o->type) {
    case AUDIT_SINK_FILE:
        return sink_open_file(s, o->path, why, why_cap);
    case AUDIT_SINK_SYSLOG:
        return sink_open_syslog(s, o->path, o->syslog);
    case AUDIT_SINK_STDOUT:
        break;
    }
    return sink_open_stdout(s);
}

static bool open_sinks(struct audit *a, const struct audit_options *o, char *why, size_t why_cap)
{
    if (o->sink_count > RING_SINKS_MAX) {
        snprintf(why, why_cap, "more than %d audit sinks", RING_SINKS_MAX);
        return false;
    }
    if (o->sink_count && !o->spool) {
        snprintf(why, why_cap, "audit sinks need a spool folder");
        return false;
    }
    for (size_t i = 0; i < o->sink_count; i++) {
        struct sink *s = &a->sinks[a->sink_count];
        snprintf(why, why_cap, "not enough memory for the audit sinks");
        if (!open_sink(s, &o->sinks[i], why, why_cap))
            return false;
        s->verdicts = o->sinks[i].verdicts;
        if (o->sinks[i].chain &&
            !sink_chain_attach(s, o->crypto, o->sinks[i].chain, why, why_cap)) {
            sink_close(s);
            return false;
        }
        bool is_twice = has_sink(a, s->id);
        a->sink_count++;
        if (is_twice) {
            snprintf(why, why_cap, "audit sink %s is named twice", s->name);
            return false;
        }
    }
    return true;
}

static size_t ring_size(size_t wanted)
{
    size_t size = 4 * AUDIT_RECORD_MAX;
    while (size < wanted && size < RING_BYTES_MAX)
        size *= 2;
    return size;
}

static bool make_ring(struct audit *a, struct audit_ring *r, const char *spool, unsigned index,
                      size_t size, char *why, size_t why_cap)
{
    if (!ring_create(r, spool, index, size, why, why_cap))
        return false;
    r->bell = &a->bell;
    ring_attach(r, a->sinks, a->sink_count);
    return true;
}

// Behind those adopted, whose records are older.
static void append_drained(struct audit *a, struct audit_ring *r)
{
    struct audit_ring **link = &a->drained;
    while (*link)
        link = &(*link)->next;
    *link = r;
}

// Without sinks the rings are empty shells: nothing is kept.
static bool make_rings(struct audit *a, const struct audit_options *o, char *why, size_t why_cap)
{
    a->rings = ring_alloc(o->workers);
    a->own = ring_alloc(1);
    if (!a->rings || !a->own) {
        snprintf(why, why_cap, "not enough memory for %u audit rings", o->workers);
        return false;
    }
    a->own->fd = -1;
    for (; a->ring_count < o->workers; a->ring_count++) {
        struct audit_ring *r = &a->rings[a->ring_count];
        r->fd = -1;
        if (o->sink_count == 0)
            continue;
        if (!make_ring(a, r, o->spool, a->ring_count, ring_size(o->ring_bytes), why, why_cap))
            return false;
        r->when_full = o->when_full;
        append_drained(a, r);
    }
    if (o->sink_count == 0)
        return true;
    if (!make_ring(a, a->own, o->spool, o->workers, RING_OWN_BYTES, why, why_cap))
        return false;
    append_drained(a, a->own);
    return true;
}

static bool start_writer(struct audit *a, char *why, size_t why_cap)
{
    int error = thread_start(&a->thread, "audit", writer_run, a);
    if (error)
        snprintf(why, why_cap, "cannot start the audit writer: %s", log_errno(error));
    return error == 0;
}

// A ring whose records are not all written keeps its file for the next start.
static void close_ring(const struct audit *a, struct audit_ring *r)
{
    bool is_empty = !r->header || writer_is_through(a, r);
    if (!is_empty)
        log_warning("audit records that could not be written stay in %s for the next start",
                    r->path);
    ring_close(r, is_empty);
}

static void free_audit(struct audit **audit)
{
    struct audit *a = *audit;
    for (struct audit_ring *r = a->drained; r && r->is_adopted; r = a->drained) {
        a->drained = r->next;
        close_ring(a, r);
        free(r);
    }
    for (unsigned i = 0; i < a->ring_count; i++)
        close_ring(a, &a->rings[i]);
    if (a->own)
        close_ring(a, a->own);
    for (size_t i = 0; i < a->sink_count; i++)
        sink_close(&a->sinks[i]);
    free(a->rings);
    free(a->own);
    free(a);
    *audit = NULL;
}

struct audit *audit_start(const struct audit_options *o, char *why, size_t why_cap)
{
    struct audit *a = alloc_aligned((sizeof(struct audit) + 63) / 64 * 64);
    if (!a) {
        snprintf(why, why_cap, "not enough memory for the audit log");
        return NULL;
    }
    bool ok = open_sinks(a, o, why, why_cap);
    if (ok && a->sink_count)
        recover_rings(a, o->spool);
    ok = ok && make_rings(a, o, why, why_cap);
    if (ok && a->sink_count)
        ok = start_writer(a, why, why_cap);
    if (!ok)
        free_audit(&a);
    return a;
}

void audit_stop(struct audit **audit, uint64_t wait_ms)
{
    struct audit *a = *audit;
    if (!a)
        return;
    if (a->sink_count) {
        a->deadline_ns = clock_mono_ns() + wait_ms * 1000000u;
        atomic_store(&a->is_stopping, true);
        bell_ring(&a->bell);
        pthread_join(a->thread, NULL);
    }
    free_audit(audit);
}

void audit_reopen(struct audit *a)
{
    atomic_store(&a->wants_reopen, true);
    bell_ring(&a->bell);
}

struct audit_ring *audit_ring_of(struct audit *a, unsigned index)
{
    return a->sink_count && index < a->ring_count ? &a->rings[index] : NULL;
}

void audit_counters(const struct audit *a, struct audit_counters *out)
{
    *out = (struct audit_counters){.write_errors = atomic_load(&a->write_errors)};
    for (unsigned i = 0; i < a->ring_count; i++) {
        const struct audit_ring *r = &a->rings[i];
        out->records += atomic_load_explicit(&r->records, memory_order_relaxed);
        out->bytes += atomic_load_explicit(&r->bytes, memory_order_relaxed);
        if (r->header)
            out->dropped += atomic_load_explicit(&r->header->dropped, memory_order_relaxed);
    }
}

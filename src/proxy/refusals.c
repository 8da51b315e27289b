// SPDX-License-Identifier: Apache-2.0
// The timer runs only while something is counted.
#include "proxy/refusals.h"

#include <stdlib.h>

#include "audit/record.h"
#include "audit/repeats.h"
#include "proxy/worker.h"

enum {
    ADDRESSES = 2048,
    INTERVAL_MS = 5000,
};

struct refusals {
    struct proxy_worker *worker;
    struct repeats *repeats;
    struct loop_timer timer;
    bool has_ended;
};

static void record_sum(void *ctx, const struct repeats_sum *sum)
{
    struct refusals *r = ctx;
    char id[PROXY_ID_LEN];
    struct audit_record record;
    audit_record_init(&record);
    proxy_worker_id(r->worker, id);
    record.kind = AUDIT_CONNECTION;
    record.id = slice_of(id, sizeof(id));
    record.start_wall_ns = sum->first.wall_ns;
    if (sum->last_wall_ns > sum->first.wall_ns)
        record.duration_ns = sum->last_wall_ns - sum->first.wall_ns;
    record.count = sum->count;
    record.outcome = AUDIT_FAILURE;
    record.verdict = AUDIT_VERDICT_REFUSED;
    record.reason = sum->first.reason;
    record.reason_text = sum->first.reason_text;
    record.listener = sum->first.listener;
    record.peer = sum->first.peer;
    record.client = sum->first.client;
    record.client_source = sum->first.client_source;
    record.ban = sum->first.ban;
    proxy_worker_record_ended(r->worker, &record);
}

static void on_timer(struct loop_timer *timer)
{
    struct refusals *r = CONTAINER_OF(timer, struct refusals, timer);
    uint64_t due_ms = repeats_settle(r->repeats, loop_now_ms(r->worker->loop));
    if (due_ms != UINT64_MAX)
        loop_timer_set(r->worker->loop, timer, due_ms);
}

struct refusals *refusals_new(struct proxy_worker *w)
{
    struct refusals *r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    r->worker = w;
    loop_timer_init(&r->timer, on_timer);
    r->repeats = repeats_new(ADDRESSES, INTERVAL_MS, record_sum, r);
    if (!r->repeats)
        refusals_free(&r);
    return r;
}

void refusals_free(struct refusals **refusals)
{
    struct refusals *r = *refusals;
    *refusals = NULL;
    if (!r)
        return;
    loop_timer_cancel(r->worker->loop, &r->timer);
    repeats_free(&r->repeats);
    free(r);
}

void refusals_record(struct refusals *r, const struct audit_record *record)
{
    const struct repeat one = {
        .client = record->client,
        .peer = record->peer,
        .reason = record->reason,
        .reason_text = record->reason_text,
        .client_source = record->client_source,
        .listener = record->listener,
        .ban = record->ban,
        .wall_ns = record->start_wall_ns,
    };
    struct loop *loop = r->worker->loop;
    if (!r->has_ended && !repeats_count(r->repeats, &one, loop_now_ms(loop))) {
        proxy_worker_count(r->worker, record);
        return;
    }
    proxy_worker_record_ended(r->worker, record);
    if (!r->has_ended && !r->timer.armed)
        loop_timer_set(loop, &r->timer, loop_now_ms(loop) + INTERVAL_MS);
}

void refusals_end(struct refusals *r)
{
    r->has_ended = true;
    repeats_settle_all(r->repeats);
    loop_timer_cancel(r->worker->loop, &r->timer);
}

// SPDX-License-Identifier: Apache-2.0
// A job may outlive its exchange (the client hung up while a password is hashed), so it is an
// object of its own: it holds a reference to the snapshot, whose filter configs it uses, and loses
// its exchange when that goes.
#include "proxy/judge.h"

#include <stdlib.h>

#include "base/clock.h"
#include "io/offload.h"
#include "proxy/bans.h"
#include "proxy/exchange.h"

struct judge_job {
    struct offload_job offload;
    struct filter_job *job;
    struct exchange *exchange; // NULL: gone
    struct snapshot *snapshot;
    bool done;
};

static struct filter_facts facts_of(struct exchange *ex)
{
    return (struct filter_facts){
        .request = &ex->request,
        .response = ex->response_came ? &ex->response : NULL,
        .response_body = slice_of(ex->response_held, ex->response_held_len),
        .response_body_is_complete = ex->response_held_is_all,
        .client = ex->client.address,
        .client_text = slice_str(ex->client_text),
        .is_tls = ex->origin.is_tls,
        .tls = ex->origin.is_tls ? &ex->origin.tls : NULL,
        .body = slice_of(ex->held, ex->held_len),
        .body_is_unseen = ex->route && ex->route->grpc,
        .body_is_complete = ex->held_is_all,
        .request_id = slice_of(ex->id, PROXY_ID_LEN),
        .duration_ms = (clock_mono_ns() - ex->started_ns) / 1000000,
        .now_ms = loop_now_ms(ex->worker->loop),
        .wall_ns = ex->started_wall_ns,
        .arena = &ex->arena,
        .worker = ex->worker->filter_worker,
        .notes = &ex->notes,
    };
}

static void run_job(struct offload_job *offload)
{
    struct judge_job *j = CONTAINER_OF(offload, struct judge_job, offload);
    j->job->run(j->job);
}

static void free_job(struct judge_job *j)
{
    j->job->free(j->job);
    snapshot_unref(&j->snapshot);
    free(j);
}

static void job_done(struct offload_job *offload)
{
    struct judge_job *j = CONTAINER_OF(offload, struct judge_job, offload);
    struct exchange *ex = j->exchange;
    j->done = true;
    if (ex && !offload->dropped) {
        exchange_walk(ex); // takes the verdict in judge_run
        return;
    }
    if (ex)
        ex->job = NULL;
    free_job(j);
    if (ex) // the pool ended before the job had its turn
        exchange_fail(ex, outcome_of(PROXY_OUTCOME_OVERLOAD));
}

// The filter's job is freed here also when it can't be queued.
static enum judge_result start_job(struct exchange *ex, struct filter_job *job)
{
    struct judge_job *j = calloc(1, sizeof(*j));
    if (!j) {
        job->free(job);
        return JUDGE_FAILED;
    }
    j->offload.run = run_job;
    j->offload.done = job_done;
    j->job = job;
    j->exchange = ex;
    j->snapshot = snapshot_ref(ex->snapshot);
    if (!offload_submit(ex->worker->shared->offload, ex->worker->loop, &j->offload)) {
        free_job(j);
        return JUDGE_FAILED;
    }
    ex->job = j;
    return JUDGE_WAITS;
}

static void count_refusal(struct exchange *ex)
{
    bans_count(ex->worker->shared->bans, &ex->snapshot->bans, ex->origin.listener,
               &ex->client.address, &ex->verdict, &ex->ban);
    bool is_banned = ex->ban.is_there && !ex->ban.is_dry_run;
    ex->reply.close = ex->reply.close || (is_banned && exchange_is_direct(ex));
}

static enum judge_result take_verdict(struct exchange *ex, const struct filter_verdict *verdict)
{
    switch (verdict->kind) {
    case FILTER_PASS:
    case FILTER_ALLOW:
        ex->was_allowed = ex->was_allowed || ex->filter_run.allowed;
        return JUDGE_PASSED;
    case FILTER_DENY:
    case FILTER_RESPOND:
        ex->verdict = *verdict;
        count_refusal(ex);
        return JUDGE_REFUSED;
    case FILTER_WAIT:
        return start_job(ex, verdict->job);
    }
    return JUDGE_FAILED;
}

enum judge_result judge_run(struct exchange *ex, enum filter_phase phase)
{
    struct filter_verdict verdict = {0};
    const struct filter_chain *chain = &ex->route->filters;
    if (ex->was_allowed || chain->count == 0)
        return JUDGE_PASSED;
    struct filter_facts facts = facts_of(ex);
    uint64_t started = clock_mono_ns();
    if (ex->job) {
        struct judge_job *j = ex->job;
        ex->job = NULL;
        filter_chain_resume(chain, phase, &ex->filter_run, j->job, &facts, &verdict);
        free_job(j);
    } else {
        ex->filter_run = (struct filter_run){0};
        filter_chain_run(chain, phase, &ex->filter_run, &facts, &verdict);
    }
    ex->filters_ns += clock_mono_ns() - started;
    return take_verdict(ex, &verdict);
}

void judge_end(struct exchange *ex)
{
    if (ex->was_noted || ex->was_allowed || !ex->route || ex->route->filters.count == 0)
        return;
    ex->was_noted = true;
    struct filter_facts facts = facts_of(ex);
    // The fields of a response lie with its connection, which may be with somebody else by now.
    const struct http_response answered = {.status = ex->response.status,
                                           .version = ex->response.version};
    facts.response = facts.response ? &answered : NULL;
    filter_chain_end(&ex->route->filters, &facts);
}

size_t judge_body_limit(struct exchange *ex)
{
    if (ex->was_allowed || ex->route->filters.count == 0)
        return 0;
    struct filter_facts facts = facts_of(ex);
    return filter_chain_body_limit(&ex->route->filters, &facts);
}

size_t judge_response_body_limit(struct exchange *ex)
{
    if (ex->was_allowed || ex->route->filters.count == 0)
        return 0;
    struct filter_facts facts = facts_of(ex);
    return filter_chain_response_body_limit(&ex->route->filters, &facts);
}

void judge_abandon(struct exchange *ex)
{
    if (!ex->job)
        return;
    if (ex->job->done)
        free_job(ex->job);
    else
        ex->job->exchange = NULL;
    ex->job = NULL;
}

// SPDX-License-Identifier: Apache-2.0
// The gateway's own walk without the gateway: the same parser, route table, filters and phases, one
// filter at a time, so that each can be asked what it said. Jobs run here and now.
#include "cli/explain.h"

#include <stdlib.h>

#include "backend/route.h"
#include "base/clock.h"
#include "policy/snapshot.h"

enum { MEMORY_MAX = 256 * 1024 * 1024 };

struct walk {
    struct explanation *x;
    struct filter_facts facts;
    char client_text[ADDR_TEXT_MAX];
    struct tls_facts tls;
    bool is_allowed;
};

static void on_match(void *ctx, const struct rules_trace_match *m)
{
    struct explanation *x = ctx;
    if (x->match_count < EXPLAIN_MATCHES_MAX)
        x->matches[x->match_count++] = *m;
}

static void run_job(const struct filter_chain *chain, enum filter_phase phase,
                    struct filter_run *run, const struct filter_facts *facts,
                    struct filter_verdict *verdict)
{
    struct filter_job *job = verdict->job;
    job->run(job);
    filter_chain_resume(chain, phase, run, job, facts, verdict);
    job->free(job);
}

static size_t hits_of(const struct filter_notes *n)
{
    return n->match_count < FILTER_MATCHES_MAX ? n->match_count : FILTER_MATCHES_MAX;
}

// True when the chain goes on.
static bool ask(struct walk *w, const struct filter_chain *whole, size_t index,
                enum filter_phase phase)
{
    struct explanation *x = w->x;
    struct filter_chain one = {.items = &whole->items[index], .count = 1, .detect = whole->detect};
    struct filter_run run = {0};
    if (x->decision_count == EXPLAIN_DECISIONS_MAX)
        return false;
    struct explain_decision *d = &x->decisions[x->decision_count++];
    *d = (struct explain_decision){.filter = whole->items[index],
                                   .phase = phase,
                                   .first_hit = hits_of(&x->notes),
                                   .first_match = x->match_count};
    w->facts.request = phase == FILTER_AT_ADDRESS ? NULL : &x->message.request;
    filter_chain_run(&one, phase, &run, &w->facts, &d->verdict);
    if (d->verdict.kind == FILTER_WAIT)
        run_job(&one, phase, &run, &w->facts, &d->verdict);
    d->score = x->notes.score;
    d->detect_score = x->notes.detect_score;
    d->response_score = x->notes.response_score;
    d->hit_count = hits_of(&x->notes) - d->first_hit;
    d->match_count = x->match_count - d->first_match;
    w->is_allowed = w->is_allowed || run.allowed;
    x->is_denied = d->verdict.kind == FILTER_DENY || d->verdict.kind == FILTER_RESPOND;
    if (!x->is_denied && !w->is_allowed)
        return true;
    x->last = d;
    x->is_response = phase >= FILTER_AT_RESPONSE;
    return false;
}

static bool has_a_say(const struct filter *t, enum filter_phase phase)
{
    switch (phase) {
    case FILTER_AT_ADDRESS:
        return t->check_address != NULL;
    case FILTER_AT_HEAD:
        return t->check_head != NULL;
    case FILTER_AT_BODY:
        return t->check_body != NULL;
    case FILTER_AT_RESPONSE:
        return t->check_response != NULL;
    case FILTER_AT_RESPONSE_BODY:
        return t->check_response_body != NULL;
    }
    return false;
}

static bool ask_all(struct walk *w, const struct filter_chain *chain, enum filter_phase phase)
{
    for (size_t i = 0; i < chain->count; i++)
        if (has_a_say(chain->items[i]->type, phase) && !ask(w, chain, i, phase))
            return false;
    return true;
}

static void ask_about_response(struct walk *w, const struct filter_chain *chain)
{
    struct rules_message *m = &w->x->message;
    w->facts.response = &m->response;
    w->facts.response_body = m->response_body;
    w->facts.response_body_is_complete = true;
    if (ask_all(w, chain, FILTER_AT_RESPONSE))
        (void)ask_all(w, chain, FILTER_AT_RESPONSE_BODY);
}

static void walk_route(struct walk *w)
{
    const struct filter_chain *chain = &w->x->route->filters;
    struct rules_message *m = &w->x->message;
    if (!ask_all(w, chain, FILTER_AT_HEAD))
        return;
    w->facts.body = m->body;
    w->facts.body_is_complete = true;
    if (m->has_body && !ask_all(w, chain, FILTER_AT_BODY))
        return;
    if (m->has_response)
        ask_about_response(w, chain);
}

static void begin(struct walk *w, const struct snapshot *s, const struct rules_sample *sample,
                  struct filter_worker *worker, const struct rules_trace *trace)
{
    struct explanation *x = w->x;
    struct rules_message *m = &x->message;
    w->tls = sample->tls;
    w->facts = (struct filter_facts){
        .client = m->input.client,
        .client_text = slice_of(w->client_text, addr_text(&m->input.client, w->client_text)),
        .is_tls = s->listeners[0].tls != NULL,
        .tls = s->listeners[0].tls ? &w->tls : NULL,
        .body_is_unseen = x->route->grpc,
        .request_id = SLICE("00000000000000000000000000000000"),
        .now_ms = clock_mono_ns() / 1000000,
        .wall_ns = clock_wall_ns(),
        .arena = &x->arena,
        .worker = worker,
        .notes = &x->notes,
        .trace = trace,
    };
}

bool explain_request(struct explanation *x, const struct snapshot *s,
                     const struct rules_sample *sample)
{
    *x = (struct explanation){0};
    arena_init(&x->arena, NULL, MEMORY_MAX);
    x->matches = calloc(EXPLAIN_MATCHES_MAX, sizeof(*x->matches));
    struct filter_worker *worker = filter_worker_new();
    if (!x->matches || !worker) {
        filter_worker_free(&worker);
        return false;
    }
    const struct rules_trace trace = {.on_match = on_match, .ctx = x};
    struct walk w = {.x = x};
    x->refused = rules_sample_build(sample, &x->arena, &x->message);
    size_t route = x->refused ? SIZE_MAX : route_table_find(s->route_table, &x->message.request);
    x->route = route < s->route_count ? &s->routes[route] : NULL;
    if (x->route) {
        begin(&w, s, sample, worker, &trace);
        if (ask_all(&w, &s->listeners[0].address_filters, FILTER_AT_ADDRESS))
            walk_route(&w);
    }
    filter_notes_release(&x->notes);
    filter_worker_free(&worker);
    return true;
}

void explain_clear(struct explanation *x)
{
    free(x->matches);
    arena_clear(&x->arena);
    *x = (struct explanation){0};
}

const struct filter_match *explain_hit_of(const struct explanation *x,
                                          const struct explain_decision *d, size_t at)
{
    const struct filter_match *m = x->notes.matches;
    for (size_t i = 0; m && i < d->first_hit + at; i++)
        m = m->next;
    return m;
}

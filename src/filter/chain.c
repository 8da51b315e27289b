// SPDX-License-Identifier: Apache-2.0
// The chain asks and settles; it judges nothing itself. Three things turn a refusal into a pass: a
// route that only watches (noted as what would have been), "on_error": "pass" for a filter that
// could not decide (noted as a match, so that the record shows the gap), and nothing else.
#include "filter/chain.h"

#include "filter/ban.h"
#include "filter/filter.h"

// What a refusal that is passed over must leave no trace of.
struct wishes {
    struct filter_field *request_set, *request_remove, *response_set;
};

static struct wishes wishes_of(const struct filter_notes *n)
{
    return (struct wishes){n->request_set, n->request_remove, n->response_set};
}

static void take_back_wishes(struct filter_notes *n, const struct wishes *before)
{
    n->request_set = before->request_set;
    n->request_remove = before->request_remove;
    n->response_set = before->response_set;
}

static bool is_refusal(const struct filter_verdict *v)
{
    return v->kind == FILTER_DENY || v->kind == FILTER_RESPOND;
}

static void note_passed_over(const struct filter_instance *i, const struct filter_facts *f,
                             const struct filter_verdict *v)
{
    const struct filter_match match = {.rule = i->name,
                                       .target = SLICE("on_error"),
                                       .value = slice_str(v->reason),
                                       .is_detect = true};
    if (!filter_note_match(f, &match))
        f->notes->match_count++;
}

static void note_would_deny(const struct filter_instance *i, const struct filter_facts *f,
                            const struct filter_verdict *v)
{
    if (f->notes->would_deny_reason || !v->reason)
        return;
    f->notes->would_deny_filter = i->name;
    f->notes->would_deny_reason = v->reason;
}

// Makes of a filter's own word what it means in this chain. True: the chain goes on.
static bool settle(const struct filter_chain *c, const struct filter_instance *i,
                   struct filter_run *run, const struct filter_facts *f,
                   const struct wishes *before, struct filter_verdict *out)
{
    out->filter = i->name;
    if (out->kind == FILTER_PASS) {
        note_would_deny(i, f, out);
        return true;
    }
    if (out->kind == FILTER_ALLOW)
        run->allowed = true;
    if (!is_refusal(out))
        return false;
    if (out->undecided && i->pass_on_error) {
        note_passed_over(i, f, out);
        take_back_wishes(f->notes, before);
        return true;
    }
    if (!c->detect) {
        bool counts = i->ban && filter_ban_is_due(i->ban, out, f->notes);
        out->ban = counts ? i->ban : NULL;
        return false;
    }
    note_would_deny(i, f, out);
    take_back_wishes(f->notes, before);
    return true;
}

// Shows the filter no more of the body than it asked for.
static void check_body(const struct filter_instance *i, const struct filter_facts *f,
                       struct filter_verdict *out)
{
    size_t limit = i->type->body_limit ? i->type->body_limit(i->config, f) : 0;
    if (limit == 0)
        return;
    struct filter_facts own = *f;
    if (f->body.len > limit) {
        own.body.len = limit;
        own.body_is_complete = false;
    }
    i->type->check_body(i->config, i->state, &own, out);
}

static void check_response_body(const struct filter_instance *i, const struct filter_facts *f,
                                struct filter_verdict *out)
{
    size_t limit = i->type->response_body_limit ? i->type->response_body_limit(i->config, f) : 0;
    if (limit == 0)
        return;
    struct filter_facts own = *f;
    if (f->response_body.len > limit) {
        own.response_body.len = limit;
        own.response_body_is_complete = false;
    }
    i->type->check_response_body(i->config, i->state, &own, out);
}

static void ask(const struct filter_instance *i, enum filter_phase phase,
                const struct filter_facts *f, struct filter_verdict *out)
{
    const struct filter *t = i->type;
    if (phase == FILTER_AT_ADDRESS && t->check_address)
        t->check_address(i->config, i->state, f, out);
    if (phase == FILTER_AT_HEAD && t->check_head)
        t->check_head(i->config, i->state, f, out);
    if (phase == FILTER_AT_BODY && t->check_body)
        check_body(i, f, out);
    if (phase == FILTER_AT_RESPONSE && t->check_response)
        t->check_response(i->config, i->state, f, out);
    if (phase == FILTER_AT_RESPONSE_BODY && t->check_response_body)
        check_response_body(i, f, out);
}

void filter_chain_run(const struct filter_chain *c, enum filter_phase phase, struct filter_run *run,
                      const struct filter_facts *f, struct filter_verdict *out)
{
    while (!run->allowed && run->next < c->count) {
        const struct filter_instance *i = c->items[run->next++];
        struct wishes before = wishes_of(f->notes);
        *out = (struct filter_verdict){0};
        ask(i, phase, f, out);
        if (!settle(c, i, run, f, &before, out))
            return;
    }
    *out = (struct filter_verdict){0};
}

void filter_chain_resume(const struct filter_chain *c, enum filter_phase phase,
                         struct filter_run *run, struct filter_job *job,
                         const struct filter_facts *f, struct filter_verdict *out)
{
    const struct filter_instance *i = c->items[run->next - 1];
    struct wishes before = wishes_of(f->notes);
    *out = (struct filter_verdict){0};
    job->finish(job, f, out);
    if (settle(c, i, run, f, &before, out))
        filter_chain_run(c, phase, run, f, out);
}

void filter_chain_end(const struct filter_chain *c, const struct filter_facts *f)
{
    for (size_t n = 0; n < c->count; n++) {
        const struct filter_instance *i = c->items[n];
        if (i->type->note_end)
            i->type->note_end(i->config, i->state, f);
    }
}

size_t filter_chain_body_limit(const struct filter_chain *c, const struct filter_facts *f)
{
    size_t most = 0;
    for (size_t n = 0; n < c->count; n++) {
        const struct filter_instance *i = c->items[n];
        size_t limit =
            i->type->check_body && i->type->body_limit ? i->type->body_limit(i->config, f) : 0;
        most = limit > most ? limit : most;
    }
    return most;
}

size_t filter_chain_response_body_limit(const struct filter_chain *c, const struct filter_facts *f)
{
    size_t most = 0;
    for (size_t n = 0; n < c->count; n++) {
        const struct filter_instance *i = c->items[n];
        size_t limit =
            i->type->response_body_limit ? i->type->response_body_limit(i->config, f) : 0;
        most = limit > most ? limit : most;
    }
    return most;
}

void filter_notes_release(struct filter_notes *notes)
{
    while (notes->holds) {
        struct filter_hold *hold = notes->holds;
        notes->holds = hold->next;
        hold->release(hold->state, hold->token);
    }
}

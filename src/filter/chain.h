// SPDX-License-Identifier: Apache-2.0
// Filters as the policy names them, and chains of them as routes use them. The chain runs filters
// in the order of the policy, stops at the first refusal and says which filter spoke. In detect
// mode a refusal is noted and passed over.
#ifndef YETT_FILTER_CHAIN_H
#define YETT_FILTER_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "filter/filter.h"

// One named filter of a policy. The config belongs to it; the state may be handed on from an older
// policy.
struct filter_instance {
    struct slice name; // as the policy calls it; text belongs to the owner of the instance
    const struct filter *type;
    void *config;
    void *state;
    _Atomic size_t *state_users; // instances that share the state; NULL without state
    bool pass_on_error;          // "on_error": "pass"
    struct filter_ban *ban;      // what earns its clients a ban; NULL: nothing does
};

// Compiles `object` (one member of "filters"); false with problems. Either way the instance is to
// be cleared.
MUST_USE bool filter_instance_compile(struct filter_instance *i, struct slice name,
                                      const struct json *object, struct problems *problems);
void filter_instance_clear(struct filter_instance *i);
// Lets `i` go on with the state of `old`, the filter of the same name in the policy before, in
// place of its own fresh one; both share it from then on. Does nothing when type or sizes differ.
void filter_instance_inherit(struct filter_instance *i, const struct filter_instance *old);

struct filter_chain {
    const struct filter_instance *const *items;
    size_t count;
    bool detect; // the route only watches
};

enum filter_phase {
    FILTER_AT_ADDRESS,
    FILTER_AT_HEAD,
    FILTER_AT_BODY,
    FILTER_AT_RESPONSE,
    FILTER_AT_RESPONSE_BODY
};

// Where a run stands; zero-initialise before each phase.
struct filter_run {
    size_t next;  // index of the filter to ask next
    bool allowed; // an ALLOW was given: this phase and the later ones are over
};

// Runs the phase from run->next on. PASS: all have passed. ALLOW: one of them (out->filter)
// allowed, run->allowed is set. WAIT: run out->job, then call filter_chain_resume with it, which
// goes on.
void filter_chain_run(const struct filter_chain *c, enum filter_phase phase, struct filter_run *run,
                      const struct filter_facts *f, struct filter_verdict *out);
// Takes up the chain behind the filter whose job has run; the job is still the caller's to free.
void filter_chain_resume(const struct filter_chain *c, enum filter_phase phase,
                         struct filter_run *run, struct filter_job *job,
                         const struct filter_facts *f, struct filter_verdict *out);
// Lets each filter make its last notes. Not for exchanges that an ALLOW took out of the chain.
void filter_chain_end(const struct filter_chain *c, const struct filter_facts *f);
// The largest body_limit of the chain for this request; 0: nobody wants the body.
size_t filter_chain_body_limit(const struct filter_chain *c, const struct filter_facts *f);
// The same of the body of the response.
size_t filter_chain_response_body_limit(const struct filter_chain *c, const struct filter_facts *f);
// Gives back everything in notes->holds.
void filter_notes_release(struct filter_notes *notes);

#endif

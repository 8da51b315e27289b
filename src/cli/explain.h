// SPDX-License-Identifier: Apache-2.0
// One request on its way through the chain of its route, with all that was decided on the way: for
// `yett rules explain` and those who compare policies. Everything lies in the arena of the
// explanation and in the snapshot, which must outlive it.
#ifndef YETT_CLI_EXPLAIN_H
#define YETT_CLI_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "filter/chain.h"
#include "rules/sample.h"
#include "rules/trace.h"

struct policy_route;
struct snapshot;

enum { EXPLAIN_DECISIONS_MAX = 128, EXPLAIN_MATCHES_MAX = 512 };

// What one filter said in one phase.
struct explain_decision {
    const struct filter_instance *filter;
    enum filter_phase phase;
    struct filter_verdict verdict; // as the chain settled it
    unsigned score, detect_score;  // of the exchange behind it
    unsigned response_score;
    size_t first_hit, hit_count;     // among the notes' matches
    size_t first_match, match_count; // among `matches`
};

struct explanation {
    struct arena arena;
    struct rules_message message;
    const char *refused;              // the parser's word; then nothing else was asked
    const struct policy_route *route; // NULL: none
    struct filter_notes notes;
    struct explain_decision decisions[EXPLAIN_DECISIONS_MAX];
    size_t decision_count;
    struct rules_trace_match *matches;
    size_t match_count; // more than EXPLAIN_MATCHES_MAX are not kept
    bool is_denied;
    bool is_response;                    // it is the response that is denied
    const struct explain_decision *last; // that ended the chain; NULL: all have passed
};

// Judges the sample as a request from `client` through the policy's first listener. False without
// memory. Either way the explanation is to be cleared.
MUST_USE bool explain_request(struct explanation *x, const struct snapshot *s,
                              const struct rules_sample *sample);
void explain_clear(struct explanation *x);

// Hit number `at` of the decision.
const struct filter_match *explain_hit_of(const struct explanation *x,
                                          const struct explain_decision *d, size_t at);

struct buf;
// For people: into `out`.
void explain_write_text(const struct explanation *x, struct buf *out);
// For programs: one JSON object. `exclusions` is a JSON array or empty.
void explain_write_json(const struct explanation *x, struct slice exclusions, struct buf *out);

// The narrowest exclusions that would let the request of `x` pass, as JSON (an array of them) into
// `out`: each names rules, host, path and target. False when there are none: no rules filter
// refuses it (or would, if it did not only watch), or not by its score or a deny.
MUST_USE bool explain_exclude(const struct explanation *x, const struct snapshot *s,
                              const struct rules_sample *sample, struct buf *out);

#endif

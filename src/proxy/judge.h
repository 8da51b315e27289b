// SPDX-License-Identifier: Apache-2.0
// The filter chain of a route, applied to an exchange: facts for the filters, jobs for the offload
// pool, verdicts into the exchange.
#ifndef YETT_PROXY_JUDGE_H
#define YETT_PROXY_JUDGE_H

#include "filter/chain.h"

struct exchange;

enum judge_result {
    JUDGE_PASSED,
    JUDGE_REFUSED, // ex->verdict says how
    JUDGE_WAITS,   // a job runs; exchange_walk is called when it has ended
    JUDGE_FAILED,  // the offload queue is full
};

// Runs or goes on with a phase. Call again after JUDGE_WAITS.
enum judge_result judge_run(struct exchange *ex, enum filter_phase phase);
// The exchange is about to be recorded: filters make their last notes, once.
void judge_end(struct exchange *ex);
// Octets of the request body the chain wants to see; 0: none.
size_t judge_body_limit(struct exchange *ex);
// The same of the response's body.
size_t judge_response_body_limit(struct exchange *ex);
// The exchange goes while a job runs: the job ends alone.
void judge_abandon(struct exchange *ex);

#endif

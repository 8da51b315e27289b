// SPDX-License-Identifier: Apache-2.0
// A request's octets before the rules, as the gateway would put them there: parsed strictly, every
// phase, answered by a server that is not there.
#ifndef YETT_SUITE_SEND_H
#define YETT_SUITE_SEND_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/slice.h"

struct rules_program;
struct rules_scratch;

struct suite_hit {
    struct slice rule, description, data;
    const struct suite_hit *next;
};

struct suite_outcome {
    const char *refused; // constant word: why no rule saw the request; NULL: they did
    unsigned status;     // that the client would have got: of a refusal, or of the response
    bool would_deny;     // some rule would have refused
    const struct suite_hit *hits;
};

// The answer is 200 with a short text; to POST /reflect what the request's JSON body says
// ({"status": …, "headers": {…}, "body": …}). Everything lies in `arena`. False without memory.
MUST_USE bool suite_send(const struct rules_program *program, struct rules_scratch *scratch,
                         struct slice octets, struct arena *arena, struct suite_outcome *out);

#endif

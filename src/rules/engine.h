// SPDX-License-Identifier: Apache-2.0
// The rule engine: rule files compile once into an immutable program, which judges messages without
// allocating. Each distinct (target, transform list) is evaluated once per message, not once per
// rule; a regex that cannot match by what it requires is skipped; nothing a single value can do
// costs more than its limits, and reaching a limit is "cannot decide".
#ifndef YETT_RULES_ENGINE_H
#define YETT_RULES_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/slice.h"
#include "base/tls_facts.h"

struct arena;
struct http_request;
struct http_response;
struct json;
struct problems;
struct rules_profile;
struct rules_program;
struct rules_scratch;
struct rules_state;
struct rules_trace;

// Rule files by name or shell pattern ("../rules/*.json"), in order; patterns expand sorted.
struct rules_options {
    const char *const *files;           // resolved paths or patterns
    const struct json *const *files_at; // where the policy names each; NULL entries allowed
    size_t file_count;
    unsigned paranoia;             // rules above it are left out,
    unsigned detect_paranoia;      // or, up to this one, only watch
    bool detect;                   // every rule of the program only watches
    unsigned threshold;            // score at which a request is refused
    unsigned response_threshold;   // and a response; 0: as threshold
    uint64_t step_budget;          // octets looked at for one message; 0: any number
    const struct json *thresholds; // an object of them by category; may be NULL
    const struct json *vars;       // an object of values of variables; may be NULL
};

// NULL with problems (all of them: place, path, rule id).
MUST_USE struct rules_program *rules_compile(const struct rules_options *o,
                                             struct problems *problems);
void rules_program_free(struct rules_program **p);
size_t rules_program_count(const struct rules_program *p); // rules that are in force
bool rules_program_has_tag(const struct rules_program *p, struct slice tag); // has any of them?
bool rules_program_wants_body(const struct rules_program *p);
bool rules_program_wants_response(const struct rules_program *p);
bool rules_program_wants_response_body(const struct rules_program *p);
bool rules_program_wants_end(const struct rules_program *p);
// Is the request's body looked at again when the response has come?
bool rules_program_keeps_body(const struct rules_program *p);

// Working memory of one thread (match data, JIT stack, value tables), for every program. NULL
// without memory.
MUST_USE struct rules_scratch *rules_scratch_new(void);
void rules_scratch_free(struct rules_scratch **s);

enum rules_phase {
    RULES_AT_HEAD,
    RULES_AT_BODY,
    RULES_AT_RESPONSE,
    RULES_AT_RESPONSE_BODY,
    RULES_AT_END, // the answer is on its way: nothing is refused any more
};

struct rules_input {
    const struct http_request *request;
    const struct http_response *response; // from RULES_AT_RESPONSE on
    struct slice body;                    // from RULES_AT_BODY on
    struct slice response_body;           // from RULES_AT_RESPONSE_BODY on
    struct addr client;
    struct slice country, user, request_id;
    uint32_t asn;                    // 0: unknown
    const struct tls_facts *tls;     // NULL without
    uint64_t duration_ms;            // since the request began
    uint64_t now_s;                  // wall clock, for exclusions that expire
    struct arena *arena;             // results and decoded values; bounded
    struct rules_profile *profile;   // NULL: nobody asks what rules cost (profile.h)
    const struct rules_trace *trace; // NULL: nobody asks why (trace.h)
};

struct rules_hit {
    struct slice rule, description;
    struct slice
        severity;        // "critical", "error", "warning", "notice"; empty when the rule says none
    struct slice target; // "query.id"
    struct slice value;  // the matched piece
    struct slice data;   // the rule's logdata; may be empty
    struct slice category;
    const struct slice *tags; // of the program
    size_t tag_count;
    unsigned score;  // all it added
    unsigned values; // that matched, as far as they were counted
    bool is_detect;
    bool is_secret; // value of Authorization, Cookie and their like
};

enum rules_decision { RULES_NOTHING, RULES_DENY, RULES_ALLOW, RULES_CANNOT_DECIDE };

struct rules_result {
    enum rules_decision decision;
    struct slice rule,
        description;    // of the rule that decided; for a score: the one that reached the threshold
    const char *reason; // constant word: "rule-denied", "score-threshold", "regex-limit",
                        // "too-many-values", ...
    unsigned score; // of the whole message so far: pass the head's result on to the body's phase
    unsigned detect_score; // what rules that only watch would have added; in and out like score
    unsigned response_score, response_detect_score; // the same of the response
    struct rules_state *state;     // what rules remember from phase to phase, in the arena of the
                                   // input; NULL before the first one
    unsigned status;               // the deny rule's own status, 0 for the default (403)
    struct slice would_deny_rule;  // nothing was decided, but would have been if no rule only
                                   // watched: by this rule,
    const char *would_deny_reason; // for this reason; NULL otherwise
};

// Evaluates the rules of a phase. `on_hit` is told each hit, detect ones included. result->score
// goes in and out.
void rules_evaluate(const struct rules_program *p, struct rules_scratch *s, enum rules_phase phase,
                    const struct rules_input *in,
                    void (*on_hit)(void *ctx, const struct rules_hit *hit), void *ctx,
                    struct rules_result *result);

#endif

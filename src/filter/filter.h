// SPDX-License-Identifier: Apache-2.0
// The one interface of a filter. A filter is a constant record with named fields at the end of its
// file; an empty field means "not interested". A check is a function of compiled config + facts +
// time to a verdict: it opens no socket, reads no clock, writes no log and never touches the
// client. What it wants changed or noted goes into the notes; the exchange applies them. State
// between requests (counters, failures, cached good passwords) is an object of its own, made beside
// the config, with a ceiling and a declared behaviour when full; it may be used by all workers at
// once and does its own (lock-free) synchronisation.
#ifndef YETT_FILTER_FILTER_H
#define YETT_FILTER_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/slice.h"
#include "base/tls_facts.h"

struct arena;
struct filter_ban;
struct filter_worker;
struct http_request;
struct http_response;
struct json;
struct problems;
struct rules_trace;

enum filter_verdict_kind {
    FILTER_PASS,    // go on with the next filter
    FILTER_DENY,    // answer `status` with an error page of the gateway
    FILTER_RESPOND, // answer `status` with the fields given (a challenge, a redirect); counts as a
                    // refusal
    FILTER_ALLOW,   // skip the rest of the chain
    FILTER_WAIT,    // run `job` off the loop, then ask job->finish
};

struct filter_field {
    struct slice name;
    struct slice value;
    struct filter_field *next;
};

// One thing a filter found worth noting: a rule that hit, in detect mode or not.
struct filter_match {
    struct slice rule;        // id
    struct slice target;      // "query.id"
    struct slice value;       // the matched piece; written shortened and escaped
    struct slice data;        // more about it, in the words of the rule; may be empty
    struct slice category;    // what its score counts as; may be empty
    const struct slice *tags; // of the rule; of the config
    size_t tag_count;
    unsigned score; // what it added; 0 for others than score rules
    bool is_detect; // noted only; would have counted in block mode
    bool is_secret; // the value is redacted in the record
    struct filter_match *next;
};

// What a filter remembers of an exchange from one check to the next, in the arena of the exchange.
struct filter_memo {
    const void *config; // whose it is
    void *memory;
    struct filter_memo *next;
};

// Something to be given back when the exchange ends (a place in a concurrency limit).
struct filter_hold {
    void (*release)(void *state, uint64_t token);
    void *state;
    uint64_t token;
    struct filter_hold *next;
};

// What the filters of one exchange found so far. Everything lies in the exchange's arena or in
// snapshots it holds.
struct filter_notes {
    struct slice country;   // ISO 3166-1 alpha-2, from geo
    struct slice continent; // two letters
    uint32_t asn;           // 0: unknown
    struct slice as_name;
    bool geo_done;
    const void *geo_source; // compiled form of the geo filter whose answer this is; NULL when
                            // several have added to it
    struct addr geo_client; // the address that was looked up
    struct slice user;      // name that authenticated
    struct filter_field
        *request_set; // set on the forwarded request (every client spelling is deleted first)
    struct filter_field *request_remove;          // only the name counts
    struct filter_field *response_set;            // set on the response, whoever makes it
    struct filter_match *matches, **matches_tail; // in the order found; tail NULL while empty
    unsigned match_count;
    unsigned score;                                 // of the rules filters
    unsigned detect_score;                          // what rules that only watch would have added
    unsigned response_score, response_detect_score; // the same of rules about the response
    struct filter_memo *memos;
    struct filter_hold *holds;
    struct slice would_deny_filter; // detect mode: the first filter that would have denied, and why
    const char *would_deny_reason;
};

enum { FILTER_MATCHES_MAX = 64 }; // more are counted in match_count, not kept

struct filter_facts {
    const struct http_request *request;   // NULL in check_address
    const struct http_response *response; // from check_response on
    struct addr client;                   // the chosen client address
    struct slice client_text;
    bool is_tls;
    const struct tls_facts *tls; // NULL in check_address, and without TLS
    struct slice body;           // in check_body: what was collected
    bool body_is_unseen;         // messages of gRPC, which go on as they come: nobody collects them
    bool body_is_complete;       // false: it is larger than the limit of the filter that asked
    struct slice response_body;  // in check_response_body: what was collected
    bool response_body_is_complete;
    struct slice request_id;
    uint64_t duration_ms; // since the request began
    uint64_t now_ms;      // monotonic
    uint64_t wall_ns;
    struct arena *arena; // of the exchange: for everything a verdict or note points to
    struct filter_worker *worker;
    struct filter_notes *notes;
    const struct rules_trace *trace; // for who asks why rules hit (rules/trace.h); else NULL
};

struct filter_verdict {
    enum filter_verdict_kind kind;
    bool undecided;    // a DENY for want of knowledge: what "on_error": "pass" turns into a pass
    bool is_blameless; // a refusal that says nothing against the client, and never earns a ban
    unsigned status;   // of DENY and RESPOND
    const char
        *reason; // constant word for the record: "ip-denied", "rate-exceeded", "score-threshold";
                 // of a PASS: why a filter that only watches would have refused
    struct slice rule; // what decided inside the filter: rule id, prefix, country; may be empty
    struct slice rule_name; // its description; may be empty
    struct filter_job *job; // of WAIT
    // The chain fills these in.
    struct slice filter;          // name of the filter in the policy
    const struct filter_ban *ban; // the refusal counts for this (filter/ban.h); NULL: it does not
};

// Work for the offload pool. The job owns copies of all it needs: the exchange may be gone when it
// ends.
struct filter_job {
    void (*run)(struct filter_job *job); // off the loop
    void (*finish)(struct filter_job *job, const struct filter_facts *f,
                   struct filter_verdict *out); // on the loop; never WAIT again
    void (*free)(struct filter_job *job);       // always called at last, on the loop
};

struct filter {
    const char *name; // the word after "type" in policies
    // Immutable form of the JSON object (the common keys included: FILTER_COMMON_KEYS), or NULL
    // with problems.
    void *(*compile)(const struct json *object, struct problems *problems);
    void (*free)(void *config);
    // State that may outlive its config, to which it must not point; NULL without memory. All empty
    // for filters without.
    void *(*state_new)(const void *config);
    void (*state_free)(void *state);
    // Can `state`, made for an older config, serve this one (same sizes)? Empty: always.
    bool (*state_fits)(const void *config, const void *state);
    // Verdicts; *out is zeroed (PASS) before. `state` is NULL for filters without.
    void (*check_address)(const void *config, void *state, const struct filter_facts *f,
                          struct filter_verdict *out);
    void (*check_head)(const void *config, void *state, const struct filter_facts *f,
                       struct filter_verdict *out);
    // How many body octets the filter must see of this request: 0 means it does not care.
    size_t (*body_limit)(const void *config, const struct filter_facts *f);
    void (*check_body)(const void *config, void *state, const struct filter_facts *f,
                       struct filter_verdict *out);
    void (*check_response)(const void *config, void *state, const struct filter_facts *f,
                           struct filter_verdict *out);
    // How many octets of this response's body the filter must see: 0 means it does not care.
    // Without a response in the facts: how many it may ever ask for.
    size_t (*response_body_limit)(const void *config, const struct filter_facts *f);
    void (*check_response_body)(const void *config, void *state, const struct filter_facts *f,
                                struct filter_verdict *out);
    // The answer is on its way: only notes for the record can still be made. Of the response only
    // status and version are there.
    void (*note_end)(const void *config, void *state, const struct filter_facts *f);
    // Has one of its rules the tag? Empty for filters without rules.
    bool (*knows_tag)(const void *config, struct slice tag);
    // One line of figures for `yett check`: "12,034 prefixes from 2 files". NUL-terminated into
    // out. May be empty.
    void (*describe)(const void *config, char *out, size_t cap);
};

// What one worker keeps for all filters: scratch memory of the rule engine. NULL without memory.
MUST_USE struct filter_worker *filter_worker_new(void);
void filter_worker_free(struct filter_worker **w);

// Keys that every filter has besides its own; the first entries of the list a compile function
// gives to conf_known_keys.
#define FILTER_COMMON_KEYS "type", "on_error", "ban"

// Helpers for filters; false (nothing changed) when the arena is full, which the caller turns into
// "cannot decide". A copy of `match` at the end of notes->matches; texts are not copied. Past
// FILTER_MATCHES_MAX it is only counted, which is no failure.
MUST_USE bool filter_note_match(const struct filter_facts *f, const struct filter_match *match);
// The field at the end of the list (one of the three in the notes), in place of one of the same
// name; texts are not copied. Nodes never change once they are in a list, so that a list is put
// back by putting back its head.
MUST_USE bool filter_note_field(const struct filter_facts *f, struct filter_field **list,
                                struct slice name, struct slice value);
// Where the filter of that config keeps what it remembers of this exchange; NULL without memory.
MUST_USE void **filter_memo(const struct filter_facts *f, const void *config);
// The field of that name in any case, or NULL.
const struct filter_field *filter_field_find(const struct filter_field *list, struct slice name);
void filter_deny(struct filter_verdict *out, unsigned status, const char *reason);
// The filter cannot decide: denied with 503, unless the policy says "on_error": "pass". The caller
// may change the status.
void filter_cannot_decide(struct filter_verdict *out, const char *reason);

// Readers for what several filters have in their JSON; each leaves *out alone without a (sound)
// value, as those of base/conf.h. "status" of refusals: 400..599.
void filter_conf_status(const struct json *object, struct problems *problems, unsigned *out);
// "pass" or "deny".
void filter_conf_pass_or_deny(const struct json *object, const char *key, struct problems *problems,
                              bool *pass);
// `value` with commas between thousands, NUL-terminated into out[FILTER_COUNT_TEXT_MAX]; for
// describe.
enum { FILTER_COUNT_TEXT_MAX = 32 };
const char *filter_count_text(uint64_t value, char *out);

#endif

// SPDX-License-Identifier: Apache-2.0
// Figures of one worker, for people and monitors: what became of requests by route, filter and
// backend server, and how long things took. They outlive the policy, so that no counter ever goes
// back. Written by the worker alone, read by anybody; fixed memory, no lock. Names beyond what
// there is room for are counted together.
#ifndef YETT_PROXY_LEDGER_H
#define YETT_PROXY_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"
#include "proxy/top_clients.h"

struct audit_record;

enum ledger_kind {
    LEDGER_ROUTE,  // counts by verdict (enum audit_verdict)
    LEDGER_FILTER, // counts: denied, would have denied
    LEDGER_SERVER, // of a backend; counts: attempts, failures among them, enum ledger_gauge
    LEDGER_RULE,   // counts: matches
    LEDGER_KINDS,
};

enum {
    LEDGER_ENTRIES = 512,
    LEDGER_RULES = 256, // of them at most, so that rules leave room for the others
    LEDGER_NAME_MAX = 120,
    LEDGER_COUNTS = 6,
    LEDGER_SEEN = 256,
    LEDGER_COUNTRIES = 26 * 26, // two letters each
};

#define LEDGER_OTHER "(other)" // name of what is counted together

// Counts of a server that tell how it is, not what was.
enum ledger_gauge {
    LEDGER_OUTSTANDING = 2, // exchanges under way
    LEDGER_IN_USE,          // 1 as long as the policy has it
    LEDGER_WELL,            // 1 when it gets requests
    LEDGER_EJECTED_UNTIL_S, // since 1970; 0: it is not
};

struct ledger_entry {
    enum ledger_kind kind;
    char name[LEDGER_NAME_MAX + 1], of[LEDGER_NAME_MAX + 1]; // `of`: the backend of a server
    _Atomic uint64_t counts[LEDGER_COUNTS];
};

enum { LEDGER_BOUNDS = 15 };
extern const uint64_t ledger_bounds_us[LEDGER_BOUNDS]; // upper ends of buckets, ascending

struct ledger_histogram {
    _Atomic uint64_t buckets[LEDGER_BOUNDS + 1]; // each for itself; the last one has no end
    _Atomic uint64_t sum_us;
};

struct ledger {
    struct ledger_histogram request, filters, first_byte, handshake;
    _Atomic uint64_t responses[6]; // by class of their status; 0: none was sent
    _Atomic uint64_t request_body_bytes, response_body_bytes;
    _Atomic uint64_t handshakes_resumed, handshakes_failed;
    _Atomic uint64_t countries[LEDGER_COUNTRIES]; // requests
    struct top_clients clients;                   // by requests
    unsigned rule_count;                          // entries for rules
    uint64_t told[LEDGER_ENTRIES][LEDGER_COUNTS]; // of servers, until it is shown
    _Atomic unsigned count; // entries that may be read; the first are for names without room
    struct ledger_entry entries[LEDGER_ENTRIES];
    struct {
        const char *name, *of; // as the policy has them
        unsigned index;
    } seen[LEDGER_SEEN];
};

// NULL without memory.
MUST_USE struct ledger *ledger_new(void);
void ledger_free(struct ledger **l);
// Names are recognised by where they lie; to be called whenever other names may come to lie there:
// before a policy is taken over.
void ledger_forget_places(struct ledger *l);
void ledger_count(struct ledger *l, const struct audit_record *r);

// How a server of a backend is, as far as this worker knows.
struct ledger_server {
    struct slice backend, server;
    bool is_in_use, is_well;
    uint64_t outstanding;
    uint64_t ejected_until_s;
};
// All gauges take what was told between begin and end; what is told of one server twice is added.
void ledger_servers_begin(struct ledger *l);
void ledger_server_tell(struct ledger *l, const struct ledger_server *s);
void ledger_servers_end(struct ledger *l);

#endif

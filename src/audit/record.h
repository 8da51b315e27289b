// SPDX-License-Identifier: Apache-2.0
// The audit record: one line of JSON for every request that was answered, refused or cut off, and
// for every connection that ended before a request. Elastic Common Schema names where it has one,
// yett.* for the rest. This header knows nothing of HTTP or TLS: whoever fills the struct puts
// views of what it knows; they need to live only until audit_record_write. Bytes from outside may
// be anything: the result is always one valid JSON object in valid UTF-8 (see base/json_write.h).
#ifndef YETT_AUDIT_RECORD_H
#define YETT_AUDIT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/slice.h"
#include "base/tls_facts.h"

struct audit_redaction;
struct buf;

enum {
    AUDIT_RECORD_MAX = 64 * 1024, // octets of one line; values are shortened to stay below
    AUDIT_URL_MAX = 8 * 1024,     // octets kept of target, path, query each
    AUDIT_TEXT_MAX = 1024,        // of user agent, host, reasons
    AUDIT_VALUE_MAX = 256,        // of a matched piece
};

enum audit_kind {
    AUDIT_REQUEST,    // event.action "request"
    AUDIT_CONNECTION, // "connection": it ended before a request (TLS failure, garbage, timeout,
                      // refused address)
};

enum audit_outcome { AUDIT_SUCCESS, AUDIT_FAILURE, AUDIT_UNKNOWN }; // event.outcome

// yett.verdict
enum audit_verdict {
    AUDIT_VERDICT_PASSED,  // forwarded, or answered by the route itself, with no filter against it
    AUDIT_VERDICT_DENIED,  // a filter refused
    AUDIT_VERDICT_REFUSED, // the gateway itself refused: malformed, too large, too slow, no route
    AUDIT_VERDICT_FAILED,  // the backend failed
    AUDIT_VERDICT_ABORTED, // the client went away
};

struct audit_match {
    struct slice rule, target, value;
    unsigned score;
    bool is_detect; // written as "mode": "detect", else "block"
    bool is_secret; // value is written as "[redacted]"
    const struct audit_match *next;
};

// A ban the request or connection earned, or was refused for.
struct audit_ban {
    bool is_there;
    bool is_new;     // earned here
    bool is_dry_run; // would have been
    struct addr_prefix who;
    uint64_t until_wall_ns; // 0: unknown
    uint64_t times;         // how often the client was banned so far; 0: unknown
};

struct audit_header {
    struct slice name, value;
    const struct audit_header *next;
};

struct audit_attempt {   // one try at a backend server
    struct slice server; // address or path, for the operator only
    const char *failure; // word, NULL when it answered
    const char *detail;  // a sentence about the failure, or NULL
    bool insecure;       // certificate not verified, or not encrypted beyond this machine
    bool reused;         // a pooled connection
};

enum { AUDIT_ATTEMPTS_MAX = 4 };

struct audit_record {
    enum audit_kind kind;
    enum audit_outcome outcome;
    enum audit_verdict verdict;
    struct slice id;         // event.id; for requests http.request.id is the same
    uint64_t start_wall_ns;  // @timestamp
    uint64_t duration_ns;    // event.duration
    uint64_t count;          // yett.count: connections this record stands for; 0: itself alone
    const char *reason;      // event.reason: constant word, NULL when all was well
    const char *reason_text; // its sentence, yett.reason_text; NULL without

    struct slice listener; // yett.listener
    struct addr peer;      // yett.peer.{ip,port}: who is connected
    struct addr client;    // client.{ip,port,address}: who was chosen as the client
    bool has_client_port;
    const char
        *client_source; // yett.client_source: "connection", "proxy-protocol", "x-forwarded-for"
    const char *client_source_detail; // why not further: "untrusted hop", "malformed
                                      // x-forwarded-for"; NULL without
    struct slice country, continent, as_name;
    uint32_t asn;      // 0: unknown
    struct slice user; // user.name

    struct slice http_version;                      // "1.1", "2"
    struct slice method, target, path, query, host; // url.original is target; url.domain is host
    bool has_query;
    struct slice user_agent;
    const struct audit_header *headers; // http.request.headers.<name>: those the policy asks for
    uint64_t request_body_bytes, response_body_bytes;
    unsigned status; // 0: nothing was answered
    bool response_complete;

    bool is_tls;
    struct tls_facts tls;

    struct slice route, filter, rule, rule_name, backend;
    struct slice would_deny_filter; // detect mode
    const char *would_deny_reason;
    unsigned score;
    unsigned match_count; // all; the list below may be shorter
    const struct audit_match *matches;
    struct audit_attempt attempts[AUDIT_ATTEMPTS_MAX];
    unsigned attempt_count;
    bool insecure;        // yett.backend_insecure, any attempt
    struct audit_ban ban; // yett.ban

    const char *tunnel_end; // yett.tunnel.end: why a tunnel ended; NULL: none was opened
    uint64_t tunnel_ns;     // yett.tunnel.duration

    // yett.timings, nanoseconds; UINT64_MAX: did not happen
    uint64_t tls_ns, filters_ns, backend_connect_ns, backend_first_byte_ns;
};

// A record with every time unset and zero elsewhere.
void audit_record_init(struct audit_record *r);
// Appends the line with its newline to `out` (room for AUDIT_RECORD_MAX). Query and body fields
// named in `redaction` (may be NULL) lose their values. Never fails: what does not fit is
// shortened.
void audit_record_write(const struct audit_record *r, const struct audit_redaction *redaction,
                        struct buf *out);

// Names of query and body fields whose values never appear; compared in any case after decoding.
MUST_USE struct audit_redaction *audit_redaction_new(const struct slice *names, size_t count);
void audit_redaction_free(struct audit_redaction **r);
bool audit_redaction_has(const struct audit_redaction *r, struct slice name);

#endif

// SPDX-License-Identifier: Apache-2.0
// A policy that was read, checked and compiled: immutable, counted. An exchange keeps the one it
// started with; a reload swaps the pointer. Everything below belongs to the snapshot and goes with
// it, but for filter states, which are handed on.
#ifndef YETT_POLICY_SNAPSHOT_H
#define YETT_POLICY_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "backend/config.h"
#include "backend/route.h"
#include "base/addr.h"
#include "base/arena.h"
#include "base/attr.h"
#include "base/slice.h"
#include "filter/chain.h"
#include "http/head.h"

struct audit_redaction;
struct problems;
struct tls_server_context;

struct policy_count_rate {
    uint64_t count, per_ms; // count 0: any
};

// What one HTTP/2 connection may cost.
struct policy_http2_limits {
    uint32_t max_concurrent_streams;
    uint32_t stream_window;     // octets of a request body that come before any was taken
    uint32_t connection_window; // the same over all streams
    uint32_t header_bomb;       // decoded octets of one head that end the connection
    uint32_t continuations;     // CONTINUATION frames of one head
    uint64_t buffer_memory;     // bodies that wait, over all streams of a worker
    struct policy_count_rate resets, control_frames, empty_frames, window_updates, header_octets;
    struct policy_count_rate offences; // of a client address: connections that passed one of these
    uint64_t offence_hold_ms;          // how long its next ones wait before they are closed
};

struct policy_limits {
    struct http_head_limits head; // request_line, field_line, header_bytes, header_count
    uint64_t request_body;
    uint64_t handshake_ms; // TLS, and the PROXY header, together
    uint64_t head_ms; // first octet of a head to its end; also the wait for the first head after
                      // connecting
    uint64_t body_ms; // longest silence inside a request body
    uint64_t send_ms; // longest time in which a client takes nothing of a response
    uint64_t idle_ms; // between requests
    uint64_t body_rate_bytes,
        body_rate_ms; // slowest body that is borne, averaged after the grace time; 0 bytes: any
    uint64_t send_rate_bytes, send_rate_ms; // the same for clients that read
    uint64_t rate_grace_ms;
    uint64_t drain_ms;        // how long running exchanges may take after SIGTERM
    uint64_t discard_bytes;   // body octets read and thrown away after an early answer, to keep the
                              // connection
    uint64_t exchange_memory; // arena of one exchange
    uint32_t connections;     // of the process
    uint32_t connections_per_client; // of one address (IPv6: /64); 0: no bound
    uint32_t requests_per_connection;
    uint32_t interim_responses; // 1xx per request
    struct policy_http2_limits http2;
};

enum client_address_source { CLIENT_FROM_CONNECTION, CLIENT_FROM_X_FORWARDED_FOR };
enum proxy_protocol_mode { PROXY_PROTOCOL_OFF, PROXY_PROTOCOL_ON };

struct policy_listener {
    uint64_t definition; // hash of what the policy says of it, and of the files it names
    struct slice name;
    struct addr bind;
    struct tls_server_context *tls; // NULL: plain
    bool redirect_to_https;         // every request gets a 308 to the same target under https
    uint16_t redirect_port;         // 0: default
    struct slice default_host;      // for HTTP/1.0 without Host; empty: refused
    const struct addr_prefix
        *trusted_proxies; // who may speak for others: PROXY headers and X-Forwarded-For
    size_t trusted_proxy_count;
    enum client_address_source client_from;
    enum proxy_protocol_mode proxy_protocol;
    struct filter_chain address_filters; // judged at accept, before TLS: a refused connection is
                                         // closed without a word
};

enum route_action { ROUTE_BACKEND, ROUTE_REDIRECT, ROUTE_RESPOND };

struct policy_field {
    struct slice name, value;
};

struct policy_route {
    struct slice name; // "name", or the first host and the path
    struct slice path; // prefix, for strip_prefix
    struct filter_chain filters;
    enum route_action action;
    unsigned backend;          // index into snapshot.backends
    unsigned status;           // of redirect and respond
    struct slice location;     // template: {scheme} {host} {target} {path} {query}
    struct slice body;         // of respond
    struct slice content_type; // of respond
    const struct slice *hosts; // as in the match
    size_t host_count;
    const struct slice *methods; // as in the match; these are allowed here beside the policy's
    size_t method_count;
    const struct policy_field *request_set;
    size_t request_set_count;
    const struct slice *request_remove;
    size_t request_remove_count;
    const struct policy_field *response_set;
    size_t response_set_count;
    const struct slice *response_remove;
    size_t response_remove_count;
    bool strip_prefix;
    bool grpc;                   // takes gRPC alone
    bool websocket;              // may be switched to
    uint64_t websocket_idle_ms;  // longest silence of both sides together
    uint64_t websocket_max_ms;   // longest life
    struct policy_limits limits; // the policy's with the route's overrides; head, connection limits
                                 // are always the policy's
    uint64_t connect_ms, response_ms, transfer_idle_ms; // the backend's with the route's overrides
};

struct policy_audit {
    struct audit_options options; // workers is filled in by the server
    uint64_t definition;          // hash of what the policy says of where records go
    struct audit_redaction *redaction;
    const struct slice *request_headers; // recorded by name, lower case
    size_t request_header_count;
};

// What is done with banned clients (filter/ban_table.h).
struct policy_bans {
    uint64_t definition; // hash of what takes a restart: the first three
    size_t table_size;
    const char *state_file; // NULL: bans end with the process
    unsigned ipv6_bits;     // of an IPv6 address that make a client
    const struct addr_prefix *never;
    size_t never_count;
    bool closes; // connections, before TLS; else requests are answered
    unsigned status;
    uint64_t remember_ms; // how long a ban that has ended makes the next one longer
};

enum { POLICY_ADMIN_TOKEN_MAX = 512 };

// Where the admin listener stands and who may speak to it.
struct policy_admin {
    bool is_there;
    const char *path; // of a unix socket; NULL: `bind` counts
    struct addr bind;
    struct slice token; // at most POLICY_ADMIN_TOKEN_MAX; empty: whoever reaches it may
};

struct snapshot {
    _Atomic size_t references;
    struct arena arena;
    const char *path;  // of the policy file
    struct slice text; // what stood in it
    uint64_t files;    // hash of the state of the files it names, before they were read
    uint64_t watch_ms; // how often somebody should look whether they have changed; 0: never
    struct policy_listener *listeners;
    size_t listener_count;
    struct backend_config *backends;
    size_t backend_count;
    struct filter_instance *filters;
    size_t filter_count;
    struct policy_route *routes;
    size_t route_count;
    const struct route_table *route_table;
    struct policy_limits limits;
    const struct slice *methods; // allowed everywhere
    size_t method_count;
    struct policy_audit audit;
    struct policy_bans bans;
    struct policy_admin admin;
    struct slice server_header; // value of Server in responses; empty: none
    unsigned workers;           // resolved: "auto" is the number of usable processors
};

// Reads, checks and compiles the policy and every file it names. NULL with all problems found. One
// reference is the caller's.
MUST_USE struct snapshot *policy_load(const char *path, struct problems *problems);
// The same policy once more, whatever stands in its file now: only what it names is read anew.
MUST_USE struct snapshot *policy_load_again(const struct snapshot *s, struct problems *problems);
// The same with another text, which stands where the policy stands.
MUST_USE struct snapshot *policy_load_variant(const struct snapshot *s, struct slice text,
                                              struct problems *problems);
// The hash `files` of `s` as it would be now; 0 without memory.
uint64_t policy_look_at_files(const struct snapshot *s);
// The listener that is defined in the same way; NULL without.
const struct policy_listener *snapshot_listener_like(const struct snapshot *s,
                                                     const struct policy_listener *l);
struct snapshot *snapshot_ref(struct snapshot *s);
// Before `s` serves in place of `old`: filters and listeners of the same name go on with what they
// remember, counters and ticket keys.
void snapshot_inherit(struct snapshot *s, const struct snapshot *old);
// A certificate that ends some day.
struct snapshot_expiry {
    const char *kind;   // "listener", "backend-client" (what we show a backend), "backend-server"
    struct slice owner; // name of the listener or backend
    struct slice name;  // file, or the server's url
    int64_t at_s;       // since 1970
};
// Whole days left; negative from the second on in which it has ended.
int64_t snapshot_expiry_days(const struct snapshot_expiry *e);
// Tells of all that are known: those of servers are, once a connection was made.
void snapshot_each_expiry(const struct snapshot *s,
                          void (*tell)(void *ctx, const struct snapshot_expiry *e), void *ctx);
// Is the caller's reference the only one?
bool snapshot_is_alone(const struct snapshot *s);
// Callable from any thread; frees with the last reference. Clears *s.
void snapshot_unref(struct snapshot **s);

#endif

// SPDX-License-Identifier: Apache-2.0
// Backends as the policy describes them: immutable, part of the snapshot, shared by workers. What
// changes (connections, sessions, counts of outstanding requests) is per worker, in group.h.
#ifndef YETT_BACKEND_CONFIG_H
#define YETT_BACKEND_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/slice.h"
#include "http/head.h"
#include "http2/client.h"

struct tls_client_context;

enum { BACKEND_SERVERS_MAX = 64, BACKEND_ADDRESSES_MAX = 8 };

struct backend_server {
    struct slice url;       // as the policy has it, for records
    struct slice authority; // host[:port] of the url, lower case: recognised in Location fields
    struct addr addresses[BACKEND_ADDRESSES_MAX]; // with port, in the order to try
    unsigned address_count;
    const char *unix_path;          // NULL unless "http+unix:///path" or "https+unix:///path"
    unsigned weight;                // 1..256
    struct tls_client_context *tls; // NULL: plain; belongs to the config
    bool is_backup;                 // serves only while no other server is well
    bool insecure; // the certificate is not verified, or plain text leaves this machine
};

enum backend_balance { BACKEND_ROUND_ROBIN, BACKEND_LEAST_OUTSTANDING };

enum backend_protocol { BACKEND_HTTP_1_1, BACKEND_HTTP_2 };

// Each connection begins with a PROXY header of version 2: then none serves two clients.
enum backend_proxy_header {
    BACKEND_PROXY_NONE,
    BACKEND_PROXY_FACTS,     // with all that is known of the client
    BACKEND_PROXY_ADDRESSES, // with its addresses alone, for receivers with little room
};

struct backend_health_check {
    bool enabled;
    struct slice path; // origin-form
    struct slice host; // Host of the check
    uint64_t interval_ms, timeout_ms;
    unsigned rise, fall;
    unsigned status_min, status_max; // expected, 200..399 unless told
};

struct backend_config {
    struct slice name;
    struct backend_server *servers;
    unsigned server_count;
    enum backend_balance balance;
    enum backend_protocol protocol;
    struct http2_client_limits http2; // for BACKEND_HTTP_2
    struct backend_health_check health;
    uint64_t connect_ms;  // connection and handshake together
    uint64_t response_ms; // from the end of the request to the end of the response head
    uint64_t idle_ms;     // longest silence while a body goes either way
    uint64_t keep_ms;     // how long an unused connection is kept
    uint64_t total_ms;    // all attempts up to the response head; 0: no bound of its own
    unsigned keep_max;    // unused connections kept per server and worker
    unsigned retries;     // further attempts after the first
    enum backend_proxy_header proxy_header;
    struct http_head_limits response_head;
};

#endif

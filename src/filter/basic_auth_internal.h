// SPDX-License-Identifier: Apache-2.0
// What basic_auth.c (the filter) and login_job.c (what runs off the loop) share.
#ifndef YETT_FILTER_BASIC_AUTH_INTERNAL_H
#define YETT_FILTER_BASIC_AUTH_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/secret.h"
#include "filter/failure_table.h"
#include "filter/htpasswd.h"
#include "filter/key_table.h"
#include "filter/password_cache.h"

struct filter_facts;
struct filter_job;
struct filter_verdict;

struct basic_auth {
    struct htpasswd *users;
    char challenge[320]; // of WWW-Authenticate; room for a realm of which each octet is escaped
    size_t challenge_len;
    uint64_t cache_ttl_ms; // 0: nothing is remembered
    uint64_t cache_size, table_size;
    struct failure_limit per_user;   // one client, one user
    struct failure_limit per_client; // one client, any user
};

struct basic_auth_state {
    struct hash_key hash;
    struct password_cache *cache;
    struct key_table *failures; // of both kinds
};

enum login_result {
    LOGIN_GOOD,
    LOGIN_WRONG,
    LOGIN_LOCKED_OUT,
    LOGIN_TABLE_FULL, // its failure could not be counted, so it is not tried
    LOGIN_FAILED,     // the hash could not be computed
};

struct login_keys {
    uint64_t client, user;
};

// One attempt. Configuration and state live as long as the exchange's snapshot, which outlives the
// job.
struct login {
    const struct basic_auth *config;
    struct basic_auth_state *state;
    const struct htpasswd_user *user; // NULL: nobody of that name; hashed all the same
    struct password_mark mark;
    struct login_keys keys;
    uint64_t now_ms; // when the attempt began
};

// GOOD: it may be tried. LOCKED_OUT sets *wait_ms. Callable from any thread.
MUST_USE enum login_result login_may_try(const struct login *login, uint64_t *wait_ms);
// The job that tries it, with a copy of the password; NULL without memory.
MUST_USE struct filter_job *login_job_new(const struct login *login, struct slice password);

void basic_auth_settle(const struct basic_auth *c, const struct htpasswd_user *user,
                       enum login_result result, uint64_t wait_ms, const struct filter_facts *f,
                       struct filter_verdict *out);

#endif

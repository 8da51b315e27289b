// SPDX-License-Identifier: Apache-2.0
// One login off the loop. While it waited for its turn, others of the same client may have failed
// or the same credentials may have been found good, so both are asked again just before the hash: a
// hundred guesses sent at once get no more tries than sent one by one, beside those that other
// threads of the pool are hashing at that moment; and a hundred good requests cost about one hash.
// An unknown user's password is hashed like any other, and the result thrown away.
#include <stdlib.h>
#include <string.h>

#include "filter/basic_auth_internal.h"
#include "filter/filter.h"

struct login_job {
    struct filter_job base;
    struct login login;
    enum login_result result;
    uint64_t wait_ms;
    char password[HTPASSWD_PASSWORD_MAX + 1];
};

enum login_result login_may_try(const struct login *login, uint64_t *wait_ms)
{
    const struct basic_auth *c = login->config;
    struct key_table *t = login->state->failures;
    enum failure_state state =
        failure_open(t, login->keys.client, &c->per_client, login->now_ms, wait_ms);
    if (state == FAILURE_OPEN)
        state = failure_open(t, login->keys.user, &c->per_user, login->now_ms, wait_ms);
    if (state == FAILURE_OPEN)
        return LOGIN_GOOD;
    return state == FAILURE_FULL ? LOGIN_TABLE_FULL : LOGIN_LOCKED_OUT;
}

static void remember(const struct login *login, enum login_result result)
{
    const struct basic_auth *c = login->config;
    struct basic_auth_state *s = login->state;
    if (result == LOGIN_WRONG) {
        failure_count(s->failures, login->keys.client, &c->per_client, login->now_ms);
        failure_count(s->failures, login->keys.user, &c->per_user, login->now_ms);
    }
    if (result == LOGIN_GOOD) {
        failure_forget(s->failures, login->keys.user, &c->per_user, login->now_ms);
        if (c->cache_ttl_ms)
            password_cache_put(s->cache, &login->mark, login->now_ms + c->cache_ttl_ms);
    }
}

static enum login_result try(const struct login *login, const char *password)
{
    const struct htpasswd_user *user =
        login->user ? login->user : htpasswd_typical(login->config->users);
    switch (htpasswd_check(password, user->hash.ptr)) {
    case HTPASSWD_GOOD:
        return login->user ? LOGIN_GOOD : LOGIN_WRONG;
    case HTPASSWD_WRONG:
        return LOGIN_WRONG;
    case HTPASSWD_FAILED:
        break;
    }
    return LOGIN_FAILED;
}

static void run(struct filter_job *job)
{
    struct login_job *j = CONTAINER_OF(job, struct login_job, base);
    const struct login *login = &j->login;
    j->result = login_may_try(login, &j->wait_ms);
    if (j->result == LOGIN_GOOD &&
        !(login->user && password_cache_has(login->state->cache, &login->mark, login->now_ms))) {
        j->result = try(login, j->password);
        remember(login, j->result);
    }
    secret_wipe(j->password, sizeof(j->password));
}

static void finish(struct filter_job *job, const struct filter_facts *f, struct filter_verdict *out)
{
    const struct login_job *j = CONTAINER_OF(job, struct login_job, base);
    basic_auth_settle(j->login.config, j->login.user, j->result, j->wait_ms, f, out);
}

static void free_job(struct filter_job *job)
{
    struct login_job *j = CONTAINER_OF(job, struct login_job, base);
    secret_wipe(j, sizeof(*j));
    free(j);
}

struct filter_job *login_job_new(const struct login *login, struct slice password)
{
    struct login_job *j = calloc(1, sizeof(*j));
    if (!j || password.len >= sizeof(j->password)) {
        free(j);
        return NULL;
    }
    j->base = (struct filter_job){.run = run, .finish = finish, .free = free_job};
    j->login = *login;
    j->result = LOGIN_FAILED; // until it has run
    memcpy(j->password, password.ptr, password.len);
    return &j->base;
}

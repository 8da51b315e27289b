// SPDX-License-Identifier: Apache-2.0
// Password login in front of a backend that has none. A password hash takes milliseconds on
// purpose, so it must neither run on a loop nor be computed for everybody who asks: what was found
// good is remembered (password_cache.h), who fails too often is locked out before any hashing
// (failure_table.h), and the rest is a job for the offload pool (login_job.h). Failures count
// twice: for the client and the user it tried, and for the client whoever it tried. A user is never
// locked out for everybody, because then anybody could do it to him.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/file.h"
#include "filter/basic_auth_internal.h"
#include "filter/credentials.h"
#include "filter/filter.h"
#include "filter/rate_key.h"
#include "http/field.h"
#include "http/head.h"

enum {
    WHY_MAX = 160,
    REALM_MAX = 128,
    CACHE_DEFAULT = 4096,
    TABLE_DEFAULT = 65536, // 1 MiB
    IPV6_BITS = 64,
};

static const uint64_t minute_ms = 60 * 1000, day_ms = 24 * 3600 * 1000;

static void read_users(struct basic_auth *c, const struct json *object, struct problems *problems)
{
    const struct json *value = conf_required(object, "users", problems);
    char *path = value ? conf_path(value, problems) : NULL;
    if (!path)
        return;
    char *text, why[WHY_MAX];
    size_t len;
    if (file_read(path, HTPASSWD_FILE_MAX, &text, &len, why, sizeof(why))) {
        c->users = htpasswd_read(path, slice_of(text, len), problems);
        secret_wipe(text, len);
        free(text);
    } else {
        problems_add(problems, value, "the users in %s can't be read: %s", path, why);
    }
    free(path);
}

// The challenge (RFC 7617, 2), with the realm as a quoted string (RFC 9110, 5.6.4).
static void read_realm(struct basic_auth *c, const struct json *object, struct problems *problems)
{
    struct slice realm = {0};
    const struct json *value = conf_required(object, "realm", problems);
    if (!value || !conf_text(object, "realm", problems, &realm))
        return;
    if (realm.len > REALM_MAX || !http_field_value_is_valid(realm)) {
        problems_add(problems, value,
                     "must be at most %d octets without control octets or blanks around it",
                     REALM_MAX);
        return;
    }
    struct buf out;
    buf_init(&out, c->challenge, sizeof(c->challenge));
    buf_str(&out, "Basic realm=\"");
    for (size_t i = 0; i < realm.len; i++) {
        if (realm.ptr[i] == '"' || realm.ptr[i] == '\\')
            buf_char(&out, '\\');
        buf_char(&out, realm.ptr[i]);
    }
    buf_str(&out, "\", charset=\"UTF-8\"");
    c->challenge_len = out.len;
}

static void compile_into(struct basic_auth *c, const struct json *object, struct problems *problems)
{
    static const char *const keys[] = {FILTER_COMMON_KEYS,
                                       "realm",
                                       "users",
                                       "cache_ttl",
                                       "cache_size",
                                       "max_failures",
                                       "max_failures_per_client",
                                       "failure_window",
                                       "lockout",
                                       "failure_table_size",
                                       NULL};
    conf_known_keys(object, keys, problems);
    read_realm(c, object, problems);
    read_users(c, object, problems);
    (void)conf_duration_ms(object, "cache_ttl", 0, day_ms, problems, &c->cache_ttl_ms);
    (void)conf_u64(object, "cache_size", PASSWORD_CACHE_MIN, PASSWORD_CACHE_MAX, problems,
                   &c->cache_size);
    (void)conf_u64(object, "max_failures", 1, FAILURES_MAX, problems, &c->per_user.max);
    (void)conf_u64(object, "max_failures_per_client", 1, FAILURES_MAX, problems,
                   &c->per_client.max);
    (void)conf_duration_ms(object, "failure_window", 1000, day_ms, problems,
                           &c->per_user.window_ms);
    (void)conf_duration_ms(object, "lockout", 1000, day_ms, problems, &c->per_user.lockout_ms);
    (void)conf_u64(object, "failure_table_size", KEY_TABLE_SLOTS_MIN, KEY_TABLE_SLOTS_MAX, problems,
                   &c->table_size);
    c->per_client.window_ms = c->per_user.window_ms;
    c->per_client.lockout_ms = c->per_user.lockout_ms;
}

static void free_config(void *config)
{
    struct basic_auth *c = config;
    htpasswd_free(&c->users);
    free(c);
}

static void *compile(const struct json *object, struct problems *problems)
{
    size_t before = problems_count(problems);
    struct basic_auth *c = calloc(1, sizeof(*c));
    if (!c) {
        problems_add(problems, object, "no memory");
        return NULL;
    }
    *c = (struct basic_auth){
        .cache_ttl_ms = minute_ms,
        .cache_size = CACHE_DEFAULT,
        .table_size = TABLE_DEFAULT,
        .per_user = {.max = 10, .window_ms = minute_ms, .lockout_ms = minute_ms},
        .per_client = {.max = 50},
    };
    compile_into(c, object, problems);
    if (problems_count(problems) == before)
        return c;
    free_config(c);
    return NULL;
}

static void free_state(void *state)
{
    struct basic_auth_state *s = state;
    password_cache_free(&s->cache);
    key_table_free(&s->failures);
    free(s);
}

static void *new_state(const void *config)
{
    const struct basic_auth *c = config;
    struct basic_auth_state *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    hash_key_random(&s->hash);
    s->cache = password_cache_new((size_t)c->cache_size);
    s->failures = key_table_new((size_t)c->table_size);
    if (s->cache && s->failures)
        return s;
    free_state(s);
    return NULL;
}

static bool state_fits(const void *config, const void *state)
{
    const struct basic_auth *c = config;
    const struct basic_auth_state *s = state;
    return password_cache_rounded((size_t)c->cache_size) == password_cache_size(s->cache) &&
           key_table_rounded((size_t)c->table_size) == key_table_slots(s->failures);
}

static void challenge(const struct basic_auth *c, const struct filter_facts *f, const char *reason,
                      struct filter_verdict *out)
{
    if (!filter_note_field(f, &f->notes->response_set, SLICE("WWW-Authenticate"),
                           slice_of(c->challenge, c->challenge_len))) {
        filter_cannot_decide(out, "out-of-memory");
        return;
    }
    out->kind = FILTER_RESPOND;
    out->status = 401;
    out->reason = reason;
}

static void lock_out(const struct filter_facts *f, uint64_t wait_ms, struct filter_verdict *out)
{
    filter_deny(out, 429, "auth-locked-out");
    // Without memory the refusal stays right, and goes without its hint.
    const char *text = arena_printf(f->arena, "%llu", (unsigned long long)(wait_ms + 999) / 1000);
    bool noted = text && filter_note_field(f, &f->notes->response_set, SLICE("Retry-After"),
                                           slice_str(text));
    (void)noted;
}

static void accept_user(const struct htpasswd_user *user, const struct filter_facts *f,
                        struct filter_verdict *out)
{
    struct filter_notes *n = f->notes;
    if (!filter_note_field(f, &n->request_remove, http_field_name(HTTP_FIELD_AUTHORIZATION),
                           (struct slice){0}) ||
        !filter_note_field(f, &n->request_set, SLICE("X-Authenticated-User"), user->name)) {
        filter_cannot_decide(out, "out-of-memory");
        return;
    }
    n->user = user->name;
}

// Turns what a login came to into a verdict.
void basic_auth_settle(const struct basic_auth *c, const struct htpasswd_user *user,
                       enum login_result result, uint64_t wait_ms, const struct filter_facts *f,
                       struct filter_verdict *out)
{
    switch (result) {
    case LOGIN_GOOD:
        accept_user(user, f, out);
        return;
    case LOGIN_WRONG:
        challenge(c, f, "credentials-invalid", out);
        return;
    case LOGIN_LOCKED_OUT:
        lock_out(f, wait_ms, out);
        return;
    case LOGIN_TABLE_FULL:
        filter_cannot_decide(out, "auth-table-full");
        return;
    case LOGIN_FAILED:
        break;
    }
    filter_cannot_decide(out, "password-hash-failed");
}

static void make_keys(const struct basic_auth_state *s, const struct addr *client,
                      struct slice user, struct login_keys *out)
{
    struct {
        uint8_t client[16];
        uint64_t is_unix;
        uint64_t user; // hash of the name; the client's own key has 0
    } who = {.is_unix = client->is_unix};
    struct addr_prefix p = rate_key_client(client, IPV6_BITS);
    memcpy(who.client, p.bytes, sizeof(who.client));
    out->client = key_table_key(&s->hash, &who, sizeof(who));
    who.user = key_table_key(&s->hash, user.ptr, user.len);
    out->user = key_table_key(&s->hash, &who, sizeof(who));
}

// Judges credentials that are well-formed: from memory, by lock-out, or by a job.
static void check_login(const struct basic_auth *c, struct basic_auth_state *s,
                        const struct credentials *given, const struct filter_facts *f,
                        struct filter_verdict *out)
{
    const struct htpasswd_user *user = htpasswd_find(c->users, given->user);
    struct login login = {.config = c, .state = s, .user = user, .now_ms = f->now_ms};
    login.mark = password_cache_mark(s->cache, given->user, given->password,
                                     user ? user->hash : htpasswd_typical(c->users)->hash);
    if (user && password_cache_has(s->cache, &login.mark, f->now_ms)) {
        accept_user(user, f, out);
        return;
    }
    make_keys(s, &f->client, given->user, &login.keys);
    uint64_t wait_ms = 0;
    enum login_result result = login_may_try(&login, &wait_ms);
    if (result != LOGIN_GOOD) {
        basic_auth_settle(c, user, result, wait_ms, f, out);
        return;
    }
    out->job = login_job_new(&login, given->password);
    if (out->job)
        out->kind = FILTER_WAIT;
    else
        filter_cannot_decide(out, "out-of-memory");
}

static void check_head(const void *config, void *state, const struct filter_facts *f,
                       struct filter_verdict *out)
{
    const struct basic_auth *c = config;
    struct credentials given;
    switch (credentials_read(&f->request->fields, &given)) {
    case CREDENTIALS_GIVEN:
        check_login(c, state, &given, f, out);
        break;
    case CREDENTIALS_MISSING:
        challenge(c, f, "credentials-missing", out);
        out->is_blameless = true; // browsers give none before they are asked
        break;
    case CREDENTIALS_MALFORMED:
        challenge(c, f, "credentials-malformed", out);
        break;
    }
    credentials_wipe(&given);
}

static void describe(const void *config, char *out, size_t cap)
{
    const struct basic_auth *c = config;
    char count[FILTER_COUNT_TEXT_MAX];
    (void)snprintf(out, cap, "%s users", filter_count_text(htpasswd_count(c->users), count));
}

const struct filter filter_basic_auth = {
    .name = "basic_auth",
    .compile = compile,
    .free = free_config,
    .state_new = new_state,
    .state_free = free_state,
    .state_fits = state_fits,
    .check_head = check_head,
    .describe = describe,
};

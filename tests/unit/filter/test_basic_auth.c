// SPDX-License-Identifier: Apache-2.0
#include "unit/filter/facts.h"

#include <unistd.h>

#include "base/base64.h"
#include "filter/records.h"
#include "unit/filter/hashes.h"

static char users[] = "/tmp/yett-users-XXXXXX";

static int write_users(void **state)
{
    (void)state;
    static const char text[] = "ada:" HASH_BCRYPT "\nbob:" HASH_BCRYPT "\n";
    int file = mkstemp(users);
    bool written = file >= 0 && write(file, text, sizeof(text) - 1) == (ssize_t)(sizeof(text) - 1);
    return written && close(file) == 0 ? 0 : -1;
}

static int remove_users(void **state)
{
    (void)state;
    return unlink(users);
}

#define GOOD "secret:with colon"

static void compile_auth(struct compiled *c, const char *more)
{
    char object[512];
    (void)snprintf(object, sizeof(object),
                   "{\"type\":\"basic_auth\",\"realm\":\"The \\\"Staff\\\"\",\"users\":\"%s\"%s}",
                   users, more);
    compile_good(c, &filter_basic_auth, object);
}

struct login {
    struct scene scene;
    char head[2048];
    bool hashed; // a job was needed
};

// One request with these credentials (none when user is NULL), its job run to the end.
static struct filter_verdict log_in(struct login *l, const struct compiled *c, const char *client,
                                    uint64_t now_ms, const char *user, const char *password)
{
    char text[512], token[1024] = "";
    if (user) {
        int len = snprintf(text, sizeof(text), "%s:%s", user, password);
        base64_encode(slice_of(text, (size_t)len), token);
        token[base64_encoded_len((size_t)len)] = '\0';
    }
    (void)snprintf(l->head, sizeof(l->head), "GET / HTTP/1.1\r\nHost: a\r\n%s%s%s\r\n",
                   user ? "Authorization: Basic " : "", token, user ? "\r\n" : "");
    scene_init(&l->scene, l->head);
    scene_client(&l->scene, client);
    l->scene.facts.now_ms = now_ms;
    struct filter_verdict v = check_head(c, &l->scene);
    l->hashed = v.kind == FILTER_WAIT;
    if (!l->hashed)
        return v;
    struct filter_job *job = v.job;
    assert_non_null(job);
    v = (struct filter_verdict){0};
    job->run(job);
    job->finish(job, &l->scene.facts, &v);
    job->free(job);
    return v;
}

static void assert_login(const struct compiled *c, const char *client, uint64_t now_ms,
                         const char *user, const char *password, const char *reason, bool hashed)
{
    struct login l;
    struct filter_verdict v = log_in(&l, c, client, now_ms, user, password);
    if (!reason != (v.kind == FILTER_PASS) || (reason && strcmp(reason, v.reason) != 0))
        fail_msg("%s at %llu: %s", user, (unsigned long long)now_ms,
                 v.kind == FILTER_PASS ? "passes" : v.reason);
    assert_int_equal(l.hashed, hashed);
    scene_clear(&l.scene);
}

static void challenges_who_brings_nothing(void **state)
{
    (void)state;
    struct compiled c;
    struct login l;
    compile_auth(&c, "");
    struct filter_verdict v = log_in(&l, &c, "192.0.2.1", 1000, NULL, NULL);
    assert_int_equal(v.kind, FILTER_RESPOND);
    assert_int_equal(v.status, 401);
    assert_string_equal(v.reason, "credentials-missing");
    ASSERT_SLICE(field_in(l.scene.notes.response_set, "WWW-Authenticate"),
                 SLICE("Basic realm=\"The \\\"Staff\\\"\", charset=\"UTF-8\""));
    scene_clear(&l.scene);
    compiled_clear(&c);
}

static void good_password_names_the_user_to_the_backend(void **state)
{
    (void)state;
    struct compiled c;
    struct login l;
    compile_auth(&c, "");
    for (unsigned i = 0; i < 2; i++) { // hashed, then remembered
        struct filter_verdict v = log_in(&l, &c, "192.0.2.1", 1000, "ada", GOOD);
        assert_int_equal(v.kind, FILTER_PASS);
        assert_int_equal(l.hashed, i == 0);
        ASSERT_SLICE(l.scene.notes.user, SLICE("ada"));
        ASSERT_SLICE(field_in(l.scene.notes.request_set, "X-Authenticated-User"), SLICE("ada"));
        assert_non_null(filter_field_find(l.scene.notes.request_remove, SLICE("Authorization")));
        assert_null(l.scene.notes.response_set);
        scene_clear(&l.scene);
    }
    compiled_clear(&c);
}

static void wrong_password_and_unknown_user_are_the_same(void **state)
{
    (void)state;
    struct compiled c;
    struct login l;
    compile_auth(&c, "");
    static const char *const names[] = {"ada", "nobody"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct filter_verdict v = log_in(&l, &c, "192.0.2.1", 1000, names[i], "wrong");
        assert_int_equal(v.kind, FILTER_RESPOND);
        assert_int_equal(v.status, 401);
        assert_string_equal(v.reason, "credentials-invalid");
        assert_true(l.hashed);
        assert_int_equal(l.scene.notes.user.len, 0);
        assert_null(l.scene.notes.request_set);
        scene_clear(&l.scene);
    }
    // Nor does the password of those an unknown user is hashed like let him in.
    assert_login(&c, "192.0.2.1", 1000, "nobody", GOOD, "credentials-invalid", true);
    assert_login(&c, "192.0.2.1", 1000, "nobody", GOOD, "credentials-invalid", true);
    compiled_clear(&c);
}

static void memory_of_good_logins_ends(void **state)
{
    (void)state;
    struct compiled c;
    compile_auth(&c, ",\"cache_ttl\":\"10s\"");
    assert_login(&c, "192.0.2.1", 1000, "ada", GOOD, NULL, true);
    assert_login(&c, "192.0.2.2", 10999, "ada", GOOD, NULL, false);
    assert_login(&c, "192.0.2.2", 10999, "bob", GOOD, NULL, true);
    assert_login(&c, "192.0.2.1", 11000, "ada", GOOD, NULL, true);
    compiled_clear(&c);
    compile_auth(&c, ",\"cache_ttl\":\"0s\"");
    assert_login(&c, "192.0.2.1", 1000, "ada", GOOD, NULL, true);
    assert_login(&c, "192.0.2.1", 1000, "ada", GOOD, NULL, true);
    compiled_clear(&c);
}

static void too_many_failures_lock_out_client_and_user(void **state)
{
    (void)state;
    struct compiled c;
    struct login l;
    compile_auth(&c, ",\"max_failures\":3,\"lockout\":\"20s\",\"failure_window\":\"5s\"");
    for (unsigned i = 0; i < 3; i++)
        assert_login(&c, "2001:db8::1", 1000 + i, "ada", "wrong", "credentials-invalid", true);
    // From the same /64; a good password does not help now, and nothing is hashed.
    struct filter_verdict v = log_in(&l, &c, "2001:db8::2", 1003, "ada", GOOD);
    assert_int_equal(v.kind, FILTER_DENY);
    assert_int_equal(v.status, 429);
    assert_string_equal(v.reason, "auth-locked-out");
    ASSERT_SLICE(field_in(l.scene.notes.response_set, "Retry-After"), SLICE("20"));
    assert_false(l.hashed);
    scene_clear(&l.scene);
    // Others are not touched: another user from there, this user from elsewhere.
    assert_login(&c, "2001:db8::2", 1003, "bob", GOOD, NULL, true);
    assert_login(&c, "2001:db8:0:1::1", 1003, "ada", GOOD, NULL, true);
    assert_login(&c, "2001:db8::1", 21002, "ada", GOOD, NULL,
                 false); // remembered since the line above
    compiled_clear(&c);
}

static void client_that_tries_many_users_is_locked_out_for_all(void **state)
{
    (void)state;
    struct compiled c;
    char user[16];
    compile_auth(&c, ",\"max_failures\":3,\"max_failures_per_client\":5");
    for (unsigned i = 0; i < 5; i++) {
        (void)snprintf(user, sizeof(user), "user%u", i);
        assert_login(&c, "192.0.2.1", 1000, user, "wrong", "credentials-invalid", true);
    }
    assert_login(&c, "192.0.2.1", 1000, "ada", GOOD, "auth-locked-out", false);
    assert_login(&c, "192.0.2.2", 1000, "ada", GOOD, NULL, true);
    compiled_clear(&c);
}

static void guesses_sent_at_once_get_no_more_tries(void **state)
{
    (void)state;
    enum { GUESSES = 8 };
    struct compiled c;
    struct scene scenes[GUESSES];
    struct filter_job *jobs[GUESSES];
    unsigned invalid = 0, locked_out = 0;
    compile_auth(&c, ",\"max_failures\":3");
    for (unsigned i = 0; i < GUESSES; i++) {
        scene_init(&scenes[i],
                   "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YWRhOng=\r\n\r\n");
        struct filter_verdict v = check_head(&c, &scenes[i]);
        assert_int_equal(v.kind, FILTER_WAIT);
        jobs[i] = v.job;
    }
    for (unsigned i = 0; i < GUESSES; i++) {
        struct filter_verdict v = {0};
        jobs[i]->run(jobs[i]);
        jobs[i]->finish(jobs[i], &scenes[i].facts, &v);
        jobs[i]->free(jobs[i]);
        invalid += strcmp(v.reason, "credentials-invalid") == 0;
        locked_out += strcmp(v.reason, "auth-locked-out") == 0;
        scene_clear(&scenes[i]);
    }
    assert_int_equal(invalid, 3);
    assert_int_equal(locked_out, GUESSES - 3);
    compiled_clear(&c);
}

static void job_that_never_ran_lets_nobody_in(void **state)
{
    (void)state;
    struct compiled c;
    struct scene s;
    compile_auth(&c, "");
    scene_init(&s, "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YWRhOng=\r\n\r\n");
    struct filter_verdict v = check_head(&c, &s);
    assert_int_equal(v.kind, FILTER_WAIT);
    struct filter_job *job = v.job;
    job->finish(job, &s.facts, &v);
    assert_int_equal(v.kind, FILTER_DENY);
    assert_true(v.undecided);
    job->free(job);
    scene_clear(&s);
    compiled_clear(&c);
}

static void full_failure_table_cannot_decide(void **state)
{
    (void)state;
    struct compiled c;
    struct login l;
    char client[32];
    bool full = false;
    compile_auth(&c, ",\"failure_table_size\":16,\"cache_ttl\":\"0s\"");
    for (unsigned i = 0; i < 30 && !full; i++) {
        (void)snprintf(client, sizeof(client), "10.0.0.%u", i);
        struct filter_verdict v = log_in(&l, &c, client, 1000, "ada", GOOD);
        full = v.kind == FILTER_DENY;
        if (full) {
            assert_string_equal(v.reason, "auth-table-full");
            assert_true(v.undecided);
            assert_false(l.hashed);
        }
        scene_clear(&l.scene);
    }
    assert_true(full);
    compiled_clear(&c);
}

static void memory_serves_the_next_policy_but_not_another_hash(void **state)
{
    (void)state;
    struct compiled old, same, changed;
    char path[] = "/tmp/yett-users-XXXXXX", object[256];
    int file = mkstemp(path);
    static const char text[] = "ada:" HASH_SHA256 "\n";
    assert_int_equal(write(file, text, sizeof(text) - 1), sizeof(text) - 1);
    (void)close(file);
    compile_auth(&old, "");
    compile_auth(&same, "");
    (void)snprintf(object, sizeof(object),
                   "{\"type\":\"basic_auth\",\"realm\":\"r\",\"users\":\"%s\"}", path);
    compile_good(&changed, &filter_basic_auth, object);
    assert_login(&old, "192.0.2.1", 1000, "ada", GOOD, NULL, true);
    assert_true(filter_basic_auth.state_fits(same.config, old.state));
    void *own = same.state;
    same.state = old.state;
    assert_login(&same, "192.0.2.1", 1000, "ada", GOOD, NULL, false);
    same.state = own;
    own = changed.state;
    changed.state = old.state;
    assert_login(&changed, "192.0.2.1", 1000, "ada", GOOD, "credentials-invalid", true);
    changed.state = own;
    compiled_clear(&old);
    compiled_clear(&same);
    compiled_clear(&changed);
    (void)unlink(path);
}

static void refuses_wrong_objects(void **state)
{
    (void)state;
    static const struct {
        const char *object, *problem;
    } cases[] = {
        {"{\"type\":\"basic_auth\",\"users\":\"LICENSE\"}", "the key \"realm\" is missing"},
        {"{\"type\":\"basic_auth\",\"realm\":\"r\"}", "the key \"users\" is missing"},
        {"{\"type\":\"basic_auth\",\"realm\":\"r\",\"users\":\"none\"}",
         "$.it.users: the users in "},
        {"{\"type\":\"basic_auth\",\"realm\":\"a\\nb\",\"users\":\"none\"}", "$.it.realm: must be"},
        {"{\"type\":\"basic_auth\",\"realm\":\"r\",\"users\":\"x\",\"max_failures\":0}",
         "$.it.max_failures"},
        {"{\"type\":\"basic_auth\",\"realm\":\"r\",\"users\":\"x\",\"lockout\":60}",
         "$.it.lockout"},
        {"{\"type\":\"basic_auth\",\"realm\":\"r\",\"users\":\"x\",\"cache_size\":1}",
         "$.it.cache_size"},
        {"{\"type\":\"basic_auth\",\"realm\":\"r\",\"users\":\"x\",\"cach_ttl\":\"1s\"}",
         "did you mean \"cache_ttl\"?"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_refused(&filter_basic_auth, cases[i].object, cases[i].problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(challenges_who_brings_nothing),
        cmocka_unit_test(good_password_names_the_user_to_the_backend),
        cmocka_unit_test(wrong_password_and_unknown_user_are_the_same),
        cmocka_unit_test(memory_of_good_logins_ends),
        cmocka_unit_test(too_many_failures_lock_out_client_and_user),
        cmocka_unit_test(client_that_tries_many_users_is_locked_out_for_all),
        cmocka_unit_test(guesses_sent_at_once_get_no_more_tries),
        cmocka_unit_test(job_that_never_ran_lets_nobody_in),
        cmocka_unit_test(full_failure_table_cannot_decide),
        cmocka_unit_test(memory_serves_the_next_policy_but_not_another_hash),
        cmocka_unit_test(refuses_wrong_objects),
    };
    return cmocka_run_group_tests(tests, write_users, remove_users);
}

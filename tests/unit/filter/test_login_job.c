// SPDX-License-Identifier: Apache-2.0
#include "unit/filter/facts.h"

#include "filter/basic_auth_internal.h"
#include "unit/filter/hashes.h"

#define GOOD "secret:with colon"

struct world {
    struct basic_auth config;
    struct basic_auth_state state;
    struct scene scene;
};

static void world_init(struct world *w)
{
    struct problems *problems = problems_new();
    *w = (struct world){
        .config = {.cache_ttl_ms = 60000,
                   .per_user = {.max = 3, .window_ms = 60000, .lockout_ms = 60000},
                   .per_client = {.max = 100, .window_ms = 60000, .lockout_ms = 60000}},
        .state = {.cache = password_cache_new(16), .failures = key_table_new(16)},
    };
    w->config.users = htpasswd_read("users", SLICE("ada:" HASH_BCRYPT "\n"), problems);
    assert_non_null(w->config.users);
    assert_true(w->state.cache && w->state.failures);
    problems_free(&problems);
    scene_init(&w->scene, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

static void world_clear(struct world *w)
{
    scene_clear(&w->scene);
    htpasswd_free(&w->config.users);
    password_cache_free(&w->state.cache);
    key_table_free(&w->state.failures);
}

// An attempt at ada's account, or at nobody's, with that password.
static struct login login_of(struct world *w, const char *user, const char *password)
{
    struct login l = {.config = &w->config,
                      .state = &w->state,
                      .user = htpasswd_find(w->config.users, slice_str(user)),
                      .keys = {.client = 2, .user = 4},
                      .now_ms = 1000};
    struct slice hash = l.user ? l.user->hash : htpasswd_typical(w->config.users)->hash;
    l.mark = password_cache_mark(w->state.cache, slice_str(user), slice_str(password), hash);
    return l;
}

static struct filter_job *job_of(const struct login *l, const char *password)
{
    struct filter_job *job = login_job_new(l, slice_str(password));
    assert_non_null(job);
    return job;
}

// The reason it ends with; NULL when it passes.
static const char *end(struct world *w, struct filter_job *job)
{
    struct filter_verdict v = {0};
    job->finish(job, &w->scene.facts, &v);
    job->free(job);
    assert_true(!v.reason == (v.kind == FILTER_PASS));
    return v.reason;
}

static const char *run_to_end(struct world *w, struct filter_job *job)
{
    job->run(job);
    return end(w, job);
}

static void judges_the_password(void **state)
{
    static const struct {
        const char *user, *password, *reason;
    } cases[] = {
        {.user = "ada", .password = GOOD, .reason = NULL},
        {.user = "ada", .password = "wrong", .reason = "credentials-invalid"},
        {.user = "ada", .password = "", .reason = "credentials-invalid"},
        // Hashed like the typical user, whose password does not open an account that is none.
        {.user = "nobody", .password = GOOD, .reason = "credentials-invalid"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world w;
        world_init(&w);
        struct login l = login_of(&w, cases[i].user, cases[i].password);
        const char *reason = run_to_end(&w, job_of(&l, cases[i].password));
        if (!reason != !cases[i].reason || (reason && strcmp(reason, cases[i].reason) != 0))
            fail_msg("%s with \"%s\": %s", cases[i].user, cases[i].password, reason);
        ASSERT_SLICE(w.scene.notes.user, reason ? SLICE("") : SLICE("ada"));
        world_clear(&w);
    }
}

static void denies_until_it_has_run(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    struct login l = login_of(&w, "ada", GOOD);
    assert_string_equal(end(&w, job_of(&l, GOOD)), "password-hash-failed");
    assert_int_equal(w.scene.notes.user.len, 0);
    world_clear(&w);
}

static void guesses_sent_at_once_get_no_more_tries(void **state)
{
    enum { GUESSES = 8 };
    (void)state;
    struct world w;
    struct filter_job *jobs[GUESSES];
    unsigned tried = 0, locked_out = 0;
    world_init(&w);
    struct login l = login_of(&w, "ada", "guess");
    for (unsigned i = 0; i < GUESSES; i++)
        jobs[i] = job_of(&l, "guess");
    for (unsigned i = 0; i < GUESSES; i++) {
        const char *reason = run_to_end(&w, jobs[i]);
        tried += strcmp(reason, "credentials-invalid") == 0;
        locked_out += strcmp(reason, "auth-locked-out") == 0;
    }
    assert_int_equal(tried, 3);
    assert_int_equal(locked_out, GUESSES - 3);
    ASSERT_SLICE(field_in(w.scene.notes.response_set, "Retry-After"), SLICE("60"));
    // Nor is the right password of any use now.
    l = login_of(&w, "ada", GOOD);
    assert_string_equal(run_to_end(&w, job_of(&l, GOOD)), "auth-locked-out");
    world_clear(&w);
}

static void what_another_found_good_meanwhile_is_not_hashed_again(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    struct login l = login_of(&w, "ada", GOOD);
    struct filter_job *first = job_of(&l, GOOD);
    // The mark says what was given; a password that would fail shows that none is hashed.
    struct filter_job *second = job_of(&l, "would fail");
    assert_null(run_to_end(&w, first));
    assert_null(run_to_end(&w, second));
    world_clear(&w);
}

static void remembers_nothing_when_told_so(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    w.config.cache_ttl_ms = 0;
    struct login l = login_of(&w, "ada", GOOD);
    assert_null(run_to_end(&w, job_of(&l, GOOD)));
    assert_false(password_cache_has(w.state.cache, &l.mark, l.now_ms));
    world_clear(&w);
}

static void failures_and_wrong_passwords_are_not_remembered(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    struct login unknown = login_of(&w, "nobody", GOOD), wrong = login_of(&w, "ada", "wrong");
    (void)run_to_end(&w, job_of(&unknown, GOOD));
    (void)run_to_end(&w, job_of(&wrong, "wrong"));
    assert_false(password_cache_has(w.state.cache, &unknown.mark, 1000));
    assert_false(password_cache_has(w.state.cache, &wrong.mark, 1000));
    world_clear(&w);
}

static void success_forgets_the_failures_of_the_user_but_not_of_the_client(void **state)
{
    (void)state;
    struct world w;
    uint64_t wait;
    world_init(&w);
    w.config.per_client.max = 4;
    w.config.cache_ttl_ms = 0;
    struct login wrong = login_of(&w, "ada", "wrong"), good = login_of(&w, "ada", GOOD);
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned n = 0; n < 2; n++)
            assert_string_equal(run_to_end(&w, job_of(&wrong, "wrong")), "credentials-invalid");
        if (i == 0)
            assert_null(run_to_end(&w, job_of(&good, GOOD)));
    }
    good.keys.user = 6; // another account: it is the client who is locked out
    assert_int_equal(login_may_try(&good, &wait), LOGIN_LOCKED_OUT);
    assert_int_equal(wait, 60000);
    good.keys.client = 8;
    good.keys.user = wrong.keys.user;
    assert_int_equal(login_may_try(&good, &wait), LOGIN_GOOD);
    world_clear(&w);
}

static void a_hash_that_cannot_be_computed_is_nobodys_failure(void **state)
{
    (void)state;
    struct world w;
    uint64_t wait;
    const struct htpasswd_user broken = {.name = SLICE("ada"), .hash = SLICE("$6$rounds=1$x")};
    world_init(&w);
    struct login l = login_of(&w, "ada", GOOD);
    l.user = &broken;
    for (unsigned i = 0; i < 5; i++)
        assert_string_equal(run_to_end(&w, job_of(&l, GOOD)), "password-hash-failed");
    assert_int_equal(login_may_try(&l, &wait), LOGIN_GOOD);
    world_clear(&w);
}

static void is_not_tried_when_its_failure_could_not_be_counted(void **state)
{
    (void)state;
    struct world w;
    uint64_t wait;
    world_init(&w);
    struct login l = login_of(&w, "ada", GOOD);
    struct filter_job *job = job_of(&l, GOOD);
    for (uint64_t key = 100; key < 400; key += 2)
        failure_count(w.state.failures, key, &w.config.per_user, l.now_ms);
    assert_int_equal(login_may_try(&l, &wait), LOGIN_TABLE_FULL);
    assert_string_equal(run_to_end(&w, job), "auth-table-full");
    world_clear(&w);
}

static void takes_no_password_that_would_be_cut(void **state)
{
    (void)state;
    struct world w;
    char password[HTPASSWD_PASSWORD_MAX + 1];
    memset(password, 'x', sizeof(password));
    world_init(&w);
    struct login l = login_of(&w, "ada", GOOD);
    assert_null(login_job_new(&l, slice_of(password, sizeof(password))));
    struct filter_job *job = login_job_new(&l, slice_of(password, sizeof(password) - 1));
    assert_non_null(job);
    assert_string_equal(run_to_end(&w, job), "credentials-invalid");
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_the_password),
        cmocka_unit_test(denies_until_it_has_run),
        cmocka_unit_test(guesses_sent_at_once_get_no_more_tries),
        cmocka_unit_test(what_another_found_good_meanwhile_is_not_hashed_again),
        cmocka_unit_test(remembers_nothing_when_told_so),
        cmocka_unit_test(failures_and_wrong_passwords_are_not_remembered),
        cmocka_unit_test(success_forgets_the_failures_of_the_user_but_not_of_the_client),
        cmocka_unit_test(a_hash_that_cannot_be_computed_is_nobodys_failure),
        cmocka_unit_test(is_not_tried_when_its_failure_could_not_be_counted),
        cmocka_unit_test(takes_no_password_that_would_be_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "filter/htpasswd.h"

#include "base/attr.h"
#include "base/problems.h"
#include "support/edge.h"
#include "support/unit.h"
#include "unit/filter/hashes.h"

static struct htpasswd *read_text(const char *text, struct problems *p)
{
    struct edge e = edge_copy(slice_str(text));
    struct htpasswd *h = htpasswd_read("users", e.text, p);
    edge_free(&e);
    return h;
}

static void finds_users_and_checks_their_passwords(void **state)
{
    (void)state;
    static const struct {
        const char *user, *password;
        enum htpasswd_result result;
    } cases[] = {
        {"zoe", "correct horse", HTPASSWD_GOOD},
        {"zoe", "Correct horse", HTPASSWD_WRONG},
        {"zoe", "", HTPASSWD_WRONG},
        {"ada", "secret:with colon", HTPASSWD_GOOD},
        {"ada", "secret", HTPASSWD_WRONG},
        {"bob", "pass6", HTPASSWD_GOOD},
        {"J\xc3\xbcrgen", "pass5", HTPASSWD_GOOD},
    };
    struct problems *p = problems_new();
    struct htpasswd *h = read_text("# staff\n\nzoe:" HASH_YESCRYPT "\r\nada:" HASH_BCRYPT
                                   "\nbob:" HASH_SHA512 "\nJ\xc3\xbcrgen:" HASH_SHA256,
                                   p);
    assert_non_null(h);
    assert_int_equal(problems_count(p), 0);
    assert_int_equal(htpasswd_count(h), 4);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct htpasswd_user *u = htpasswd_find(h, slice_str(cases[i].user));
        assert_non_null(u);
        ASSERT_SLICE(u->name, slice_str(cases[i].user));
        assert_int_equal(htpasswd_check(cases[i].password, u->hash.ptr), cases[i].result);
    }
    assert_null(htpasswd_find(h, SLICE("zo")));
    assert_null(htpasswd_find(h, SLICE("zoee")));
    assert_null(htpasswd_find(h, SLICE("")));
    htpasswd_free(&h);
    problems_free(&p);
}

static void refuses_bad_files_by_line_and_user(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"a:$apr1$x$y\n", "users:1: error: user \"a\" has a hash that is too weak (yescrypt, "
                          "bcrypt, SHA-512-crypt and "
                          "SHA-256-crypt are taken); set the password again: yett passwd users a"},
        {"#\na:" HASH_SHA256 "\nb:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n",
         "users:3: error: user \"b\" has a hash that is too weak"},
        {"a:plain\n", "is too weak"},
        {"a:$2y$04$short\n", "users:1: error: user \"a\" has a malformed hash"},
        {"a:$5$rounds=999999999$salt$vtAK8KmXdUrBvv0Xke01kT2BrgHj4kbzepDwvsmChz1\n",
         "so high a cost"},
        {"a:" HASH_SHA256 "\nb:" HASH_SHA256 "\na:" HASH_BCRYPT "\n",
         "users:3: error: user \"a\" already stands in line 1"},
        {"justaword\n", "users:1: error: not of the form user:hash"},
        {":" HASH_SHA256, "users:1: error: not of the form user:hash"},
        {" a:" HASH_SHA256, "users:1: error: not of the form user:hash"},
        {"a\tb:" HASH_SHA256, "users:1: error: not of the form user:hash"},
        {"a:" HASH_SHA256 ":comment", "malformed"},
        {"", "users: error: has no user"},
        {"# nobody\n", "users: error: has no user"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct problems *p = problems_new();
        struct htpasswd *h = read_text(cases[i].text, p);
        assert_null(h);
        assert_int_equal(problems_count(p), 1);
        if (!strstr(problems_text(p, 0), cases[i].problem))
            fail_msg("%s", problems_text(p, 0));
        problems_free(&p);
    }
}

static void never_shows_what_may_be_a_password(void **state)
{
    (void)state;
    struct problems *p = problems_new();
    assert_null(read_text("hunter2\nada:hunter2\n", p));
    assert_int_equal(problems_count(p), 2);
    assert_null(strstr(problems_text(p, 0), "hunter2"));
    assert_null(strstr(problems_text(p, 1), "hunter2"));
    problems_free(&p);
}

static void typical_user_has_the_setting_of_the_majority(void **state)
{
    (void)state;
    struct problems *p = problems_new();
    struct htpasswd *h =
        read_text("a:" HASH_YESCRYPT "\nb:" HASH_BCRYPT "\nc:" HASH_BCRYPT "\n", p);
    assert_non_null(h);
    ASSERT_SLICE(htpasswd_typical(h)->hash, SLICE(HASH_BCRYPT));
    htpasswd_free(&h);
    problems_free(&p);
}

static void names_have_bounds(void **state)
{
    (void)state;
    char name[HTPASSWD_USER_MAX + 1];
    memset(name, 'n', sizeof(name));
    assert_true(htpasswd_name_is_valid(slice_of(name, HTPASSWD_USER_MAX)));
    assert_false(htpasswd_name_is_valid(slice_of(name, HTPASSWD_USER_MAX + 1)));
    assert_true(htpasswd_name_is_valid(SLICE("a b")));
    assert_false(htpasswd_name_is_valid(SLICE("a ")));
    assert_false(htpasswd_name_is_valid(SLICE("")));
    assert_false(htpasswd_name_is_valid(SLICE("a:b")));
    assert_false(htpasswd_name_is_valid(SLICE("a\x7f")));
    assert_false(htpasswd_name_is_valid(slice_of("a\0b", 3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_users_and_checks_their_passwords),
        cmocka_unit_test(refuses_bad_files_by_line_and_user),
        cmocka_unit_test(never_shows_what_may_be_a_password),
        cmocka_unit_test(typical_user_has_the_setting_of_the_majority),
        cmocka_unit_test(names_have_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "audit/redact.h"
#include "base/buf.h"

static struct audit_redaction *listed;

static int make_list(void **state)
{
    (void)state;
    static const struct slice names[] = {SLICE_INIT("password"), SLICE_INIT("Token")};
    listed = audit_redaction_new(names, ARRAY_LEN(names));
    return listed ? 0 : -1;
}

static int free_list(void **state)
{
    (void)state;
    audit_redaction_free(&listed);
    return listed ? -1 : 0;
}

static void knows_names_in_any_case_and_in_parts(void **state)
{
    static const struct {
        struct slice name;
        bool is_listed;
    } cases[] = {
        {SLICE_INIT("password"), true},      {SLICE_INIT("PassWord"), true},
        {SLICE_INIT("token"), true},         {SLICE_INIT("user[password]"), true},
        {SLICE_INIT("user.password"), true}, {SLICE_INIT("a.password.b"), true},
        {SLICE_INIT(" password"), true},     {SLICE_INIT("+password"), true},
        {SLICE_INIT("password[]"), true},    {SLICE_INIT("passwords"), false},
        {SLICE_INIT("mypassword"), false},   {SLICE_INIT(""), false},
        {SLICE_INIT("pass[word]"), false},   {SLICE_INIT("[]"), false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (audit_redaction_has(listed, cases[i].name) != cases[i].is_listed)
            fail_msg("\"%s\"", cases[i].name.ptr);
    }
    assert_false(audit_redaction_has(NULL, SLICE("password")));
}

static void takes_values_out_of_urls(void **state)
{
    static const struct {
        struct slice text;
        enum redact_text kind;
        struct slice wanted;
    } cases[] = {
        {SLICE_INIT("a=1&b=2"), REDACT_FIELDS, SLICE_INIT("a=1&b=2")},
        {SLICE_INIT("password=x"), REDACT_FIELDS, SLICE_INIT("password=[redacted]")},
        {SLICE_INIT("a=1&password=x&b=2"), REDACT_FIELDS,
         SLICE_INIT("a=1&password=[redacted]&b=2")},
        {SLICE_INIT("password=&token="), REDACT_FIELDS,
         SLICE_INIT("password=[redacted]&token=[redacted]")},
        {SLICE_INIT("password=a=b;c?d&e=f"), REDACT_FIELDS, SLICE_INIT("password=[redacted]&e=f")},
        {SLICE_INIT("pass%77ord=x"), REDACT_FIELDS, SLICE_INIT("pass%77ord=[redacted]")},
        {SLICE_INIT("user%5Bpassword%5d=x"), REDACT_FIELDS,
         SLICE_INIT("user%5Bpassword%5d=[redacted]")},
        {SLICE_INIT("a=1;password=x"), REDACT_FIELDS, SLICE_INIT("a=1;password=[redacted]")},
        {SLICE_INIT("next=/in?token=x"), REDACT_FIELDS, SLICE_INIT("next=/in?token=[redacted]")},
        {SLICE_INIT("/p?password=x&q=1"), REDACT_TARGET, SLICE_INIT("/p?password=[redacted]&q=1")},
        {SLICE_INIT("/p;password=x"), REDACT_FIELDS, SLICE_INIT("/p;password=[redacted]")},
        {SLICE_INIT("http://u:secret@host/p?a=b@c"), REDACT_TARGET,
         SLICE_INIT("http://[redacted]@host/p?a=b@c")},
        {SLICE_INIT("http://u:s@ecret@host"), REDACT_TARGET, SLICE_INIT("http://[redacted]@host")},
        {SLICE_INIT("u:secret@host:443"), REDACT_TARGET, SLICE_INIT("[redacted]@host:443")},
        {SLICE_INIT("/p?mail=a@b"), REDACT_TARGET, SLICE_INIT("/p?mail=a@b")},
        {SLICE_INIT("mail=a@b"), REDACT_FIELDS, SLICE_INIT("mail=a@b")},
        {SLICE_INIT("*"), REDACT_TARGET, SLICE_INIT("*")},
        {SLICE_INIT(""), REDACT_TARGET, SLICE_INIT("")},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char space[256];
        struct buf out;
        buf_init(&out, space, sizeof(space));
        redact_url(listed, cases[i].kind, cases[i].text, &out);
        ASSERT_SLICE(buf_view(&out), cases[i].wanted);
        if (!slice_eq(cases[i].text, cases[i].wanted))
            assert_true(redact_may_change(listed, cases[i].kind, cases[i].text));
    }
    assert_false(redact_may_change(listed, REDACT_TARGET, SLICE("/plain/path?x")));
    assert_false(redact_may_change(NULL, REDACT_FIELDS, SLICE("password=x")));
}

static void fills_what_is_too_small_without_a_secret(void **state)
{
    (void)state;
    for (size_t room = 0; room < 40; room++) {
        char space[40];
        struct buf out;
        buf_init(&out, space, room);
        redact_url(listed, REDACT_FIELDS, SLICE("a=1&password=secret&b=22222222222222222222222"),
                   &out);
        assert_false(out.failed);
        assert_int_equal(out.len, room);
        assert_int_equal(slice_find(buf_view(&out), SLICE("secr")), out.len);
    }
}

static void hides_headers_that_carry_secrets(void **state)
{
    (void)state;
    assert_true(redact_hides_header(NULL, SLICE("authorization")));
    assert_true(redact_hides_header(NULL, SLICE("Proxy-Authorization")));
    assert_true(redact_hides_header(NULL, SLICE("COOKIE")));
    assert_true(redact_hides_header(NULL, SLICE("set-cookie")));
    assert_true(redact_hides_header(listed, SLICE("token")));
    assert_false(redact_hides_header(NULL, SLICE("token")));
    assert_false(redact_hides_header(listed, SLICE("accept")));
}

static void hides_matches_of_secret_targets(void **state)
{
    static const struct {
        struct slice target, query;
        bool without_list, with_list;
    } cases[] = {
        {SLICE_INIT("query.id"), SLICE_INIT(""), false, false},
        {SLICE_INIT("query.password"), SLICE_INIT(""), false, true},
        {SLICE_INIT("body.user.Password"), SLICE_INIT(""), false, true},
        {SLICE_INIT("body.user[token]"), SLICE_INIT(""), false, true},
        {SLICE_INIT("cookies.session"), SLICE_INIT(""), true, true},
        {SLICE_INIT("headers.cookie"), SLICE_INIT(""), true, true},
        {SLICE_INIT("headers.Authorization"), SLICE_INIT(""), true, true},
        {SLICE_INIT("response.headers.set-cookie"), SLICE_INIT(""), true, true},
        {SLICE_INIT("headers.user-agent"), SLICE_INIT(""), false, false},
        {SLICE_INIT("headers.referer"), SLICE_INIT(""), false, true},
        {SLICE_INIT("body"), SLICE_INIT(""), false, true},
        {SLICE_INIT("query"), SLICE_INIT("a=1&b=2"), false, false},
        {SLICE_INIT("query"), SLICE_INIT("a=1&%70assword=2"), false, true},
        {SLICE_INIT("query"), SLICE_INIT("a=1;token=2"), false, true},
        {SLICE_INIT("path"), SLICE_INIT("token=2"), false, false},
        {SLICE_INIT(""), SLICE_INIT(""), false, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (redact_hides_target(NULL, cases[i].target, cases[i].query) != cases[i].without_list ||
            redact_hides_target(listed, cases[i].target, cases[i].query) != cases[i].with_list)
            fail_msg("\"%s\" with query \"%s\"", cases[i].target.ptr, cases[i].query.ptr);
    }
}

static void an_empty_list_hides_nothing(void **state)
{
    (void)state;
    struct audit_redaction *empty = audit_redaction_new(NULL, 0);
    assert_non_null(empty);
    assert_false(audit_redaction_has(empty, SLICE("")));
    assert_false(redact_may_change(empty, REDACT_FIELDS, SLICE("a=b")));
    audit_redaction_free(&empty);
    assert_null(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_names_in_any_case_and_in_parts),
        cmocka_unit_test(takes_values_out_of_urls),
        cmocka_unit_test(fills_what_is_too_small_without_a_secret),
        cmocka_unit_test(hides_headers_that_carry_secrets),
        cmocka_unit_test(hides_matches_of_secret_targets),
        cmocka_unit_test(an_empty_list_hides_nothing),
    };
    return cmocka_run_group_tests(tests, make_list, free_list);
}

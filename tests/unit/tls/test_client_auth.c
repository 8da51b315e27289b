// SPDX-License-Identifier: Apache-2.0
// Loading and refusing of files; whole handshakes are tried with real clients
// (tests/integration/test_client_certificates.py).
#include "tls/client_auth.h"

#include "unit/tls/scene.h"

struct fixture {
    struct scene scene;
    SSL_CTX *ctx;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    scene_open(&f->scene);
    f->ctx = SSL_CTX_new(TLS_server_method());
    assert_non_null(f->ctx);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    SSL_CTX_free(f->ctx);
    scene_close(&f->scene);
    free(f);
    return 0;
}

static void assert_said(const struct fixture *f, const char *words)
{
    const struct problems *p = f->scene.problems;
    const char *text = problems_text(p, problems_count(p) + problems_warnings(p) - 1);
    if (!strstr(text, words))
        fail_msg("\"%s\" does not say \"%s\"", text, words);
}

static bool load(struct fixture *f, const char *ca, const char *crl)
{
    const struct tls_client_auth_options o = {
        .ca = ca, .crl = crl, .ca_at = f->scene.at, .crl_at = f->scene.at};
    return tls_client_auth_load(f->ctx, &o, f->scene.problems);
}

static void sends_the_names_of_its_authorities(void **state)
{
    struct fixture *f = *state;
    assert_true(load(f, f->scene.root_file.text, scene_list(&f->scene, "good.crl", 10).text));
    const STACK_OF(X509_NAME) *names = SSL_CTX_get_client_CA_list(f->ctx);
    assert_int_equal(sk_X509_NAME_num(names), 1);
    assert_int_equal(
        X509_NAME_cmp(sk_X509_NAME_value(names, 0), X509_get_subject_name(f->scene.root.x509)), 0);
    unsigned long flags =
        X509_VERIFY_PARAM_get_flags(X509_STORE_get0_param(SSL_CTX_get_cert_store(f->ctx)));
    assert_true(flags & X509_V_FLAG_CRL_CHECK && flags & X509_V_FLAG_CRL_CHECK_ALL);
    assert_int_equal(problems_count(f->scene.problems), 0);
}

static void warns_of_a_list_that_has_expired(void **state)
{
    struct fixture *f = *state;
    assert_true(load(f, f->scene.root_file.text, scene_list(&f->scene, "old.crl", -1).text));
    assert_said(f, "has expired: no client will be let in");
}

static void refuses_files_that_are_none(void **state)
{
    struct fixture *f = *state;
    assert_false(load(f, "/nowhere/ca.pem", NULL));
    assert_false(load(f, f->scene.root_file.text, "/nowhere/a.crl"));
    assert_said(f, "revocation list \"/nowhere/a.crl\"");
    assert_false(load(f, f->scene.root_file.text, f->scene.root_file.text));
    assert_said(f, "no revocation list");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sends_the_names_of_its_authorities, set_up, tear_down),
        cmocka_unit_test_setup_teardown(warns_of_a_list_that_has_expired, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_files_that_are_none, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

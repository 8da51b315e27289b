// SPDX-License-Identifier: Apache-2.0
// Loading; what a list does to handshakes is tried with real peers
// (tests/integration/test_tls_back.py, test_client_certificates.py).
#include "tls/crl.h"

#include "unit/tls/scene.h"

static void expect(const char *path, bool good, const char *words, struct scene *s)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    assert_non_null(ctx);
    assert_int_equal(tls_crl_load(ctx, path, s->at, "nobody passes", s->problems), good);
    size_t said = problems_count(s->problems) + problems_warnings(s->problems);
    if (words)
        assert_non_null(strstr(problems_text(s->problems, said - 1), words));
    else
        assert_int_equal(said, 0);
    SSL_CTX_free(ctx);
}

static void takes_lists_and_says_what_is_wrong_with_others(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    expect(scene_list(&s, "good.crl", 10).text, true, NULL, &s);
    expect(scene_list(&s, "old.crl", -1).text, true, "has expired: nobody passes", &s);
    expect("/nowhere/a.crl", false, "revocation list \"/nowhere/a.crl\"", &s);
    expect(s.root_file.text, false, "holds no revocation list", &s);
    expect(write_text(&s.folder, "broken.crl",
                      "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", 0644)
               .text,
           false, "no revocation list", &s);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_lists_and_says_what_is_wrong_with_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

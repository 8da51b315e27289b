// SPDX-License-Identifier: Apache-2.0
#include "tls/settings.h"

#include <openssl/err.h>

#include "support/unit.h"

static const struct tls_terms usual = {.allow_tls12 = true};

// Forward secrecy and authenticated encryption, whatever the machine's configuration allows.
static void allows_nothing_weak(void **state)
{
    (void)state;
    SSL_CTX *ctx = tls_settings_apply(TLS_method(), &usual);
    assert_non_null(ctx);
    STACK_OF(SSL_CIPHER) *suites = SSL_CTX_get_ciphers(ctx);
    assert_int_equal(sk_SSL_CIPHER_num(suites), 9);
    for (int i = 0; i < sk_SSL_CIPHER_num(suites); i++) {
        const SSL_CIPHER *suite = sk_SSL_CIPHER_value(suites, i);
        int exchange = SSL_CIPHER_get_kx_nid(suite);
        assert_true(SSL_CIPHER_is_aead(suite));
        assert_true(exchange == NID_kx_ecdhe || exchange == NID_kx_any);
    }
    assert_string_equal(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(suites, 0)),
                        "TLS_AES_128_GCM_SHA256");
    assert_int_equal(SSL_CTX_get_security_level(ctx), 2);
    SSL_CTX_free(ctx);
}

struct range {
    struct tls_terms terms;
    int lowest;
};

static void keeps_to_two_versions(void **state)
{
    (void)state;
    static const struct range ranges[] = {{{.allow_tls12 = true}, TLS1_2_VERSION},
                                          {{.allow_tls12 = false}, TLS1_3_VERSION}};
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
        SSL_CTX *ctx = tls_settings_apply(TLS_method(), &ranges[i].terms);
        assert_int_equal(SSL_CTX_get_min_proto_version(ctx), ranges[i].lowest);
        assert_int_equal(SSL_CTX_get_max_proto_version(ctx), TLS1_3_VERSION);
        SSL_CTX_free(ctx);
    }
}

static void has_the_options_others_rely_on(void **state)
{
    (void)state;
    SSL_CTX *ctx = tls_settings_apply(TLS_method(), &usual);
    uint64_t options = SSL_CTX_get_options(ctx);
    assert_true(options & SSL_OP_NO_RENEGOTIATION);
    assert_true(options & SSL_OP_NO_COMPRESSION);
    assert_false(options & SSL_OP_IGNORE_UNEXPECTED_EOF); // a truncation would look like an end
    assert_true(SSL_CTX_get_mode(ctx) & SSL_MODE_RELEASE_BUFFERS);
    assert_int_equal(SSL_CTX_get_read_ahead(ctx), 0);
    assert_int_equal(SSL_CTX_get_max_early_data(ctx), 0);
    SSL_CTX_free(ctx);
}

static void takes_the_groups_it_is_given(void **state)
{
    (void)state;
    const struct tls_terms good = {.groups = "X448:P-521"}, bad = {.groups = "X25518"};
    SSL_CTX *ctx = tls_settings_apply(TLS_method(), &good);
    assert_non_null(ctx);
    SSL_CTX_free(ctx);
    assert_null(tls_settings_apply(TLS_method(), &bad));
    ERR_clear_error();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allows_nothing_weak),
        cmocka_unit_test(keeps_to_two_versions),
        cmocka_unit_test(takes_the_groups_it_is_given),
        cmocka_unit_test(has_the_options_others_rely_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

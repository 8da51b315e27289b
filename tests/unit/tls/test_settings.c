// SPDX-License-Identifier: Apache-2.0
#include "tls/settings.h"

#include "support/unit.h"

// Forward secrecy and authenticated encryption, whatever the machine's configuration allows.
static void allows_nothing_weak(void **state)
{
    (void)state;
    SSL_CTX *ctx = tls_settings_apply(TLS_method(), true);
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
    bool allow_tls12;
    int lowest;
};

static void keeps_to_two_versions(void **state)
{
    (void)state;
    static const struct range ranges[] = {{true, TLS1_2_VERSION}, {false, TLS1_3_VERSION}};
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
        SSL_CTX *ctx = tls_settings_apply(TLS_method(), ranges[i].allow_tls12);
        assert_int_equal(SSL_CTX_get_min_proto_version(ctx), ranges[i].lowest);
        assert_int_equal(SSL_CTX_get_max_proto_version(ctx), TLS1_3_VERSION);
        SSL_CTX_free(ctx);
    }
}

static void has_the_options_others_rely_on(void **state)
{
    (void)state;
    SSL_CTX *ctx = tls_settings_apply(TLS_method(), true);
    uint64_t options = SSL_CTX_get_options(ctx);
    assert_true(options & SSL_OP_NO_RENEGOTIATION);
    assert_true(options & SSL_OP_NO_COMPRESSION);
    assert_false(options & SSL_OP_IGNORE_UNEXPECTED_EOF); // a truncation would look like an end
    assert_true(SSL_CTX_get_mode(ctx) & SSL_MODE_RELEASE_BUFFERS);
    assert_int_equal(SSL_CTX_get_read_ahead(ctx), 0);
    assert_int_equal(SSL_CTX_get_max_early_data(ctx), 0);
    SSL_CTX_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allows_nothing_weak),
        cmocka_unit_test(keeps_to_two_versions),
        cmocka_unit_test(has_the_options_others_rely_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

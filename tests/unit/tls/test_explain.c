// SPDX-License-Identifier: Apache-2.0
// Words for what connections of the other tests do not provoke.
#include "scene.h"
#include "tls/transport_internal.h"

struct explanation {
    int library, reason;
    long verification;
    const char *word;
};

static const struct explanation explanations[] = {
    {ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, X509_V_ERR_CERT_REVOKED, "certificate-revoked"},
    {ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, X509_V_ERR_CA_MD_TOO_WEAK, "weak-certificate"},
    {ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, X509_V_ERR_UNNESTED_RESOURCE,
     "certificate-invalid"},
    {ERR_LIB_SSL, SSL_R_NO_SUITABLE_KEY_SHARE, 0, "no-shared-group"},
    {ERR_LIB_SSL, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, 0, "no-shared-signature"},
    {ERR_LIB_SSL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, 0, "no-shared-version"},
    {ERR_LIB_SSL, SSL_R_TLSV1_ALERT_INTERNAL_ERROR, 0, "tls-alert"},
    {ERR_LIB_SSL, SSL_R_DIGEST_CHECK_FAILED, 0, "tls-protocol"},
    // The number means something else in another library.
    {ERR_LIB_EVP, SSL_R_NO_SHARED_CIPHER, 0, "tls-protocol"},
    {0, 0, 0, "tls-protocol"},
};

static void has_a_word_and_a_sentence_for_everything(void **state)
{
    (void)state;
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    for (size_t i = 0; i < ARRAY_LEN(explanations); i++) {
        const struct explanation *e = &explanations[i];
        struct tls_transport x = {.ssl = SSL_new(ctx)};
        SSL_set_verify_result(x.ssl, e->verification);
        ERR_clear_error();
        if (e->reason) {
            ERR_raise(ERR_LIB_EC, 1); // a detail that lies before
            ERR_raise(e->library, e->reason);
        }
        assert_int_equal(tls_transport_explain(&x), IO_ERROR);
        assert_string_equal(x.base.error_word, e->word);
        assert_true(x.base.error && strlen(x.base.error) > 3);
        assert_int_equal(ERR_peek_error(), 0);
        SSL_free(x.ssl);
    }
    SSL_CTX_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_a_word_and_a_sentence_for_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// From what OpenSSL has in its queue to a word that records and metrics can count, and a sentence.
// Tables, as there is no more to it; what is in none of them keeps OpenSSL's own sentence, which is
// constant text as well.
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "tls/transport_internal.h"

struct word {
    int code;
    const char *word;
};

static const struct word verification_words[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, "certificate-expired"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "certificate-not-yet-valid"},
    {X509_V_ERR_HOSTNAME_MISMATCH, "name-mismatch"},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, "name-mismatch"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "unknown-ca"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "unknown-ca"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "unknown-ca"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "unknown-ca"},
    {X509_V_ERR_CERT_UNTRUSTED, "unknown-ca"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "unknown-ca"}, // of an issuer that only has our CA's name
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "self-signed"},
    {X509_V_ERR_CERT_REVOKED, "certificate-revoked"},
    {X509_V_ERR_CRL_HAS_EXPIRED, "crl-expired"},
    {X509_V_ERR_CRL_NOT_YET_VALID, "crl-not-yet-valid"},
    {X509_V_ERR_UNABLE_TO_GET_CRL, "crl-missing"},
    {X509_V_ERR_APPLICATION_VERIFICATION, "pin-mismatch"},
    {X509_V_ERR_INVALID_PURPOSE, "wrong-purpose"},
    {X509_V_ERR_CERT_REJECTED, "wrong-purpose"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "weak-certificate"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "weak-certificate"},
    {X509_V_ERR_CA_MD_TOO_WEAK, "weak-certificate"},
};

static const struct word reason_words[] = {
    {SSL_R_UNSUPPORTED_PROTOCOL, "no-shared-version"},
    {SSL_R_VERSION_TOO_LOW, "no-shared-version"},
    {SSL_R_NO_PROTOCOLS_AVAILABLE, "no-shared-version"},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "no-shared-version"},
    {SSL_R_NO_SHARED_CIPHER, "no-shared-cipher"},
    {SSL_R_NO_SUITABLE_KEY_SHARE, "no-shared-group"},
    {SSL_R_NO_SUITABLE_GROUPS, "no-shared-group"},
    {SSL_R_NO_SHARED_GROUPS, "no-shared-group"},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, "no-shared-signature"},
    {SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, "no-shared-signature"},
    {SSL_R_NO_APPLICATION_PROTOCOL, "no-shared-protocol"},
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "certificate-required"},
};

static const char *find_word(const struct word *words, size_t count, int code,
                             const char *otherwise)
{
    for (size_t i = 0; i < count; i++) {
        if (words[i].code == code)
            return words[i].word;
    }
    return otherwise;
}

static const char *word_of(unsigned long error)
{
    if (ERR_GET_LIB(error) != ERR_LIB_SSL)
        return "tls-protocol";
    int reason = ERR_GET_REASON(error);
    // Reasons above the offset are alerts that the other side sent.
    const char *otherwise = reason > SSL_AD_REASON_OFFSET ? "tls-alert" : "tls-protocol";
    return find_word(reason_words, ARRAY_LEN(reason_words), reason, otherwise);
}

enum io_status tls_transport_explain(struct tls_transport *x)
{
    // The last one put there is the protocol's view; details of a failed signature and the like lie
    // before it.
    unsigned long error = ERR_peek_last_error();
    int reason = ERR_GET_REASON(error);
    const char *text = ERR_reason_error_string(error);
    const char *word = word_of(error);
    if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        long result = SSL_get_verify_result(x->ssl);
        text = x->why ? x->why : X509_verify_cert_error_string(result);
        word = find_word(verification_words, ARRAY_LEN(verification_words), (int)result,
                         "certificate-invalid");
    }
    ERR_clear_error();
    return transport_fail(&x->base, word, text ? text : "TLS failed");
}

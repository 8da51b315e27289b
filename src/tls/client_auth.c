// SPDX-License-Identifier: Apache-2.0
// The library verifies: chain to the given authorities alone, purpose, validity, and with a list
// revocation of every certificate of the chain, where a list that is missing or has expired counts
// as revoked.
#include "tls/client_auth.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/problems.h"
#include "tls/certificate.h"
#include "tls/crl.h"

enum {
    TEXT_MAX = 4096, // of a name; what is longer is cut
    FINGERPRINT_LEN = 64,
    SERIAL_MAX = 2 * 20 + 2, // RFC 5280, 4.1.2.2: at most twenty octets
};

// ---- loading

static bool load_authorities(SSL_CTX *ctx, const struct tls_client_auth_options *o,
                             struct problems *problems)
{
    STACK_OF(X509) *roots = tls_certificates_read(o->ca, o->ca_at, problems);
    if (!roots)
        return false;
    bool ok = true;
    for (int i = 0; ok && i < sk_X509_num(roots); i++) {
        X509 *root = sk_X509_value(roots, i);
        (void)X509_check_purpose(root, -1, 0); // decoded now: all threads share it
        ok = X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), root) &&
             SSL_CTX_add_client_CA(ctx, root);
    }
    sk_X509_pop_free(roots, X509_free);
    if (!ok)
        problems_add(problems, o->ca_at, "not enough memory");
    return ok;
}

bool tls_client_auth_load(SSL_CTX *ctx, const struct tls_client_auth_options *o,
                          struct problems *problems)
{
    bool ok = load_authorities(ctx, o, problems);
    return (!o->crl ||
            tls_crl_load(ctx, o->crl, o->crl_at, "no client will be let in", problems)) &&
           ok;
}

void tls_client_auth_ask(SSL *ssl, bool required)
{
    SSL_set_verify(ssl, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
    SSL_set_options(ssl, SSL_OP_NO_TICKET);
    (void)SSL_set_num_tickets(ssl, 0);
}

// ---- identity

struct tls_peer {
    struct tls_identity identity;
    char subject[TEXT_MAX], issuer[TEXT_MAX], common_name[TEXT_MAX], names[TEXT_MAX];
    char serial[SERIAL_MAX + 1], fingerprint[FINGERPRINT_LEN + 1];
};

static struct slice take_text(BIO *bio, char out[TEXT_MAX])
{
    char *text;
    long len = BIO_get_mem_data(bio, &text);
    size_t kept = len > 0 ? (size_t)len : 0;
    kept = kept < TEXT_MAX ? kept : TEXT_MAX;
    if (kept)
        memcpy(out, text, kept);
    (void)BIO_reset(bio);
    return slice_of(out, kept);
}

// Octets that are no printable ASCII are written as \\XX: the text may stand in a field.
static struct slice name_text(BIO *bio, const X509_NAME *name, char out[TEXT_MAX])
{
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
    return take_text(bio, out);
}

static struct slice common_name_text(BIO *bio, const X509_NAME *name, char out[TEXT_MAX])
{
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at < 0)
        return (struct slice){0};
    const ASN1_STRING *text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    ASN1_STRING_print_ex(bio, text, ASN1_STRFLGS_RFC2253 & ~ASN1_STRFLGS_ESC_2253);
    return take_text(bio, out);
}

static void print_name(BIO *bio, const GENERAL_NAME *name, const char *kind,
                       const ASN1_STRING *text, bool first)
{
    (void)name;
    BIO_printf(bio, "%s%s:", first ? "" : ", ", kind);
    ASN1_STRING_print_ex(bio, text, ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_ESC_MSB);
}

static struct slice names_text(BIO *bio, const X509 *leaf, char out[TEXT_MAX])
{
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    bool first = true;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const char *kind = name->type == GEN_DNS     ? "DNS"
                           : name->type == GEN_EMAIL ? "email"
                           : name->type == GEN_URI   ? "URI"
                                                     : NULL;
        if (!kind)
            continue;
        print_name(bio, name, kind, name->d.ia5, first);
        first = false;
    }
    GENERAL_NAMES_free(names);
    return take_text(bio, out);
}

static struct slice serial_text(const X509 *leaf, char out[SERIAL_MAX + 1])
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf), NULL);
    char *text = number ? BN_bn2hex(number) : NULL;
    snprintf(out, SERIAL_MAX + 1, "%s", text ? text : "");
    OPENSSL_free(text);
    BN_free(number);
    return slice_str(out);
}

static struct slice fingerprint_text(const X509 *leaf, char out[FINGERPRINT_LEN + 1])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len;
    if (!X509_digest(leaf, EVP_sha256(), digest, &len))
        return (struct slice){0};
    for (size_t i = 0; i < FINGERPRINT_LEN / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", (unsigned)digest[i]);
    return slice_str(out);
}

static struct tls_peer *describe(const X509 *leaf)
{
    struct tls_peer *p = calloc(1, sizeof(*p));
    BIO *bio = BIO_new(BIO_s_mem());
    if (!p || !bio) {
        free(p);
        BIO_free(bio);
        return NULL;
    }
    const X509_NAME *subject = X509_get_subject_name(leaf);
    p->identity = (struct tls_identity){
        .subject = name_text(bio, subject, p->subject),
        .issuer = name_text(bio, X509_get_issuer_name(leaf), p->issuer),
        .common_name = common_name_text(bio, subject, p->common_name),
        .names = names_text(bio, leaf, p->names),
        .serial = serial_text(leaf, p->serial),
        .fingerprint = fingerprint_text(leaf, p->fingerprint),
    };
    BIO_free(bio);
    if (p->identity.fingerprint.len == 0)
        tls_peer_free(&p);
    return p;
}

struct tls_peer *tls_peer_of(SSL *ssl, bool *failed)
{
    const X509 *leaf = SSL_get0_peer_certificate(ssl);
    *failed = false;
    if (!leaf || SSL_get_verify_result(ssl) != X509_V_OK)
        return NULL;
    struct tls_peer *p = describe(leaf);
    *failed = !p;
    ERR_clear_error();
    return p;
}

const struct tls_identity *tls_peer_identity(const struct tls_peer *p)
{
    return &p->identity;
}

void tls_peer_free(struct tls_peer **p)
{
    free(*p);
    *p = NULL;
}

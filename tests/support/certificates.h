// SPDX-License-Identifier: Apache-2.0
// Certificates made at test time, good and bad ones, in a folder of their own that goes with the
// test.
#ifndef YETT_TESTS_SUPPORT_CERTIFICATES_H
#define YETT_TESTS_SUPPORT_CERTIFICATES_H

#include <ftw.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/unit.h"

enum { DAY_S = 24 * 3600, FOLDER_MAX = 64, PATH_TEXT_MAX = 128 };

struct certificate {
    X509 *x509;
    EVP_PKEY *key;
};

// What a certificate is to be like; zero fields are good defaults.
struct wish {
    const char *name;                 // common name
    const char *alternatives;         // as in OpenSSL's configuration: "DNS:a.example,IP:127.0.0.1"
    const struct certificate *issuer; // NULL: signs itself
    bool is_ca;
    const char *usage;      // extended; NULL: serverAuth
    int from_days, to_days; // relative to today; both 0: yesterday to in a year
    unsigned rsa_bits;      // 0: P-256
};

static inline void add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_true(X509_add_ext(x509, extension, -1));
    X509_EXTENSION_free(extension);
}

static inline void set_dates(X509 *x509, const struct wish *w)
{
    bool is_default = w->from_days == 0 && w->to_days == 0;
    X509_gmtime_adj(X509_getm_notBefore(x509), (long)(is_default ? -1 : w->from_days) * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(x509), (long)(is_default ? 365 : w->to_days) * DAY_S);
}

static inline struct certificate certificate_make(struct wish w)
{
    static long serial = 1;
    struct certificate c = {.x509 = X509_new()};
    c.key = w.rsa_bits ? EVP_RSA_gen(w.rsa_bits) : EVP_EC_gen("P-256");
    assert_non_null(c.x509);
    assert_non_null(c.key);
    const struct certificate *issuer = w.issuer ? w.issuer : &c;
    X509_set_version(c.x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(c.x509), serial++);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(c.x509), "CN", MBSTRING_UTF8,
                               (const unsigned char *)w.name, -1, -1, 0);
    X509_set_issuer_name(c.x509, X509_get_subject_name(issuer->x509));
    set_dates(c.x509, &w);
    X509_set_pubkey(c.x509, c.key);
    add_extension(c.x509, issuer->x509, NID_basic_constraints,
                  w.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!w.is_ca)
        add_extension(c.x509, issuer->x509, NID_ext_key_usage, w.usage ? w.usage : "serverAuth");
    if (w.alternatives)
        add_extension(c.x509, issuer->x509, NID_subject_alt_name, w.alternatives);
    assert_true(X509_sign(c.x509, issuer->key, EVP_sha256()) > 0);
    return c;
}

static inline void certificate_free(struct certificate *c)
{
    X509_free(c->x509);
    EVP_PKEY_free(c->key);
    *c = (struct certificate){0};
}

// ---- files

struct folder {
    char path[FOLDER_MAX];
};

static inline struct folder folder_make(void)
{
    struct folder f = {"/tmp/yett-unit-XXXXXX"};
    assert_non_null(mkdtemp(f.path));
    return f;
}

static inline int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *at)
{
    (void)about;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void folder_remove(const struct folder *f)
{
    (void)nftw(f->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

struct path {
    char text[PATH_TEXT_MAX];
};

static inline struct path folder_path(const struct folder *f, const char *name)
{
    struct path p;
    (void)snprintf(p.text, sizeof(p.text), "%s/%s", f->path, name);
    return p;
}

// Writes the certificates, in order, up to a NULL.
static inline struct path write_chain(const struct folder *f, const char *name,
                                      const struct certificate *const *chain)
{
    struct path p = folder_path(f, name);
    FILE *file = fopen(p.text, "w");
    assert_non_null(file);
    for (; *chain; chain++)
        assert_true(PEM_write_X509(file, (*chain)->x509));
    assert_int_equal(fclose(file), 0);
    return p;
}

#define WRITE_CHAIN(folder, name, ...)                                                             \
    write_chain((folder), (name), (const struct certificate *const[]){__VA_ARGS__, NULL})

static inline struct path write_key(const struct folder *f, const char *name,
                                    const struct certificate *c, const char *passphrase,
                                    mode_t mode)
{
    struct path p = folder_path(f, name);
    FILE *file = fopen(p.text, "w");
    assert_non_null(file);
    assert_true(PEM_write_PKCS8PrivateKey(file, c->key, passphrase ? EVP_aes_128_cbc() : NULL,
                                          passphrase, passphrase ? (int)strlen(passphrase) : 0,
                                          NULL, NULL));
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(p.text, mode), 0);
    return p;
}

static inline struct path write_text(const struct folder *f, const char *name, const char *text,
                                     mode_t mode)
{
    struct path p = folder_path(f, name);
    FILE *file = fopen(p.text, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(p.text, mode), 0);
    return p;
}

#endif

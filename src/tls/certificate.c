// SPDX-License-Identifier: Apache-2.0
// Whoever installs a certificate makes one of a dozen known mistakes; each has its sentence here,
// and none waits for the first client. The key is read from a descriptor whose permissions were
// looked at, so that nobody can exchange the file in between, and its text is wiped.
#include "tls/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/problems.h"
#include "base/secret.h"

enum {
    CHAIN_FILE_MAX = 4 * 1024 * 1024, // a store of all public roots is 200 KiB
    KEY_FILE_MAX = 64 * 1024,
    EXPIRY_WARNING_DAYS = 14,
};

static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());
    return text ? text : "unknown reason";
}

// ---- certificates

static STACK_OF(X509) * parse_certificates(BIO *bio)
{
    STACK_OF(X509) *all = sk_X509_new_null();
    X509 *one;
    while (all && (one = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
        if (sk_X509_push(all, one))
            continue;
        X509_free(one);
        break;
    }
    // The end of the file shows as "no start line"; anything else is a certificate that can't be
    // read.
    if (all && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
        return all;
    sk_X509_pop_free(all, X509_free);
    return NULL;
}

STACK_OF(X509) *
    tls_certificates_read(const char *path, const struct json *at, struct problems *problems)
{
    char why[200];
    char *text;
    size_t len;
    if (!file_read(path, CHAIN_FILE_MAX, &text, &len, why, sizeof(why))) {
        problems_add(problems, at, "certificate file \"%s\": %s", path, why);
        return NULL;
    }
    ERR_clear_error();
    BIO *bio = BIO_new_mem_buf(text, (int)len);
    STACK_OF(X509) *all = bio ? parse_certificates(bio) : NULL;
    if (!all)
        problems_add(problems, at,
                     "certificate file \"%s\" holds a certificate that can't be read: %s", path,
                     reason());
    if (all && sk_X509_num(all) == 0) {
        problems_add(problems, at, "certificate file \"%s\" holds no certificate in PEM form",
                     path);
        sk_X509_free(all);
        all = NULL;
    }
    BIO_free(bio);
    free(text);
    ERR_clear_error();
    return all;
}

static bool check_validity(const X509 *leaf, const struct tls_certificate_files *files,
                           struct problems *problems)
{
    if (X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0) {
        problems_add(problems, files->chain_at,
                     "the certificate in \"%s\" has expired; install a renewed one", files->chain);
        return false;
    }
    if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0) {
        problems_add(problems, files->chain_at,
                     "the certificate in \"%s\" is not valid yet; check the clock of this machine",
                     files->chain);
        return false;
    }
    int days, seconds;
    if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(leaf)) &&
        days < EXPIRY_WARNING_DAYS)
        problems_warn(problems, files->chain_at, "the certificate in \"%s\" expires in %d days",
                      files->chain, days);
    return true;
}

// Each certificate must be followed by its issuer. A root at the end is of no use to clients and is
// left out.
static bool check_chain(struct tls_certificate *c, const struct tls_certificate_files *files,
                        struct problems *problems)
{
    X509 *below = c->leaf;
    for (int i = 0; i < sk_X509_num(c->chain); i++) {
        X509 *issuer = sk_X509_value(c->chain, i);
        if (X509_check_issued(issuer, below) != X509_V_OK) {
            problems_add(problems, files->chain_at,
                         "certificate %d in \"%s\" did not issue the one before it; "
                         "put the server's certificate first, then each issuer",
                         i + 2, files->chain);
            return false;
        }
        below = issuer;
    }
    if (sk_X509_num(c->chain) > 0) {
        c->issuer = sk_X509_value(c->chain, 0);
        X509_up_ref(c->issuer);
    }
    int last = sk_X509_num(c->chain) - 1;
    if (last >= 0 && X509_check_issued(below, below) == X509_V_OK)
        X509_free(sk_X509_delete(c->chain, last));
    return true;
}

// ---- keys

// Opens the file and reads it if it is private. Text to be wiped and freed, or NULL with a problem.
static char *read_private(int fd, const struct tls_certificate_files *files, size_t *len,
                          struct problems *problems)
{
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size > KEY_FILE_MAX) {
        problems_add(problems, files->key_at,
                     "key file \"%s\" is not a regular file of at most %d bytes", files->key,
                     KEY_FILE_MAX);
        return NULL;
    }
    if (about.st_mode & (S_IRWXG | S_IRWXO)) {
        problems_add(problems, files->key_at,
                     "key file \"%s\" can be used by others (mode %04o); run: chmod 600 \"%s\"",
                     files->key, (unsigned)about.st_mode & 07777u, files->key);
        return NULL;
    }
    char *text = malloc(KEY_FILE_MAX);
    ssize_t got = 0;
    *len = 0;
    while (text && *len < KEY_FILE_MAX && (got = read(fd, text + *len, KEY_FILE_MAX - *len)) > 0)
        *len += (size_t)got;
    if (text && got >= 0)
        return text;
    problems_add(problems, files->key_at, "key file \"%s\" can't be read: %s", files->key,
                 text ? log_errno(errno) : "not enough memory");
    if (text)
        secret_wipe(text, KEY_FILE_MAX);
    free(text);
    return NULL;
}

// Nobody is there to ask. Notes that a passphrase was wanted.
static int refuse_passphrase(char *out, int cap, int writing, void *wanted)
{
    (void)out;
    (void)cap;
    (void)writing;
    *(bool *)wanted = true;
    return -1;
}

static EVP_PKEY *parse_key(const char *text, size_t len, const struct tls_certificate_files *files,
                           struct problems *problems)
{
    bool wants_passphrase = false;
    ERR_clear_error();
    BIO *bio = BIO_new_mem_buf(text, (int)len);
    EVP_PKEY *key =
        bio ? PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, &wants_passphrase) : NULL;
    if (!key && wants_passphrase)
        problems_add(problems, files->key_at,
                     "key file \"%s\" is protected by a passphrase, which nobody could enter; "
                     "decrypt it with: openssl pkey -in FILE -out NEW",
                     files->key);
    else if (!key)
        problems_add(problems, files->key_at,
                     "key file \"%s\" holds no private key in PEM form: %s", files->key, reason());
    BIO_free(bio);
    ERR_clear_error();
    return key;
}

static EVP_PKEY *read_key(const struct tls_certificate_files *files, struct problems *problems)
{
    int fd = open(files->key, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        problems_add(problems, files->key_at, "key file \"%s\" can't be opened: %s", files->key,
                     log_errno(errno));
        return NULL;
    }
    size_t len;
    char *text = read_private(fd, files, &len, problems);
    close(fd);
    if (!text)
        return NULL;
    EVP_PKEY *key = parse_key(text, len, files, problems);
    secret_wipe(text, KEY_FILE_MAX);
    free(text);
    return key;
}

// ---- both

static bool check_pair(const struct tls_certificate *c, const struct tls_certificate_files *files,
                       struct problems *problems)
{
    bool fits = X509_check_private_key(c->leaf, c->key) == 1;
    ERR_clear_error();
    if (!fits)
        problems_add(problems, files->key_at,
                     "the key in \"%s\" does not belong to the first certificate in \"%s\"",
                     files->key, files->chain);
    return fits;
}

bool tls_certificate_load(struct tls_certificate *c, const struct tls_certificate_files *files,
                          struct problems *problems)
{
    *c = (struct tls_certificate){0};
    c->chain = tls_certificates_read(files->chain, files->chain_at, problems);
    c->key = read_key(files, problems);
    if (c->chain)
        c->leaf = sk_X509_shift(c->chain);
    bool ok = c->leaf && c->key && check_pair(c, files, problems);
    // All that can be said of the certificate is said, whatever the key is like.
    if (c->leaf)
        ok = check_validity(c->leaf, files, problems) && check_chain(c, files, problems) && ok;
    if (!ok)
        tls_certificate_clear(c);
    return ok;
}

bool tls_certificate_use(const struct tls_certificate *c, SSL_CTX *ctx,
                         const struct tls_certificate_files *files, struct problems *problems)
{
    ERR_clear_error();
    if (SSL_CTX_use_cert_and_key(ctx, c->leaf, c->key, c->chain, 0) == 1)
        return true;
    problems_add(problems, files->chain_at, "the certificate in \"%s\" can't be used: %s",
                 files->chain, reason());
    ERR_clear_error();
    return false;
}

void tls_certificate_clear(struct tls_certificate *c)
{
    X509_free(c->leaf);
    X509_free(c->issuer);
    sk_X509_pop_free(c->chain, X509_free);
    EVP_PKEY_free(c->key);
    *c = (struct tls_certificate){0};
}

bool tls_certificate_each_name(const X509 *leaf, bool (*take)(void *context, struct slice name),
                               void *context)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    bool ok = true;
    for (int i = 0; ok && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS)
            continue;
        const ASN1_STRING *text = name->d.dNSName;
        ok = take(context, slice_of(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text)));
    }
    GENERAL_NAMES_free(names);
    return ok;
}

// SPDX-License-Identifier: Apache-2.0
// A list that cannot be read stops the load; one that has grown old stops the handshakes, so that
// whoever forgets to renew it does not go on without.
#include "tls/crl.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/problems.h"

enum { CRL_FILE_MAX = 64 * 1024 * 1024 };

struct crl_reading {
    X509_STORE *store;
    const char *path;
    const struct json *at;
    const char *consequence;
    struct problems *problems;
};

static bool add_list(const struct crl_reading *r, X509_CRL *list)
{
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(list);
    if (next && X509_cmp_current_time(next) <= 0)
        problems_warn(r->problems, r->at, "a revocation list in \"%s\" has expired: %s", r->path,
                      r->consequence);
    if (X509_STORE_add_crl(r->store, list))
        return true;
    problems_add(r->problems, r->at, "not enough memory");
    return false;
}

static bool add_lists(const struct crl_reading *r, BIO *bio)
{
    size_t count = 0;
    bool ok = true;
    X509_CRL *list;
    ERR_clear_error();
    while (ok && (list = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL))) {
        ok = add_list(r, list);
        X509_CRL_free(list);
        count++;
    }
    bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (!ok || (count > 0 && is_end))
        return ok;
    problems_add(r->problems, r->at, "\"%s\" holds %s in PEM form", r->path,
                 count ? "something that is no revocation list" : "no revocation list");
    return false;
}

bool tls_crl_load(SSL_CTX *ctx, const char *path, const struct json *at, const char *consequence,
                  struct problems *problems)
{
    const struct crl_reading r = {SSL_CTX_get_cert_store(ctx), path, at, consequence, problems};
    char why[200];
    char *text;
    size_t len;
    if (!file_read(path, CRL_FILE_MAX, &text, &len, why, sizeof(why))) {
        problems_add(problems, at, "revocation list \"%s\": %s", path, why);
        return false;
    }
    BIO *bio = BIO_new_mem_buf(text, (int)len);
    bool ok = bio && add_lists(&r, bio);
    if (!bio)
        problems_add(problems, at, "not enough memory");
    BIO_free(bio);
    free(text);
    X509_STORE_set_flags(r.store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return ok;
}

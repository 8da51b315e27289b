// SPDX-License-Identifier: Apache-2.0
// Whatever is sent was verified here first: clients hold a wrong staple against the site, and a
// missing one, as a rule, not. The file is small and local, so the thread that finds it changed
// reads it at once; the others go on with what they have.
#include "tls/staple.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/problems.h"

enum {
    ANSWER_FILE_MAX = 64 * 1024,
    CLOCK_SKEW_S = 300,
    LOOK_EVERY_NS = 1000 * 1000 * 1000,
    WHY_MAX = 200,
    DAY_S = 24 * 60 * 60,
};

struct answer {
    unsigned char *octets; // OCSPResponse, DER
    size_t len;
    time_t until; // wall clock
};

struct version { // of the file
    struct timespec changed;
    ino_t inode;
    off_t size;
};

struct tls_staple {
    X509 *leaf, *issuer;
    char *path;
    _Atomic uint64_t look_ns; // when to look at the file again
    atomic_flag looking;      // whoever sets it owns what follows
    struct version version;
    struct log_repeat complaint;
    pthread_mutex_t lock; // of what follows
    struct answer answer;
};

// ---- answers

static const char *check_signature(OCSP_BASICRESP *basic, X509 *issuer)
{
    STACK_OF(X509) *issuers = sk_X509_new_null();
    X509_STORE *store = X509_STORE_new();
    const char *why = "not enough memory";
    if (issuers && store && sk_X509_push(issuers, issuer) && X509_STORE_add_cert(store, issuer)) {
        // The issuer signs itself or by a responder it has certified for that (RFC 6960, 4.2.2.2);
        // where the issuer is an intermediate one, its own issuer does not matter.
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
        bool ok = OCSP_basic_verify(basic, issuers, store, OCSP_TRUSTOTHER) == 1;
        why = ok ? NULL : "it was not signed by the certificate's issuer";
    }
    X509_STORE_free(store);
    sk_X509_free(issuers);
    return why;
}

struct status {
    int status;
    ASN1_GENERALIZEDTIME *from, *until;
};

// Responders name the certificate by SHA-1 or SHA-256 digests of its issuer.
static bool find_status(OCSP_BASICRESP *basic, const struct tls_staple *s, struct status *out)
{
    const EVP_MD *digests[] = {EVP_sha1(), EVP_sha256()};
    bool found = false;
    for (size_t i = 0; !found && i < ARRAY_LEN(digests); i++) {
        OCSP_CERTID *id = OCSP_cert_to_id(digests[i], s->leaf, s->issuer);
        int reason;
        found = id && OCSP_resp_find_status(basic, id, &out->status, &reason, NULL, &out->from,
                                            &out->until);
        OCSP_CERTID_free(id);
    }
    return found;
}

// Without an end nobody could tell when it is too old to be sent.
static const char *check_status(const struct status *status, time_t *end)
{
    int days, seconds;
    if (status->status != V_OCSP_CERTSTATUS_GOOD)
        return status->status == V_OCSP_CERTSTATUS_REVOKED ? "it says the certificate was revoked"
                                                           : "it does not know the certificate";
    if (!status->until)
        return "it does not say until when it is good";
    if (!OCSP_check_validity(status->from, status->until, CLOCK_SKEW_S, -1) ||
        !ASN1_TIME_diff(&days, &seconds, NULL, status->until))
        return "it is out of date";
    *end = time(NULL) + (time_t)days * DAY_S + seconds;
    return NULL;
}

enum verdict { VERDICT_GOOD, VERDICT_NOT_NOW, VERDICT_WRONG };

static enum verdict judge_basic(OCSP_BASICRESP *basic, const struct tls_staple *s, time_t *end,
                                const char **why)
{
    struct status status = {0};
    *why = check_signature(basic, s->issuer);
    if (*why)
        return VERDICT_WRONG;
    if (!find_status(basic, s, &status)) {
        *why = "it is about another certificate";
        return VERDICT_WRONG;
    }
    *why = check_status(&status, end);
    return *why ? VERDICT_NOT_NOW : VERDICT_GOOD;
}

static enum verdict judge(const struct answer *a, const struct tls_staple *s, time_t *end,
                          const char **why)
{
    const unsigned char *at = a->octets;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)a->len);
    OCSP_BASICRESP *basic = NULL;
    enum verdict verdict = VERDICT_WRONG;
    if (!response || at != a->octets + a->len)
        *why = "it is no OCSP response in DER form";
    else if (OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL ||
             !(basic = OCSP_response_get1_basic(response)))
        *why = "the responder had no answer";
    else
        verdict = judge_basic(basic, s, end, why);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return verdict;
}

// *out, its octets for free(), only with a good verdict; why[WHY_MAX] with the others.
static enum verdict read_answer(const struct tls_staple *s, struct answer *out, char *why)
{
    char *octets;
    const char *reason = "";
    *out = (struct answer){0};
    if (!file_read(s->path, ANSWER_FILE_MAX, &octets, &out->len, why, WHY_MAX))
        return VERDICT_WRONG;
    out->octets = (unsigned char *)octets;
    enum verdict verdict = judge(out, s, &out->until, &reason);
    (void)snprintf(why, WHY_MAX, "%s", reason);
    if (verdict != VERDICT_GOOD) {
        free(octets);
        *out = (struct answer){0};
    }
    return verdict;
}

// ---- the file

static bool look(const struct tls_staple *s, struct version *out)
{
    struct stat about;
    if (stat(s->path, &about) != 0)
        return false;
    *out = (struct version){about.st_mtim, about.st_ino, about.st_size};
    return true;
}

static bool is_same(const struct version *a, const struct version *b)
{
    return a->inode == b->inode && a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

static void replace(struct tls_staple *s, struct answer *answer)
{
    pthread_mutex_lock(&s->lock);
    unsigned char *old = s->answer.octets;
    s->answer = *answer;
    pthread_mutex_unlock(&s->lock);
    free(old);
}

static void renew(struct tls_staple *s)
{
    struct version version;
    struct answer answer;
    char why[WHY_MAX];
    if (!look(s, &version)) {
        log_repeated(&s->complaint, LOG_LEVEL_WARNING, "OCSP response \"%s\": %s", s->path,
                     log_errno(errno));
        return;
    }
    if (is_same(&version, &s->version))
        return;
    s->version = version;
    if (read_answer(s, &answer, why) == VERDICT_GOOD)
        replace(s, &answer);
    else
        log_warning("OCSP response \"%s\" is not used: %s", s->path, why);
}

static void renew_at_times(struct tls_staple *s)
{
    uint64_t now = clock_mono_ns();
    if (now < atomic_load_explicit(&s->look_ns, memory_order_relaxed) ||
        atomic_flag_test_and_set_explicit(&s->looking, memory_order_acquire))
        return;
    atomic_store_explicit(&s->look_ns, now + LOOK_EVERY_NS, memory_order_relaxed);
    renew(s);
    atomic_flag_clear_explicit(&s->looking, memory_order_release);
}

// ---- public

unsigned char *tls_staple_copy(struct tls_staple *s, size_t *len)
{
    unsigned char *copy = NULL;
    renew_at_times(s);
    pthread_mutex_lock(&s->lock);
    if (s->answer.octets && time(NULL) < s->answer.until) {
        *len = s->answer.len;
        copy = OPENSSL_memdup(s->answer.octets, s->answer.len);
    }
    pthread_mutex_unlock(&s->lock);
    return copy;
}

const X509 *tls_staple_leaf(const struct tls_staple *s)
{
    return s->leaf;
}

static struct tls_staple *new_staple(const struct tls_certificate *certificate, const char *path)
{
    struct tls_staple *s = calloc(1, sizeof(*s));
    if (!s || !(s->path = strdup(path))) {
        free(s);
        return NULL;
    }
    pthread_mutex_init(&s->lock, NULL);
    atomic_init(&s->look_ns, 0);
    atomic_flag_clear(&s->looking);
    X509_up_ref(certificate->leaf);
    X509_up_ref(certificate->issuer);
    s->leaf = certificate->leaf;
    s->issuer = certificate->issuer;
    return s;
}

struct tls_staple *tls_staple_new(const struct tls_certificate *certificate,
                                  const struct tls_certificate_files *files,
                                  struct problems *problems)
{
    char why[WHY_MAX];
    if (!certificate->issuer) {
        problems_add(problems, files->ocsp_at,
                     "to check OCSP responses, the issuer must follow the certificate in \"%s\"",
                     files->chain);
        return NULL;
    }
    struct tls_staple *s = new_staple(certificate, files->ocsp);
    if (!s) {
        problems_add(problems, files->ocsp_at, "not enough memory");
        return NULL;
    }
    // Looked at before it is read: a change in between is seen later.
    (void)look(s, &s->version);
    enum verdict verdict = read_answer(s, &s->answer, why);
    if (verdict == VERDICT_NOT_NOW)
        problems_warn(problems, files->ocsp_at, "OCSP response \"%s\" is not sent: %s", s->path,
                      why);
    if (verdict == VERDICT_WRONG) {
        problems_add(problems, files->ocsp_at, "OCSP response \"%s\": %s", s->path, why);
        tls_staple_free(&s);
    }
    return s;
}

void tls_staple_free(struct tls_staple **staple)
{
    struct tls_staple *s = *staple;
    *staple = NULL;
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    X509_free(s->leaf);
    X509_free(s->issuer);
    free(s->answer.octets);
    free(s->path);
    free(s);
}

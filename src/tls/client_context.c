// SPDX-License-Identifier: Apache-2.0
// What is verified is fixed when the context is made and inherited by every connection: nothing can
// be left out per connection. A session is a verification remembered, so it is offered only by the
// very context that made it (each has a random session id context; after a reload with other
// settings the first handshake is a full one), and not when the certificate has expired since.
#include "tls/client_context.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/problems.h"
#include "base/random.h"
#include "tls/certificate.h"
#include "tls/crl.h"
#include "tls/pins.h"
#include "tls/expiry.h"
#include "tls/settings.h"
#include "tls/sni.h"
#include "tls/transport_internal.h"

enum { CONTEXT_ID_LEN = 32 };

struct tls_client_context {
    SSL_CTX *ctx;
    char *sni; // NULL when the server is named by its address
    unsigned char id[CONTEXT_ID_LEN];
    struct tls_pins pins;
    int64_t own_end_s;          // of our certificate; 0 without
    _Atomic int64_t peer_end_s; // of the certificate that the server showed last; 0: none yet
};

// ---- expiry

void tls_client_context_note_peer(SSL *ssl)
{
    struct tls_client_context *c = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    const X509 *leaf = SSL_get0_peer_certificate(ssl);
    if (c && leaf)
        atomic_store_explicit(&c->peer_end_s, tls_expiry_of(leaf), memory_order_relaxed);
}

int64_t tls_client_context_own_expiry(const struct tls_client_context *c)
{
    return c->own_end_s;
}

int64_t tls_client_context_peer_expiry(const struct tls_client_context *c)
{
    return atomic_load_explicit(&c->peer_end_s, memory_order_relaxed);
}

// ---- sessions

void tls_session_clear(struct tls_session *s)
{
    SSL_SESSION_free(s->session);
    s->session = NULL;
}

// OpenSSL hands every new session (ticket) here; keeping its reference means returning 1.
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_transport *x = SSL_get_app_data(ssl);
    if (!x->session || !SSL_SESSION_is_resumable(session))
        return 0;
    tls_session_clear(x->session);
    x->session->session = session;
    return 1;
}

static bool is_usable(const struct tls_client_context *c, const SSL_SESSION *session)
{
    unsigned len;
    const unsigned char *id = SSL_SESSION_get0_id_context(session, &len);
    X509 *leaf = SSL_SESSION_get0_peer((SSL_SESSION *)(uintptr_t)session);
    return len == sizeof(c->id) && memcmp(id, c->id, len) == 0 &&
           SSL_SESSION_is_resumable(session) && leaf &&
           X509_cmp_current_time(X509_get0_notAfter(leaf)) > 0;
}

// ---- loading

static bool not_enough_memory(const struct tls_client_options *o, struct problems *problems)
{
    problems_add(problems, o->at, "not enough memory");
    return false;
}

// OpenSSL decodes the extensions of a certificate when they are first asked for. All threads share
// these: it is done before there are any. What is wrong with one shows when it has to verify.
static void decode_now(X509 *certificate)
{
    (void)X509_check_purpose(certificate, -1, 0);
}

// Trusts what is in the given file and nothing else; the system's store only when no file is given.
static bool load_trust(SSL_CTX *ctx, const struct tls_client_options *o, struct problems *problems)
{
    if (!o->ca)
        return SSL_CTX_set_default_verify_paths(ctx) || not_enough_memory(o, problems);
    STACK_OF(X509) *roots = tls_certificates_read(o->ca, o->ca_at, problems);
    if (!roots)
        return false;
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    bool ok = true, any_valid = false;
    for (int i = 0; ok && i < sk_X509_num(roots); i++) {
        X509 *root = sk_X509_value(roots, i);
        any_valid = any_valid || X509_cmp_current_time(X509_get0_notAfter(root)) > 0;
        decode_now(root);
        ok = X509_STORE_add_cert(store, root);
    }
    sk_X509_pop_free(roots, X509_free);
    if (!ok)
        return not_enough_memory(o, problems);
    if (!any_valid)
        problems_warn(problems, o->ca_at,
                      "all certificates in \"%s\" have expired; no backend can be verified", o->ca);
    return true;
}

// The library's own comparison: subjectAltName only, a wildcard only as a whole first label.
static bool set_name(struct tls_client_context *c, const struct tls_client_options *o,
                     struct problems *problems)
{
    X509_VERIFY_PARAM *verification = SSL_CTX_get0_param(c->ctx);
    struct slice name = slice_str(o->server_name);
    struct addr address;
    if (!o->verify && name.len == 0)
        return true;
    X509_VERIFY_PARAM_set_hostflags(verification, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                                      X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (addr_parse(name, &address)) {
        char text[ADDR_TEXT_MAX];
        addr_text(&address, text);
        return X509_VERIFY_PARAM_set1_ip_asc(verification, text) || not_enough_memory(o, problems);
    }
    if (!tls_name_is_valid(name, false)) {
        problems_add(
            problems, o->at,
            "\"%s\" is neither a host name nor an address, so no certificate can be for it",
            o->server_name ? o->server_name : "");
        return false;
    }
    c->sni = strdup(o->server_name);
    return (c->sni && X509_VERIFY_PARAM_set1_host(verification, o->server_name, 0)) ||
           not_enough_memory(o, problems);
}

static bool load_own_certificate(SSL_CTX *ctx, const struct tls_client_options *o,
                                 struct problems *problems)
{
    if (!o->certificate)
        return true;
    const struct tls_certificate_files files = {
        .chain = o->certificate, .key = o->key, .chain_at = o->certificate_at, .key_at = o->key_at};
    struct tls_certificate own;
    if (!tls_certificate_load(&own, &files, problems))
        return false;
    bool ok = tls_certificate_use(&own, ctx, &files, problems);
    tls_certificate_clear(&own);
    return ok;
}

// Pins are part of the verification: a server whose keys are strange does not get to see our own
// certificate either.
static int verify_pinned(X509_STORE_CTX *verification, void *context)
{
    const struct tls_client_context *c = context;
    int result = X509_verify_cert(verification);
    if (result != 1 || tls_pins_fit(&c->pins, X509_STORE_CTX_get0_chain(verification)))
        return result;
    const SSL *ssl = X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_transport *x = SSL_get_app_data(ssl);
    free(x->why);
    x->why = tls_pins_mismatch(&c->pins, X509_STORE_CTX_get0_cert(verification));
    X509_STORE_CTX_set_error(verification, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

// A resumed session is not verified again: with a revocation list there are none, so that what is
// revoked, or a list that has expired, counts at once.
static bool load_revocation(struct tls_client_context *c, const struct tls_client_options *o,
                            struct problems *problems)
{
    if (!o->crl)
        return true;
    SSL_CTX_set_session_cache_mode(c->ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(c->ctx, SSL_OP_NO_TICKET);
    return tls_crl_load(c->ctx, o->crl, o->crl_at, "no backend can be verified", problems);
}

static bool load(struct tls_client_context *c, const struct tls_client_options *o,
                 struct problems *problems)
{
    c->ctx = tls_settings_apply(TLS_client_method(), &o->terms);
    random_bytes(c->id, sizeof(c->id));
    if (!c->ctx || !SSL_CTX_set_session_id_context(c->ctx, c->id, sizeof(c->id)))
        return not_enough_memory(o, problems);
    SSL_CTX_set_session_cache_mode(c->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(c->ctx, keep_session);
    static const unsigned char h2[] = {2, 'h', '2'};
    if (o->http2 && SSL_CTX_set_alpn_protos(c->ctx, h2, sizeof(h2)) != 0)
        return not_enough_memory(o, problems);
    SSL_CTX_set_app_data(c->ctx, c);
    bool ok = set_name(c, o, problems);
    ok = load_own_certificate(c->ctx, o, problems) && ok;
    if (ok && o->certificate)
        c->own_end_s = tls_expiry_of(SSL_CTX_get0_certificate(c->ctx));
    if (!o->verify) {
        SSL_CTX_set_verify(c->ctx, SSL_VERIFY_NONE, NULL);
        return ok;
    }
    SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_purpose(c->ctx, X509_PURPOSE_SSL_SERVER);
    if (o->pins && o->pins->count) {
        c->pins = *o->pins;
        SSL_CTX_set_cert_verify_callback(c->ctx, verify_pinned, c);
    }
    ok = load_revocation(c, o, problems) && ok;
    return load_trust(c->ctx, o, problems) && ok;
}

struct tls_client_context *tls_client_context_new(const struct tls_client_options *o,
                                                  struct problems *problems)
{
    struct tls_client_context *c = calloc(1, sizeof(*c));
    if (!c) {
        not_enough_memory(o, problems);
        return NULL;
    }
    if (!load(c, o, problems))
        tls_client_context_free(&c);
    ERR_clear_error();
    return c;
}

void tls_client_context_free(struct tls_client_context **context)
{
    struct tls_client_context *c = *context;
    *context = NULL;
    if (!c)
        return;
    SSL_CTX_free(c->ctx);
    free(c->sni);
    free(c);
}

// ---- transports

static bool prepare(struct tls_transport *x, const struct tls_client_context *c,
                    struct tls_session *session)
{
    if (!tls_transport_attach(x, c->ctx, true))
        return false;
    if (c->sni && !SSL_set_tlsext_host_name(x->ssl, c->sni))
        return false;
    x->session = session;
    if (!session || !session->session)
        return true;
    if (!is_usable(c, session->session)) {
        tls_session_clear(session);
        return true;
    }
    // A copy, since OpenSSL marks a session as used up once it was resumed in TLS 1.3, and not
    // every server sends a new one then. Backends need not be kept from recognising us (RFC 8446,
    // C.4), and verifying again costs much more.
    SSL_SESSION *copy = SSL_SESSION_dup(session->session);
    bool ok = copy && SSL_set_session(x->ssl, copy);
    SSL_SESSION_free(copy);
    return ok;
}

bool tls_client_context_attach(const struct tls_client_context *c, struct tls_transport *x, int fd)
{
    x->is_client = true;
    x->ssl = SSL_new(c->ctx);
    if (!x->ssl)
        return false;
    SSL_set_app_data(x->ssl, x);
    SSL_set_connect_state(x->ssl);
    return SSL_set_fd(x->ssl, fd) && (!c->sni || SSL_set_tlsext_host_name(x->ssl, c->sni));
}

bool tls_client_transport_init(struct transport *t, struct io_context *io, int fd,
                               struct tls_client_context *c, struct tls_session *session,
                               void (*on_event)(struct transport *, unsigned))
{
    if (!transport_init_plain(t, io, fd, true, on_event))
        return false;
    if (prepare(CONTAINER_OF(t, struct tls_transport, base), c, session))
        return true;
    transport_close(t, false);
    errno = ENOMEM;
    return false;
}

// SPDX-License-Identifier: Apache-2.0
// One OpenSSL context per certificate (RSA and ECDSA certificates for the same names share one),
// all alike. The name decides which, in the client_hello callback, before anything else of the
// message is acted upon: so a refused name gets no certificate, and the session id context can be
// set to the name before a ticket is looked at. That binds sessions to the name they were made for:
// no resumption into another one (OpenSSL itself leaves that open in TLS 1.3).
#include "tls/server_context.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/problems.h"
#include "tls/certificate.h"
#include "tls/client_auth.h"
#include "tls/expiry.h"
#include "tls/settings.h"
#include "tls/sni.h"
#include "tls/staple.h"
#include "tls/tickets.h"
#include "tls/transport_internal.h"

enum { TWINS_MAX = 8 }; // one for each type of key: RSA, RSA-PSS, ECDSA, Ed25519, ...

struct tls_site { // one per certificate or pair of twins
    SSL_CTX *ctx;
    struct tls_staple *staples[TWINS_MAX];
    size_t staple_count;
    bool asks_clients, requires_clients;
};

// A certificate file and when its certificate ends.
struct tls_end {
    char *chain;
    int64_t at_s;
};

struct tls_server_context {
    _Atomic unsigned references;
    struct tls_site *sites;
    size_t site_count;
    struct tls_names names;
    struct tls_tickets tickets;
    EVP_MD *sha256; // fetched once: looking it up costs more than a digest
    struct slice protocols[TLS_PROTOCOLS_MAX];
    char *protocol_text[TLS_PROTOCOLS_MAX];
    size_t protocol_count;
    bool refuse_without_sni;
    bool unknown_sni_gets_first;
    bool strict_host;
    struct tls_end *ends; // of the certificates, in the policy's order
    size_t end_count;
};

// ---- callbacks during a handshake

static int refuse(struct tls_transport *x, int *alert, int code, const char *word, const char *text)
{
    *alert = code;
    transport_fail(&x->base, word, text);
    return SSL_CLIENT_HELLO_ERROR;
}

// Keeps the name for facts and records. A second ClientHello (after HelloRetryRequest) must not
// name another.
static bool note_name(struct tls_transport *x, const char *name)
{
    if (x->server_name)
        return strcmp(x->server_name, name) == 0;
    x->server_name = strdup(name);
    return x->server_name != NULL;
}

// The session id context is the name, or the digest of one that has no room there. It must not be
// empty.
static bool bind_sessions(SSL *ssl, const EVP_MD *sha256, struct slice name)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len;
    if (name.len == 0)
        name = SLICE("-");
    if (name.len < SSL_MAX_SID_CTX_LENGTH)
        return SSL_set_session_id_context(ssl, (const unsigned char *)name.ptr, (unsigned)name.len);
    return EVP_Digest(name.ptr, name.len, digest, &len, sha256, NULL) &&
           SSL_set_session_id_context(ssl, digest, len);
}

static bool choose_site(const struct tls_server_context *c, struct slice name, size_t *site)
{
    *site = 0;
    if (name.len == 0)
        return !c->refuse_without_sni;
    return tls_names_find(&c->names, name, site) || c->unknown_sni_gets_first;
}

static int take_client_hello(SSL *ssl, int *alert, void *context)
{
    const struct tls_server_context *c = context;
    struct tls_transport *x = SSL_get_app_data(ssl);
    const unsigned char *extension;
    size_t len, site;
    char name[TLS_NAME_MAX + 1] = "";
    size_t name_len = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &extension, &len) &&
        !tls_sni_parse(slice_of(extension, len), name, &name_len))
        return refuse(x, alert, SSL_AD_UNRECOGNIZED_NAME, "invalid-server-name",
                      "the server name is no host name");
    if (!note_name(x, name))
        return refuse(x, alert, SSL_AD_ILLEGAL_PARAMETER, "tls-protocol",
                      "the server name changed");
    if (!choose_site(c, slice_of(name, name_len), &site))
        return refuse(x, alert, SSL_AD_UNRECOGNIZED_NAME, "unrecognized-name",
                      "no certificate for the server name");
    if (!SSL_set_SSL_CTX(ssl, c->sites[site].ctx) ||
        !bind_sessions(ssl, c->sha256, slice_of(name, name_len)))
        return refuse(x, alert, SSL_AD_INTERNAL_ERROR, "no-memory", "out of memory");
    if (c->sites[site].asks_clients)
        tls_client_auth_ask(ssl, c->sites[site].requires_clients);
    return SSL_CLIENT_HELLO_SUCCESS;
}

// Sees each message of a handshake; the first one from the client says which program it is.
static void note_hello(int sent, int version, int type, const void *octets, size_t len, SSL *ssl,
                       void *context)
{
    struct tls_transport *x = SSL_get_app_data(ssl);
    struct tls_client_hello hello;
    (void)version;
    (void)context;
    if (sent || type != SSL3_RT_HANDSHAKE)
        return;
    SSL_set_msg_callback(ssl, NULL);
    if (!tls_client_hello_read(slice_of(octets, len), &hello) ||
        !tls_ja4(x->server->sha256, &hello, x->ja4))
        x->ja4[0] = '\0';
}

// Whether the client's list (octets: length, name, ...; checked by OpenSSL) has `wanted`.
static bool offers(struct slice list, struct slice wanted, struct slice *found)
{
    while (list.len > 0) {
        size_t len = (unsigned char)list.ptr[0];
        struct slice name = slice_first(slice_from(list, 1), len);
        if (slice_eq(name, wanted)) {
            *found = name;
            return true;
        }
        list = slice_from(list, 1 + len);
    }
    return false;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *list, unsigned len, void *context)
{
    const struct tls_server_context *c = context;
    struct tls_transport *x = SSL_get_app_data(ssl);
    struct slice found;
    for (size_t i = 0; i < c->protocol_count; i++) {
        if (!offers(slice_of(list, len), c->protocols[i], &found))
            continue;
        *out = (const unsigned char *)found.ptr;
        *out_len = (unsigned char)found.len;
        return SSL_TLSEXT_ERR_OK;
    }
    transport_fail(&x->base, "no-shared-protocol",
                   "none of the application protocols offered is served here");
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Asked when the certificate has been chosen and the client wants its staple.
static int send_staple(SSL *ssl, void *context)
{
    const struct tls_site *site = context;
    const X509 *shown = SSL_get_certificate(ssl);
    size_t len;
    for (size_t i = 0; i < site->staple_count; i++) {
        if (tls_staple_leaf(site->staples[i]) != shown)
            continue;
        unsigned char *copy = tls_staple_copy(site->staples[i], &len);
        if (copy && SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)len))
            return SSL_TLSEXT_ERR_OK;
        OPENSSL_free(copy);
    }
    return SSL_TLSEXT_ERR_NOACK;
}

static int apply_ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv,
                            EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int sealing)
{
    struct tls_transport *x = SSL_get_app_data(ssl);
    int result = tls_tickets_apply(&x->server->tickets, name, iv, cipher, mac, sealing);
    // In TLS 1.3 clients use a ticket once and want another with each resumption (2: good, and send
    // a new one).
    return !sealing && result == 1 && SSL_version(ssl) == TLS1_3_VERSION ? 2 : result;
}

// ---- loading

static SSL_CTX *new_site_context(struct tls_server_context *c, const struct tls_server_options *o)
{
    SSL_CTX *ctx = tls_settings_apply(TLS_server_method(), &o->terms);
    if (!ctx)
        return NULL;
    // Our order, so that machines with AES in hardware get AES-128; those without, who put ChaCha20
    // first, get that.
    SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_client_hello_cb(ctx, take_client_hello, c);
    if (c->protocol_count > 0)
        SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, c);
    bool ok;
    if (o->ticket_rotation_s == 0) {
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
        ok = SSL_CTX_set_num_tickets(ctx, 0);
    } else {
        SSL_CTX_set_timeout(ctx, (long)tls_tickets_lifetime_s(&c->tickets));
        // One ticket: each costs the client's handshake 20 us of ours.
        ok = SSL_CTX_set_num_tickets(ctx, 1) &&
             SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, apply_ticket_key);
    }
    if (ok)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

struct name_taker {
    struct tls_names *names;
    size_t site;
    const struct tls_certificate_files *files;
    struct problems *problems;
};

static bool take_name(void *context, struct slice name)
{
    struct name_taker *taker = context;
    if (!tls_name_is_valid(name, true)) {
        problems_warn(
            taker->problems, taker->files->chain_at,
            "the certificate in \"%s\" has a name no client can ask for, which is ignored",
            taker->files->chain);
        return true;
    }
    if (tls_names_add(taker->names, name, taker->site))
        return true;
    problems_add(taker->problems, taker->files->chain_at, "not enough memory");
    return false;
}

// Whether two certificates have the same list of names.
static bool has_same_names(const X509 *a, const X509 *b)
{
    int at_a = X509_get_ext_by_NID(a, NID_subject_alt_name, -1);
    int at_b = X509_get_ext_by_NID(b, NID_subject_alt_name, -1);
    if (at_a < 0 || at_b < 0)
        return false;
    return ASN1_STRING_cmp(X509_EXTENSION_get_data(X509_get_ext(a, at_a)),
                           X509_EXTENSION_get_data(X509_get_ext(b, at_b))) == 0;
}

// A site for the same names whose certificate has another type of key: the client's algorithms then
// decide.
static struct tls_site *find_twin(struct tls_server_context *c,
                                  const struct tls_certificate *certificate)
{
    int type = EVP_PKEY_get_base_id(certificate->key);
    for (size_t i = 0; i < c->site_count; i++) {
        const X509 *leaf = SSL_CTX_get0_certificate(c->sites[i].ctx);
        const EVP_PKEY *key = SSL_CTX_get0_privatekey(c->sites[i].ctx);
        if (has_same_names(leaf, certificate->leaf) && EVP_PKEY_get_base_id(key) != type)
            return &c->sites[i];
    }
    return NULL;
}

static bool add_staple(struct tls_site *site, const struct tls_certificate *certificate,
                       const struct tls_certificate_files *files, struct problems *problems)
{
    if (!files->ocsp) {
        if (X509_get_ext_by_NID(certificate->leaf, NID_tlsfeature, -1) >= 0)
            problems_warn(problems, files->chain_at,
                          "the certificate in \"%s\" promises an OCSP response, and there is no "
                          "\"ocsp\": some clients will refuse it",
                          files->chain);
        return true;
    }
    if (site->staple_count == TWINS_MAX) {
        problems_add(problems, files->ocsp_at, "at most %d certificates for the same names",
                     TWINS_MAX);
        return false;
    }
    struct tls_staple *staple = tls_staple_new(certificate, files, problems);
    if (!staple)
        return false;
    site->staples[site->staple_count++] = staple;
    SSL_CTX_set_tlsext_status_cb(site->ctx, send_staple);
    SSL_CTX_set_tlsext_status_arg(site->ctx, site);
    return true;
}

static bool note_end(struct tls_server_context *c, const struct tls_certificate *certificate,
                     const struct tls_certificate_files *files, struct problems *problems)
{
    char *chain = strdup(files->chain);
    if (chain)
        c->ends[c->end_count++] =
            (struct tls_end){.chain = chain, .at_s = tls_expiry_of(certificate->leaf)};
    else
        problems_add(problems, files->chain_at, "not enough memory");
    return chain != NULL;
}

static bool add_site(struct tls_server_context *c, const struct tls_server_options *o, size_t i,
                     const struct tls_certificate *certificate, struct problems *problems)
{
    const struct tls_certificate_files *files = &o->certificates[i];
    struct tls_site *twin = find_twin(c, certificate);
    if (twin && files->clients) { // the handshake asks before it is known which of the two is shown
        problems_add(problems, files->clients->ca_at,
                     "a certificate before this one has the same names: what is asked of clients "
                     "stands there");
        return false;
    }
    if (twin)
        return tls_certificate_use(certificate, twin->ctx, files, problems) &&
               add_staple(twin, certificate, files, problems);
    SSL_CTX *ctx = new_site_context(c, o);
    if (!ctx) {
        problems_add(problems, files->chain_at, "not enough memory");
        return false;
    }
    size_t before = c->names.count;
    const struct tls_client_auth_options *clients = files->clients ? files->clients : &o->clients;
    struct tls_site *site = &c->sites[c->site_count];
    *site = (struct tls_site){
        .ctx = ctx, .asks_clients = clients->ca != NULL, .requires_clients = clients->required};
    struct name_taker taker = {&c->names, c->site_count, files, problems};
    c->site_count++;
    if (!tls_certificate_use(certificate, ctx, files, problems) ||
        !add_staple(site, certificate, files, problems) ||
        (clients->ca && !tls_client_auth_load(ctx, clients, problems)) ||
        !tls_certificate_each_name(certificate->leaf, take_name, &taker))
        return false;
    if (c->names.count == before && i > 0)
        problems_warn(problems, files->chain_at,
                      "the certificate in \"%s\" has no DNS name in its subjectAltName and will "
                      "never be chosen",
                      files->chain);
    return true;
}

static bool load_sites(struct tls_server_context *c, const struct tls_server_options *o,
                       struct problems *problems)
{
    bool ok = true;
    c->sites = calloc(o->certificate_count, sizeof(c->sites[0]));
    c->ends = calloc(o->certificate_count, sizeof(c->ends[0]));
    if (!c->sites || !c->ends || o->certificate_count == 0) {
        problems_add(problems, o->at,
                     c->sites && c->ends ? "at least one certificate is needed"
                                         : "not enough memory");
        return false;
    }
    for (size_t i = 0; i < o->certificate_count; i++) {
        struct tls_certificate certificate;
        if (!tls_certificate_load(&certificate, &o->certificates[i], problems)) {
            ok = false;
            continue;
        }
        ok = note_end(c, &certificate, &o->certificates[i], problems) && ok;
        ok = add_site(c, o, i, &certificate, problems) && ok;
        tls_certificate_clear(&certificate);
    }
    tls_names_sort(&c->names);
    return ok;
}

static bool copy_protocols(struct tls_server_context *c, const struct tls_server_options *o,
                           struct problems *problems)
{
    for (size_t i = 0; i < TLS_PROTOCOLS_MAX && o->protocols[i]; i++) {
        size_t len = strlen(o->protocols[i]);
        if (len == 0 || len > UINT8_MAX) {
            problems_add(problems, o->at, "an application protocol must have 1 to 255 bytes");
            return false;
        }
        c->protocol_text[i] = strdup(o->protocols[i]);
        if (!c->protocol_text[i]) {
            problems_add(problems, o->at, "not enough memory");
            return false;
        }
        c->protocols[i] = slice_str(c->protocol_text[i]);
        c->protocol_count++;
    }
    return true;
}

struct tls_server_context *tls_server_context_new(const struct tls_server_options *o,
                                                  struct problems *problems)
{
    struct tls_server_context *c = calloc(1, sizeof(*c));
    if (!c || !tls_tickets_init(&c->tickets, o->ticket_rotation_s)) {
        free(c);
        problems_add(problems, o->at, "not enough memory");
        return NULL;
    }
    atomic_init(&c->references, 1);
    c->refuse_without_sni = o->refuse_without_sni;
    c->unknown_sni_gets_first = o->unknown_sni_gets_first;
    c->strict_host = o->strict_host;
    c->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    bool ok = copy_protocols(c, o, problems) && c->sha256;
    if (!load_sites(c, o, problems) || !ok)
        tls_server_context_free(&c);
    return c;
}

void tls_server_context_free(struct tls_server_context **context)
{
    struct tls_server_context *c = *context;
    *context = NULL;
    if (!c || atomic_fetch_sub_explicit(&c->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < c->site_count; i++) {
        SSL_CTX_free(c->sites[i].ctx);
        for (size_t k = 0; k < c->sites[i].staple_count; k++)
            tls_staple_free(&c->sites[i].staples[k]);
    }
    free(c->sites);
    for (size_t i = 0; i < c->end_count; i++)
        free(c->ends[i].chain);
    free(c->ends);
    tls_names_clear(&c->names);
    tls_tickets_clear(&c->tickets);
    EVP_MD_free(c->sha256);
    for (size_t i = 0; i < c->protocol_count; i++)
        free(c->protocol_text[i]);
    free(c);
}

bool tls_server_context_expiry(const struct tls_server_context *c, size_t at, const char **chain,
                               int64_t *at_s)
{
    if (at >= c->end_count)
        return false;
    *chain = c->ends[at].chain;
    *at_s = c->ends[at].at_s;
    return true;
}

void tls_server_context_adopt_tickets(struct tls_server_context *c, struct tls_server_context *old)
{
    tls_tickets_adopt(&c->tickets, &old->tickets);
}

// ---- names

static bool has_address(const struct tls_server_context *c, size_t site, struct slice host)
{
    char text[ADDR_TEXT_MAX];
    struct addr address;
    bool is_bracketed = host.len > 2 && host.ptr[0] == '[';
    if (!addr_parse(is_bracketed ? slice_of(host.ptr + 1, host.len - 2) : host, &address))
        return false;
    addr_text(&address, text);
    return X509_check_ip_asc(SSL_CTX_get0_certificate(c->sites[site].ctx), text, 0) == 1;
}

bool tls_server_context_serves(const struct tls_server_context *c, struct slice server_name,
                               struct slice host)
{
    size_t own = 0, site;
    if (slice_eq(server_name, host))
        return true;
    if (server_name.len && !tls_names_find(&c->names, server_name, &own))
        own = 0; // as for a client that names none
    if (tls_names_find(&c->names, host, &site))
        return site == own;
    // A host that nobody has a certificate for: where there is only one, there is nothing to
    // confuse.
    bool is_named = server_name.len > 0;
    return !(c->strict_host || (c->site_count > 1 && is_named)) || has_address(c, own, host);
}

// ---- transports

bool tls_server_transport_upgrade(struct transport *t, struct tls_server_context *c)
{
    struct tls_transport *x = CONTAINER_OF(t, struct tls_transport, base);
    if (!tls_transport_attach(x, c->sites[0].ctx, false))
        return false;
    atomic_fetch_add_explicit(&c->references, 1, memory_order_relaxed);
    x->server = c;
    SSL_set_msg_callback(x->ssl, note_hello);
    return true;
}

bool tls_server_transport_init(struct transport *t, struct io_context *io, int fd,
                               struct tls_server_context *c,
                               void (*on_event)(struct transport *, unsigned))
{
    if (!transport_init_plain(t, io, fd, false, on_event))
        return false;
    if (tls_server_transport_upgrade(t, c))
        return true;
    transport_close(t, false);
    errno = ENOMEM;
    return false;
}

// SPDX-License-Identifier: Apache-2.0
// What tests of this room share: a loop, certificates in a folder, and contexts made from them as a
// policy would.
#ifndef YETT_TESTS_UNIT_TLS_SCENE_H
#define YETT_TESTS_UNIT_TLS_SCENE_H

#include "base/json_read.h"
#include "base/problems.h"
#include "support/certificates.h"
#include "support/endpoint.h"
#include "support/raw_tls.h"
#include "tls/client_context.h"
#include "tls/server_context.h"

struct scene {
    struct loop *loop;
    struct io_context io;
    struct folder folder;
    struct problems *problems;
    struct json_doc *doc;
    const struct json *at;
    struct certificate root;
    struct path root_file;
    unsigned files;
};

static inline void scene_open(struct scene *s)
{
    *s = (struct scene){.loop = loop_new(), .folder = folder_make(), .problems = problems_new()};
    assert_true(io_context_init(&s->io, s->loop));
    s->doc = json_read_text("policy.json", SLICE("{}"), s->problems);
    assert_non_null(s->doc);
    s->at = json_root(s->doc);
    s->root = certificate_make((struct wish){.name = "test root", .is_ca = true});
    s->root_file = WRITE_CHAIN(&s->folder, "root.pem", &s->root);
}

static inline void scene_close(struct scene *s)
{
    certificate_free(&s->root);
    folder_remove(&s->folder);
    json_free(&s->doc);
    problems_free(&s->problems);
    assert_int_equal(s->io.spilled, 0);
    io_context_clear(&s->io);
    loop_free(&s->loop);
}

// A certificate of the root, in files.
struct site_files {
    struct path chain, key;
};

static inline struct site_files scene_site(struct scene *s, struct wish w)
{
    char name[32];
    struct site_files files;
    w.issuer = w.issuer ? w.issuer : &s->root;
    struct certificate c = certificate_make(w);
    (void)snprintf(name, sizeof(name), "site%u.pem", s->files);
    files.chain = WRITE_CHAIN(&s->folder, name, &c);
    (void)snprintf(name, sizeof(name), "site%u.key", s->files++);
    files.key = write_key(&s->folder, name, &c, NULL, 0600);
    certificate_free(&c);
    return files;
}

static inline struct tls_certificate_files scene_files(const struct scene *s,
                                                       const struct site_files *f)
{
    return (struct tls_certificate_files){
        .chain = f->chain.text, .key = f->key.text, .chain_at = s->at, .key_at = s->at};
}

// A list of the root that is good up to `days` from now.
static inline struct path scene_list(const struct scene *s, const char *name, int days)
{
    struct path p = folder_path(&s->folder, name);
    X509_CRL *list = X509_CRL_new();
    ASN1_TIME *last = X509_gmtime_adj(NULL, -10L * DAY_S),
              *next = X509_gmtime_adj(NULL, days * DAY_S);
    FILE *file = fopen(p.text, "w");
    assert_true(list && last && next && file);
    X509_CRL_set_version(list, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(s->root.x509));
    X509_CRL_set1_lastUpdate(list, last);
    X509_CRL_set1_nextUpdate(list, next);
    assert_true(X509_CRL_sign(list, s->root.key, EVP_sha256()) > 0);
    assert_true(PEM_write_X509_CRL(file, list));
    fclose(file);
    ASN1_TIME_free(last);
    ASN1_TIME_free(next);
    X509_CRL_free(list);
    return p;
}

// A server with one certificate and the usual options.
static inline struct tls_server_context *scene_server(struct scene *s, const char *alternatives)
{
    struct site_files files =
        scene_site(s, (struct wish){.name = "site", .alternatives = alternatives});
    struct tls_certificate_files certificate = scene_files(s, &files);
    struct tls_server_options o = {
        .certificates = &certificate,
        .certificate_count = 1,
        .terms.allow_tls12 = true,
        .protocols = {"h2", "http/1.1"},
        .ticket_rotation_s = 3600,
        .at = s->at,
    };
    struct tls_server_context *c = tls_server_context_new(&o, s->problems);
    if (!c)
        problems_print(s->problems, stderr);
    assert_non_null(c);
    return c;
}

static inline struct tls_client_options scene_client_options(const struct scene *s,
                                                             const char *server_name)
{
    return (struct tls_client_options){
        .ca = s->root_file.text,
        .server_name = server_name,
        .verify = true,
        .terms.allow_tls12 = true,
        .at = s->at,
        .ca_at = s->at,
        .certificate_at = s->at,
        .key_at = s->at,
    };
}

static inline struct tls_client_context *scene_client(struct scene *s, const char *server_name)
{
    struct tls_client_options o = scene_client_options(s, server_name);
    struct tls_client_context *c = tls_client_context_new(&o, s->problems);
    if (!c)
        problems_print(s->problems, stderr);
    assert_non_null(c);
    return c;
}

static inline void scene_accept(struct scene *s, struct endpoint *e, int fd,
                                struct tls_server_context *c)
{
    endpoint_init(e);
    assert_true(tls_transport_size() <= sizeof(e->u.storage));
    assert_true(tls_server_transport_init(endpoint_transport(e), &s->io, fd, c, endpoint_event));
    endpoint_handshake(e);
}

static inline void scene_connect(struct scene *s, struct endpoint *e, int fd,
                                 struct tls_client_context *c, struct tls_session *session)
{
    endpoint_init(e);
    assert_true(
        tls_client_transport_init(endpoint_transport(e), &s->io, fd, c, session, endpoint_event));
    endpoint_handshake(e);
}

// Both ends ours; returns when each has succeeded or failed.
static inline void scene_meet(struct scene *s, struct endpoint *client,
                              struct tls_client_context *client_context,
                              struct tls_session *session, struct endpoint *server,
                              struct tls_server_context *server_context, bool small)
{
    int fds[2];
    endpoint_connect(fds, small);
    scene_accept(s, server, fds[1], server_context);
    scene_connect(s, client, fds[0], client_context, session);
    ENDPOINTS_UNTIL(s->loop, (client->open || client->failed) && (server->open || server->failed));
}

static inline struct tls_facts scene_facts(struct endpoint *e)
{
    struct tls_facts facts;
    tls_transport_facts(endpoint_transport(e), &facts);
    return facts;
}

#endif

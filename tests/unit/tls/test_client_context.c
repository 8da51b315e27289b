// SPDX-License-Identifier: Apache-2.0
#include "tls/client_context.h"

#include "scene.h"

// A raw server that shows whatever certificate it is given, and our client.
struct back {
    struct scene scene;
    struct certificate leaf, middle;
    struct raw_tls server;
    struct endpoint client;
    bool connected;
};

static void back_open(struct back *b, struct wish w)
{
    *b = (struct back){0};
    scene_open(&b->scene);
    w.name = w.name ? w.name : "backend";
    b->leaf = certificate_make(w);
    raw_tls_init(&b->server, b->scene.loop, true);
}

static void back_disconnect(struct back *b)
{
    if (!b->connected)
        return;
    raw_tls_detach(&b->server);
    endpoint_clear(&b->client);
    b->connected = false;
}

static void back_close(struct back *b)
{
    back_disconnect(b);
    raw_tls_clear(&b->server);
    certificate_free(&b->leaf);
    certificate_free(&b->middle);
    scene_close(&b->scene);
}

static bool back_meet(struct back *b, struct tls_client_context *c, struct tls_session *session)
{
    int fds[2];
    back_disconnect(b);
    endpoint_connect(fds, false);
    scene_connect(&b->scene, &b->client, fds[0], c, session);
    raw_tls_attach(&b->server, fds[1], true);
    b->connected = true;
    bool ok = raw_tls_handshake(&b->server);
    ENDPOINTS_UNTIL(b->scene.loop, b->client.open || b->client.failed);
    return ok && b->client.open;
}

// ---- verification

enum signer {
    SIGNED_BY_ROOT,
    SIGNED_BY_STRANGER,
    SIGNED_BY_NAMESAKE,
    SIGNED_BY_ITSELF,
    SIGNED_BY_MIDDLE,
    MIDDLE_NOT_SENT
};

struct verification {
    const char *why;
    const char *server_name;
    struct wish wish;
    enum signer signer;
    const char *word; // NULL: accepted
};

static const struct verification verifications[] = {
    {"exact name", "app.internal", {.alternatives = "DNS:app.internal"}, 0, NULL},
    {"second name", "app.internal", {.alternatives = "DNS:x,DNS:app.internal"}, 0, NULL},
    {"capitals", "app.internal", {.alternatives = "DNS:APP.Internal"}, 0, NULL},
    {"wildcard", "app.corp.internal", {.alternatives = "DNS:*.corp.internal"}, 0, NULL},
    {"issuer in between",
     "app.internal",
     {.alternatives = "DNS:app.internal"},
     SIGNED_BY_MIDDLE,
     NULL},
    {"address", "192.0.2.7", {.alternatives = "IP:192.0.2.7"}, 0, NULL},
    {"IPv6 address", "2001:db8::7", {.alternatives = "IP:2001:db8::7"}, 0, NULL},
    {"RSA key", "app.internal", {.alternatives = "DNS:app.internal", .rsa_bits = 2048}, 0, NULL},
    {"both usages",
     "app.internal",
     {.alternatives = "DNS:app.internal", .usage = "serverAuth,clientAuth"},
     0,
     NULL},

    {"other name", "app.internal", {.alternatives = "DNS:web.internal"}, 0, "name-mismatch"},
    {"no name", "app.internal", {0}, 0, "name-mismatch"},
    {"common name only", "app.internal", {.name = "app.internal"}, 0, "name-mismatch"},
    {"common name beside an address",
     "app.internal",
     {.name = "app.internal", .alternatives = "IP:192.0.2.7"},
     0,
     "name-mismatch"},
    {"name with more in front",
     "app.internal",
     {.alternatives = "DNS:xapp.internal"},
     0,
     "name-mismatch"},
    {"parent", "app.internal", {.alternatives = "DNS:internal"}, 0, "name-mismatch"},
    {"wildcard for two labels",
     "a.app.internal",
     {.alternatives = "DNS:*.internal"},
     0,
     "name-mismatch"},
    {"wildcard for the parent",
     "app.internal",
     {.alternatives = "DNS:*.app.internal"},
     0,
     "name-mismatch"},
    {"partial wildcard",
     "app.corp.internal",
     {.alternatives = "DNS:a*.corp.internal"},
     0,
     "name-mismatch"},
    {"inner wildcard",
     "a.app.corp.internal",
     {.alternatives = "DNS:a.*.corp.internal"},
     0,
     "name-mismatch"},
    {"wildcard for a whole domain",
     "app.internal",
     {.alternatives = "DNS:*.internal"},
     0,
     "name-mismatch"},
    {"lone wildcard", "app.internal", {.alternatives = "DNS:*"}, 0, "name-mismatch"},
    {"other address", "192.0.2.7", {.alternatives = "IP:192.0.2.8"}, 0, "name-mismatch"},
    {"address as DNS name", "192.0.2.7", {.alternatives = "DNS:192.0.2.7"}, 0, "name-mismatch"},
    {"name as common name, address wanted", "192.0.2.7", {.name = "192.0.2.7"}, 0, "name-mismatch"},

    {"expired",
     "app.internal",
     {.alternatives = "DNS:app.internal", .from_days = -9, .to_days = -1},
     0,
     "certificate-expired"},
    {"not yet valid",
     "app.internal",
     {.alternatives = "DNS:app.internal", .from_days = 1, .to_days = 9},
     0,
     "certificate-not-yet-valid"},
    {"stranger",
     "app.internal",
     {.alternatives = "DNS:app.internal"},
     SIGNED_BY_STRANGER,
     "unknown-ca"},
    {"another with our name",
     "app.internal",
     {.alternatives = "DNS:app.internal"},
     SIGNED_BY_NAMESAKE,
     "unknown-ca"},
    {"self-signed",
     "app.internal",
     {.alternatives = "DNS:app.internal"},
     SIGNED_BY_ITSELF,
     "self-signed"},
    {"issuer missing",
     "app.internal",
     {.alternatives = "DNS:app.internal"},
     MIDDLE_NOT_SENT,
     "unknown-ca"},
    {"for clients",
     "app.internal",
     {.alternatives = "DNS:app.internal", .usage = "clientAuth"},
     0,
     "wrong-purpose"},
    {"for mail",
     "app.internal",
     {.alternatives = "DNS:app.internal", .usage = "emailProtection"},
     0,
     "wrong-purpose"},
    {"short key",
     "app.internal",
     {.alternatives = "DNS:app.internal", .rsa_bits = 1024},
     0,
     "weak-certificate"},
};

static void sign_as_told(struct back *b, const struct verification *v, struct certificate *stranger)
{
    struct wish w = v->wish;
    b->middle =
        certificate_make((struct wish){.name = "middle", .is_ca = true, .issuer = &b->scene.root});
    switch (v->signer) {
    case SIGNED_BY_ROOT:
        w.issuer = &b->scene.root;
        break;
    case SIGNED_BY_STRANGER:
    case SIGNED_BY_NAMESAKE:
        w.issuer = stranger;
        break;
    case SIGNED_BY_ITSELF:
        break;
    case SIGNED_BY_MIDDLE:
    case MIDDLE_NOT_SENT:
        w.issuer = &b->middle;
        break;
    }
    w.name = w.name ? w.name : "backend";
    certificate_free(&b->leaf);
    b->leaf = certificate_make(w);
    raw_tls_use(&b->server, &b->leaf, v->signer == SIGNED_BY_MIDDLE ? &b->middle : NULL);
}

static void check_verification(const struct verification *v, bool verify)
{
    struct back b;
    struct certificate stranger = certificate_make((struct wish){
        .name = v->signer == SIGNED_BY_NAMESAKE ? "test root" : "stranger", .is_ca = true});
    back_open(&b, (struct wish){0});
    sign_as_told(&b, v, &stranger);
    struct tls_client_options o = scene_client_options(&b.scene, v->server_name);
    o.verify = verify;
    struct tls_client_context *c = tls_client_context_new(&o, b.scene.problems);
    assert_non_null(c);
    bool ok = back_meet(&b, c, NULL);
    struct transport *t = endpoint_transport(&b.client);
    print_message("%s: %s\n", v->why, t->error_word ? t->error_word : "accepted");
    assert_int_equal(ok, !verify || !v->word);
    if (!ok)
        assert_string_equal(t->error_word, v->word);
    tls_client_context_free(&c);
    back_close(&b);
    certificate_free(&stranger);
}

static void verifies_chain_name_dates_and_purpose(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(verifications); i++)
        check_verification(&verifications[i], true);
}

static void accepts_anything_only_when_told(void **state)
{
    (void)state;
    // A short key is refused even then: it is no question of trust.
    for (size_t i = 0; i + 1 < ARRAY_LEN(verifications); i++)
        check_verification(&verifications[i], false);
}

// A self-signed certificate that is itself the trusted file.
static void trusts_exactly_what_is_in_the_file(void **state)
{
    (void)state;
    struct back b;
    back_open(&b, (struct wish){.alternatives = "DNS:app.internal"});
    raw_tls_use(&b.server, &b.leaf, NULL);
    struct path pinned = WRITE_CHAIN(&b.scene.folder, "pinned.pem", &b.leaf);
    struct tls_client_options o = scene_client_options(&b.scene, "app.internal");
    o.ca = pinned.text;
    struct tls_client_context *c = tls_client_context_new(&o, b.scene.problems);
    assert_true(back_meet(&b, c, NULL));
    tls_client_context_free(&c);
    back_close(&b);
}

static void sends_names_but_no_addresses_as_sni(void **state)
{
    (void)state;
    struct back b;
    back_open(&b, (struct wish){0});
    certificate_free(&b.leaf);
    b.leaf = certificate_make((struct wish){.name = "backend",
                                            .alternatives = "DNS:app.internal,IP:192.0.2.7",
                                            .issuer = &b.scene.root});
    raw_tls_use(&b.server, &b.leaf, NULL);
    struct tls_client_context *by_name = scene_client(&b.scene, "app.internal");
    struct tls_client_context *by_address = scene_client(&b.scene, "192.0.2.7");
    assert_true(back_meet(&b, by_name, NULL));
    assert_string_equal(SSL_get_servername(b.server.ssl, TLSEXT_NAMETYPE_host_name),
                        "app.internal");
    ASSERT_SLICE(tls_transport_server_name(endpoint_transport(&b.client)), SLICE("app.internal"));
    assert_true(back_meet(&b, by_address, NULL));
    assert_null(SSL_get_servername(b.server.ssl, TLSEXT_NAMETYPE_host_name));
    tls_client_context_free(&by_name);
    tls_client_context_free(&by_address);
    back_close(&b);
}

static void sends_nothing_before_the_server_is_verified(void **state)
{
    (void)state;
    struct back b;
    char octet;
    back_open(&b, (struct wish){.alternatives = "DNS:app.internal"});
    raw_tls_use(&b.server, &b.leaf, NULL);
    struct tls_client_context *c = scene_client(&b.scene, "app.internal");
    int fds[2];
    endpoint_connect(fds, false);
    scene_connect(&b.scene, &b.client, fds[0], c, NULL);
    raw_tls_attach(&b.server, fds[1], true);
    b.connected = true;
    endpoint_write(&b.client, SLICE("secret"));
    assert_false(raw_tls_handshake(&b.server));
    endpoint_write(&b.client, SLICE("secret"));
    assert_int_equal(raw_tls_read(&b.server, &octet, 1), 0);
    tls_client_context_free(&c);
    back_close(&b);
}

struct version_case {
    bool client_has_12;
    int server_max;
    bool ok;
};

static void speaks_nothing_below_tls_1_2(void **state)
{
    (void)state;
    static const struct version_case cases[] = {
        {true, TLS1_1_VERSION, false},  {true, TLS1_2_VERSION, true},  {true, TLS1_3_VERSION, true},
        {false, TLS1_2_VERSION, false}, {false, TLS1_3_VERSION, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct back b;
        back_open(&b, (struct wish){.alternatives = "DNS:app.internal"});
        raw_tls_use(&b.server, &b.leaf, NULL);
        SSL_CTX_set_max_proto_version(b.server.ctx, cases[i].server_max);
        struct tls_client_options o = scene_client_options(&b.scene, "app.internal");
        o.verify = false;
        o.terms.allow_tls12 = cases[i].client_has_12;
        struct tls_client_context *c = tls_client_context_new(&o, b.scene.problems);
        assert_int_equal(back_meet(&b, c, NULL), cases[i].ok);
        if (!cases[i].ok)
            assert_string_equal(endpoint_transport(&b.client)->error_word, "no-shared-version");
        tls_client_context_free(&c);
        back_close(&b);
    }
}

static void names_servers_that_speak_no_tls(void **state)
{
    (void)state;
    struct back b;
    int fds[2];
    back_open(&b, (struct wish){.alternatives = "DNS:app.internal"});
    struct tls_client_context *c = scene_client(&b.scene, "app.internal");
    endpoint_connect(fds, false);
    scene_connect(&b.scene, &b.client, fds[0], c, NULL);
    assert_int_equal(send(fds[1], "HTTP/1.1 400 Bad Request\r\n\r\n", 28, 0), 28);
    ENDPOINTS_UNTIL(b.scene.loop, b.client.failed);
    assert_string_equal(endpoint_transport(&b.client)->error_word, "not-tls");
    endpoint_clear(&b.client);
    close(fds[1]);
    endpoint_connect(fds, false);
    scene_connect(&b.scene, &b.client, fds[0], c, NULL);
    close(fds[1]);
    ENDPOINTS_UNTIL(b.scene.loop, b.client.failed);
    const char *word = endpoint_transport(&b.client)->error_word;
    assert_true(strcmp(word, "handshake-closed") == 0 || strcmp(word, "reset") == 0);
    endpoint_clear(&b.client);
    tls_client_context_free(&c);
    back_close(&b);
}

// ---- sessions

// Our own server on the other side, as tickets need keys that last.
struct couple {
    struct scene scene;
    struct tls_server_context *server_context;
    struct tls_client_context *client_context;
    struct tls_session session;
};

static void couple_open(struct couple *p, bool allow_tls12)
{
    *p = (struct couple){0};
    scene_open(&p->scene);
    p->server_context = scene_server(&p->scene, "DNS:app.internal");
    struct tls_client_options o = scene_client_options(&p->scene, "app.internal");
    o.terms.allow_tls12 = allow_tls12;
    p->client_context = tls_client_context_new(&o, p->scene.problems);
    assert_non_null(p->client_context);
}

static void couple_close(struct couple *p)
{
    tls_session_clear(&p->session);
    tls_session_clear(&p->session);
    tls_server_context_free(&p->server_context);
    tls_client_context_free(&p->client_context);
    scene_close(&p->scene);
}

// A connection with one message each way; whether it was resumed. `abrupt`: ended by a reset.
static bool talk(struct couple *p, struct tls_client_context *c, bool abrupt)
{
    struct endpoint client, server;
    scene_meet(&p->scene, &client, c, &p->session, &server, p->server_context, false);
    assert_true(client.open && server.open);
    endpoint_write(&client, SLICE("ping"));
    ENDPOINTS_UNTIL(p->scene.loop, server.got.len == 4);
    endpoint_write(&server, SLICE("pong"));
    ENDPOINTS_UNTIL(p->scene.loop, client.got.len == 4);
    bool resumed = scene_facts(&client).resumed;
    assert_int_equal(resumed, scene_facts(&server).resumed);
    transport_close(endpoint_transport(&client), abrupt);
    transport_close(endpoint_transport(&server), abrupt);
    endpoint_clear(&client);
    endpoint_clear(&server);
    return resumed;
}

// OpenSSL takes a session for spoilt when its connection was not shut down by both sides; it must
// not.
static void resumes_however_connections_ended(void **state)
{
    (void)state;
    struct couple p;
    couple_open(&p, false);
    assert_false(talk(&p, p.client_context, true));
    assert_non_null(p.session.session);
    assert_true(talk(&p, p.client_context, true));
    assert_true(talk(&p, p.client_context, false));
    assert_true(talk(&p, p.client_context, true));
    couple_close(&p);
}

static void offers_a_session_only_by_the_context_that_made_it(void **state)
{
    (void)state;
    struct couple p;
    couple_open(&p, true);
    struct tls_client_context *other = scene_client(&p.scene, "app.internal");
    assert_false(talk(&p, p.client_context, false));
    assert_false(talk(&p, other, false));
    assert_true(talk(&p, other, false));
    assert_false(talk(&p, p.client_context, false));
    tls_client_context_free(&other);
    couple_close(&p);
}

static void forgets_the_session_when_a_handshake_fails(void **state)
{
    (void)state;
    struct couple p;
    couple_open(&p, true);
    assert_false(talk(&p, p.client_context, false));
    assert_non_null(p.session.session);
    struct endpoint client;
    int fds[2];
    endpoint_connect(fds, false);
    scene_connect(&p.scene, &client, fds[0], p.client_context, &p.session);
    assert_int_equal(send(fds[1], "\x15\x03\x03\x00\x02\x02\x28", 7, 0), 7);
    ENDPOINTS_UNTIL(p.scene.loop, client.failed);
    assert_string_equal(endpoint_transport(&client)->error_word, "tls-alert");
    assert_null(p.session.session);
    endpoint_clear(&client);
    close(fds[1]);
    couple_close(&p);
}

static void resumes_tls_1_2(void **state)
{
    (void)state;
    struct back b;
    back_open(&b, (struct wish){0});
    certificate_free(&b.leaf);
    b.leaf = certificate_make(
        (struct wish){.name = "b", .alternatives = "DNS:app.internal", .issuer = &b.scene.root});
    raw_tls_use(&b.server, &b.leaf, NULL);
    SSL_CTX_set_max_proto_version(b.server.ctx, TLS1_2_VERSION);
    struct tls_client_context *c = scene_client(&b.scene, "app.internal");
    struct tls_session session = {0};
    assert_true(back_meet(&b, c, &session));
    assert_false(scene_facts(&b.client).resumed);
    assert_true(back_meet(&b, c, &session));
    assert_true(scene_facts(&b.client).resumed);
    ASSERT_SLICE(scene_facts(&b.client).version, SLICE("1.2"));
    back_disconnect(&b);
    tls_session_clear(&session);
    tls_client_context_free(&c);
    back_close(&b);
}

// ---- our own certificate

static void shows_its_own_certificate(void **state)
{
    (void)state;
    struct back b;
    back_open(&b, (struct wish){0});
    certificate_free(&b.leaf);
    b.leaf = certificate_make(
        (struct wish){.name = "b", .alternatives = "DNS:app.internal", .issuer = &b.scene.root});
    raw_tls_use(&b.server, &b.leaf, NULL);
    assert_true(X509_STORE_add_cert(SSL_CTX_get_cert_store(b.server.ctx), b.scene.root.x509));
    SSL_CTX_set_verify(b.server.ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    struct site_files own =
        scene_site(&b.scene, (struct wish){.name = "gateway", .usage = "clientAuth"});
    struct tls_client_options o = scene_client_options(&b.scene, "app.internal");
    o.certificate = own.chain.text;
    o.key = own.key.text;
    struct tls_client_context *with = tls_client_context_new(&o, b.scene.problems);
    struct tls_client_context *without = scene_client(&b.scene, "app.internal");
    assert_true(back_meet(&b, with, NULL));
    assert_non_null(SSL_get0_peer_certificate(b.server.ssl));
    assert_false(back_meet(&b, without, NULL));
    tls_client_context_free(&with);
    tls_client_context_free(&without);
    back_close(&b);
}

// ---- loading

struct mistake {
    const char *ca, *server_name, *certificate;
};

static void refuses_what_cannot_work(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    struct path empty = write_text(&s.folder, "empty.pem", "", 0644);
    const struct mistake mistakes[] = {
        {"/nonexistent/ca.pem", "app.internal", NULL},
        {empty.text, "app.internal", NULL},
        {NULL, "not a name", NULL},
        {NULL, "", NULL},
        {NULL, NULL, NULL},
        {NULL, "*.internal", NULL},
        {NULL, "app.internal.", NULL},
        {NULL, "app.internal", "/nonexistent/own.pem"},
    };
    for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
        size_t before = problems_count(s.problems);
        struct tls_client_options o = scene_client_options(&s, mistakes[i].server_name);
        if (mistakes[i].ca)
            o.ca = mistakes[i].ca;
        o.certificate = mistakes[i].certificate;
        o.key = mistakes[i].certificate;
        assert_null(tls_client_context_new(&o, s.problems));
        assert_true(problems_count(s.problems) > before);
    }
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifies_chain_name_dates_and_purpose),
        cmocka_unit_test(accepts_anything_only_when_told),
        cmocka_unit_test(trusts_exactly_what_is_in_the_file),
        cmocka_unit_test(sends_names_but_no_addresses_as_sni),
        cmocka_unit_test(sends_nothing_before_the_server_is_verified),
        cmocka_unit_test(speaks_nothing_below_tls_1_2),
        cmocka_unit_test(names_servers_that_speak_no_tls),
        cmocka_unit_test(resumes_however_connections_ended),
        cmocka_unit_test(offers_a_session_only_by_the_context_that_made_it),
        cmocka_unit_test(forgets_the_session_when_a_handshake_fails),
        cmocka_unit_test(resumes_tls_1_2),
        cmocka_unit_test(shows_its_own_certificate),
        cmocka_unit_test(refuses_what_cannot_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

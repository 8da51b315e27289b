// SPDX-License-Identifier: Apache-2.0
#include "tls/server_context.h"

#include <pthread.h>

#include "scene.h"

// ---- a server and raw clients, one after the other

struct front {
    struct scene scene;
    struct tls_server_options options;
    struct tls_certificate_files certificates[8];
    struct site_files files[8];
    struct tls_server_context *context;
    struct raw_tls client;
    struct endpoint server;
    bool connected;
};

static void front_open(struct front *f)
{
    *f = (struct front){.options = {.terms.allow_tls12 = true, .ticket_rotation_s = 3600}};
    scene_open(&f->scene);
    f->options.certificates = f->certificates;
    f->options.at = f->scene.at;
    raw_tls_init(&f->client, f->scene.loop, false);
}

static void front_add(struct front *f, struct wish w)
{
    size_t i = f->options.certificate_count++;
    f->files[i] = scene_site(&f->scene, w);
    f->certificates[i] = scene_files(&f->scene, &f->files[i]);
}

static void front_start(struct front *f)
{
    f->context = tls_server_context_new(&f->options, f->scene.problems);
    assert_non_null(f->context);
}

static void front_disconnect(struct front *f)
{
    if (!f->connected)
        return;
    raw_tls_detach(&f->client);
    endpoint_clear(&f->server);
    f->connected = false;
}

static void front_close(struct front *f)
{
    front_disconnect(f);
    raw_tls_clear(&f->client);
    tls_server_context_free(&f->context);
    scene_close(&f->scene);
}

static struct transport *front_transport(struct front *f)
{
    return endpoint_transport(&f->server);
}

// One handshake; the client's context and `session` are as the case wants them. True when both
// sides succeeded.
static bool front_meet(struct front *f, const char *name, SSL_SESSION *session)
{
    int fds[2];
    front_disconnect(f);
    endpoint_connect(fds, false);
    scene_accept(&f->scene, &f->server, fds[1], f->context);
    raw_tls_attach(&f->client, fds[0], false);
    f->connected = true;
    if (name)
        assert_true(SSL_set_tlsext_host_name(f->client.ssl, name));
    if (session)
        assert_true(SSL_set_session(f->client.ssl, session));
    bool ok = raw_tls_handshake(&f->client);
    ENDPOINTS_UNTIL(f->scene.loop, f->server.open || f->server.failed);
    return ok && f->server.open;
}

// The session as it is after the tickets have come.
static SSL_SESSION *front_session(struct front *f)
{
    char octets[10];
    endpoint_write(&f->server, SLICE("x"));
    assert_int_equal(raw_tls_read(&f->client, octets, sizeof(octets)), 1);
    return SSL_get1_session(f->client.ssl);
}

// The common name of the certificate the client was shown.
static void assert_shown(struct front *f, const char *common_name)
{
    char text[64] = "";
    X509 *shown = SSL_get0_peer_certificate(f->client.ssl);
    assert_non_null(shown);
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, text, sizeof(text));
    assert_string_equal(text, common_name);
}

// ---- names

struct name_case {
    const char *sni;
    const char *shown; // NULL: refused, with
    const char *word;
};

static void check_names(struct front *f, const struct name_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        print_message("%s\n", cases[i].sni ? cases[i].sni : "no name");
        bool ok = front_meet(f, cases[i].sni, NULL);
        assert_int_equal(ok, cases[i].shown != NULL);
        if (ok) {
            assert_shown(f, cases[i].shown);
            continue;
        }
        assert_string_equal(front_transport(f)->error_word, cases[i].word);
    }
}

static void add_three(struct front *f)
{
    front_add(f, (struct wish){.name = "first", .alternatives = "DNS:first.example"});
    front_add(f,
              (struct wish){.name = "second", .alternatives = "DNS:a.example,DNS:WWW.a.example"});
    front_add(f, (struct wish){.name = "third", .alternatives = "DNS:*.a.example,DNS:*.b.example"});
}

static void shows_the_certificate_of_the_name(void **state)
{
    (void)state;
    static const struct name_case cases[] = {
        {NULL, "first", NULL},
        {"first.example", "first", NULL},
        {"a.example", "second", NULL},
        {"A.Example", "second", NULL},
        {"www.a.example", "second", NULL},
        {"x.a.example", "third", NULL},
        {"x.b.example", "third", NULL},
        {"b.example", NULL, "unrecognized-name"},
        {"x.y.b.example", NULL, "unrecognized-name"},
        {"other.example", NULL, "unrecognized-name"},
        {"first", NULL, "unrecognized-name"},
        {"a.example.", NULL, "invalid-server-name"},
        {"a.example/", NULL, "invalid-server-name"},
        {"a.example\n", NULL, "invalid-server-name"},
        {"..", NULL, "invalid-server-name"},
        {"127.0.0.1", NULL, "invalid-server-name"},
        {"*.a.example", NULL, "invalid-server-name"},
    };
    struct front f;
    front_open(&f);
    add_three(&f);
    front_start(&f);
    check_names(&f, cases, ARRAY_LEN(cases));
    front_close(&f);
}

static void shows_the_first_when_the_policy_says_so(void **state)
{
    (void)state;
    static const struct name_case cases[] = {
        {NULL, "first", NULL},
        {"a.example", "second", NULL},
        {"other.example", "first", NULL},
        {"a.example/", NULL, "invalid-server-name"},
    };
    struct front f;
    front_open(&f);
    add_three(&f);
    f.options.unknown_sni_gets_first = true;
    front_start(&f);
    check_names(&f, cases, ARRAY_LEN(cases));
    front_close(&f);
}

static void refuses_clients_without_a_name_when_told(void **state)
{
    (void)state;
    static const struct name_case cases[] = {
        {NULL, NULL, "unrecognized-name"},
        {"first.example", "first", NULL},
    };
    struct front f;
    front_open(&f);
    add_three(&f);
    f.options.refuse_without_sni = true;
    front_start(&f);
    check_names(&f, cases, ARRAY_LEN(cases));
    front_close(&f);
}

static void sends_the_right_alerts(void **state)
{
    (void)state;
    struct front f;
    front_open(&f);
    add_three(&f);
    f.options.protocols[0] = "http/1.1";
    front_start(&f);
    assert_false(front_meet(&f, "Other.example", NULL));
    assert_int_equal(f.client.reason, SSL_R_TLSV1_UNRECOGNIZED_NAME);
    // What the client asked for is known to records.
    ASSERT_SLICE(tls_transport_server_name(front_transport(&f)), SLICE("other.example"));
    SSL_CTX_set_alpn_protos(f.client.ctx, (const unsigned char *)"\x02h2", 3);
    assert_false(front_meet(&f, "a.example", NULL));
    assert_int_equal(f.client.reason, SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
    SSL_CTX_set_max_proto_version(f.client.ctx, TLS1_1_VERSION);
    assert_false(front_meet(&f, "a.example", NULL));
    assert_int_equal(f.client.reason, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
    front_close(&f);
}

// ---- versions, suites, protocols, key types

struct version_case {
    bool server_has_12;
    int client_max;
    const char *version; // NULL: refused
};

static void speaks_nothing_below_tls_1_2(void **state)
{
    (void)state;
    static const struct version_case cases[] = {
        {true, TLS1_1_VERSION, NULL},   {true, TLS1_2_VERSION, "1.2"},
        {true, TLS1_3_VERSION, "1.3"},  {false, TLS1_2_VERSION, NULL},
        {false, TLS1_3_VERSION, "1.3"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct front f;
        front_open(&f);
        front_add(&f, (struct wish){.name = "site", .alternatives = "DNS:a.example"});
        f.options.terms.allow_tls12 = cases[i].server_has_12;
        front_start(&f);
        SSL_CTX_set_max_proto_version(f.client.ctx, cases[i].client_max);
        assert_int_equal(front_meet(&f, "a.example", NULL), cases[i].version != NULL);
        if (cases[i].version)
            ASSERT_SLICE(scene_facts(&f.server).version, slice_str(cases[i].version));
        else
            assert_string_equal(front_transport(&f)->error_word, "no-shared-version");
        front_close(&f);
    }
}

struct suite_case {
    const char *offered;
    const char *chosen; // NULL: refused
};

static void takes_suites_with_forward_secrecy_and_aead_only(void **state)
{
    (void)state;
    static const struct suite_case cases[] = {
        {"ALL", "ECDHE-ECDSA-AES128-GCM-SHA256"},
        {"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256",
         "ECDHE-ECDSA-CHACHA20-POLY1305"},
        {"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256",
         "ECDHE-ECDSA-AES128-GCM-SHA256"},
        {"ECDHE-ECDSA-AES128-SHA256", NULL},
        {"ECDHE-ECDSA-AES128-SHA", NULL},
        {"AES128-GCM-SHA256", NULL},
        {"DHE-RSA-AES128-GCM-SHA256", NULL},
    };
    struct front f;
    front_open(&f);
    front_add(&f, (struct wish){.name = "site", .alternatives = "DNS:a.example"});
    front_start(&f);
    SSL_CTX_set_max_proto_version(f.client.ctx, TLS1_2_VERSION);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        print_message("%s\n", cases[i].offered);
        assert_true(SSL_CTX_set_cipher_list(f.client.ctx, cases[i].offered));
        assert_int_equal(front_meet(&f, NULL, NULL), cases[i].chosen != NULL);
        if (cases[i].chosen)
            ASSERT_SLICE(scene_facts(&f.server).cipher, slice_str(cases[i].chosen));
        else
            assert_string_equal(front_transport(&f)->error_word, "no-shared-cipher");
    }
    front_close(&f);
}

struct protocol_case {
    struct slice offered; // wire form; empty: no ALPN
    const char *chosen;   // NULL: refused
};

static void chooses_a_protocol_in_our_order(void **state)
{
    (void)state;
    static const struct protocol_case cases[] = {
        {SLICE_INIT(""), ""},
        {SLICE_INIT("\x02h2"), "h2"},
        {SLICE_INIT("\x08http/1.1"), "http/1.1"},
        {SLICE_INIT("\x08http/1.1\x02h2"), "h2"},
        {SLICE_INIT("\x03"
                    "foo\x08http/1.1"),
         "http/1.1"},
        {SLICE_INIT("\x08http/1.0"), NULL},
        {SLICE_INIT("\x03h2c"), NULL},
        {SLICE_INIT("\x01h\x01"
                    "2"),
         NULL},
    };
    struct front f;
    front_open(&f);
    front_add(&f, (struct wish){.name = "site", .alternatives = "DNS:a.example"});
    f.options.protocols[0] = "h2";
    f.options.protocols[1] = "http/1.1";
    front_start(&f);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        SSL_CTX_set_alpn_protos(f.client.ctx, (const unsigned char *)cases[i].offered.ptr,
                                (unsigned)cases[i].offered.len);
        assert_int_equal(front_meet(&f, NULL, NULL), cases[i].chosen != NULL);
        if (cases[i].chosen)
            ASSERT_SLICE(scene_facts(&f.server).protocol, slice_str(cases[i].chosen));
        else
            assert_string_equal(front_transport(&f)->error_word, "no-shared-protocol");
    }
    front_close(&f);
}

struct twin_case {
    const char *algorithms;
    int key_type;
};

static void shows_the_key_type_the_client_can_verify(void **state)
{
    (void)state;
    static const struct twin_case cases[] = {
        {"ECDSA+SHA256", EVP_PKEY_EC},
        {"RSA-PSS+SHA256", EVP_PKEY_RSA},
        {"ECDSA+SHA256:RSA-PSS+SHA256", EVP_PKEY_EC},
    };
    struct front f;
    front_open(&f);
    front_add(&f, (struct wish){.name = "ec", .alternatives = "DNS:a.example,DNS:b.example"});
    front_add(&f, (struct wish){.name = "rsa",
                                .alternatives = "DNS:a.example,DNS:b.example",
                                .rsa_bits = 2048});
    front_start(&f);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_true(SSL_CTX_set1_sigalgs_list(f.client.ctx, cases[i].algorithms));
        assert_true(front_meet(&f, "b.example", NULL));
        assert_int_equal(
            EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(f.client.ssl))),
            cases[i].key_type);
    }
    front_close(&f);
}

// ---- sessions

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void resumes_under_the_same_name_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        struct front f;
        front_open(&f);
        add_three(&f);
        front_start(&f);
        SSL_CTX_set_max_proto_version(f.client.ctx, versions[i]);
        assert_true(front_meet(&f, "a.example", NULL));
        SSL_SESSION *session = front_session(&f);
        assert_true(SSL_SESSION_has_ticket(session));
        assert_true(SSL_SESSION_get_ticket_lifetime_hint(session) < 24 * 3600);
        // The same one again, whatever the capitals.
        assert_true(front_meet(&f, "A.example", session));
        assert_true(scene_facts(&f.server).resumed);
        ASSERT_SLICE(scene_facts(&f.server).server_name, SLICE("a.example"));
        // Into another name, of the same certificate, of another, and none: full handshakes.
        assert_true(front_meet(&f, "www.a.example", session));
        assert_false(scene_facts(&f.server).resumed);
        assert_true(front_meet(&f, "first.example", session));
        assert_false(scene_facts(&f.server).resumed);
        assert_shown(&f, "first");
        assert_true(front_meet(&f, NULL, session));
        assert_false(scene_facts(&f.server).resumed);
        SSL_SESSION_free(session);
        front_close(&f);
    }
}

static void sends_one_ticket(void **state)
{
    (void)state;
    struct front f;
    front_open(&f);
    front_add(&f, (struct wish){.name = "site", .alternatives = "DNS:a.example"});
    front_start(&f);
    uint64_t with, without;
    assert_true(front_meet(&f, "a.example", NULL));
    with = front_transport(&f)->sent;
    SSL_SESSION *session = front_session(&f);
    assert_true(SSL_SESSION_has_ticket(session));
    SSL_SESSION_free(session);
    front_disconnect(&f);
    tls_server_context_free(&f.context);
    f.options.ticket_rotation_s = 0;
    front_start(&f);
    assert_true(front_meet(&f, "a.example", NULL));
    without = front_transport(&f)->sent;
    session = front_session(&f);
    assert_false(SSL_SESSION_has_ticket(session));
    assert_true(front_meet(&f, "a.example", session));
    assert_false(scene_facts(&f.server).resumed);
    SSL_SESSION_free(session);
    assert_true(with > without + 100 && with < without + 400);
    front_close(&f);
}

static void renews_tickets_of_older_keys_and_forgets_the_oldest(void **state)
{
    (void)state;
    struct front f;
    front_open(&f);
    front_add(&f, (struct wish){.name = "site", .alternatives = "DNS:a.example"});
    f.options.ticket_rotation_s = 1;
    front_start(&f);
    SSL_CTX_set_max_proto_version(f.client.ctx, TLS1_2_VERSION);
    assert_true(front_meet(&f, "a.example", NULL));
    SSL_SESSION *session = front_session(&f);
    usleep(1200 * 1000);
    assert_true(front_meet(&f, "a.example", session));
    assert_true(scene_facts(&f.server).resumed);
    SSL_SESSION *renewed = front_session(&f);
    const unsigned char *old_ticket, *new_ticket;
    size_t old_len, new_len;
    SSL_SESSION_get0_ticket(session, &old_ticket, &old_len);
    SSL_SESSION_get0_ticket(renewed, &new_ticket, &new_len);
    assert_memory_not_equal(old_ticket, new_ticket, 16); // the key's name
    usleep(2200 * 1000);
    assert_true(front_meet(&f, "a.example", session));
    assert_false(scene_facts(&f.server).resumed);
    SSL_SESSION_free(session);
    SSL_SESSION_free(renewed);
    front_close(&f);
}

static void keeps_tickets_over_a_reload(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        struct front f;
        front_open(&f);
        front_add(&f, (struct wish){.name = "site", .alternatives = "DNS:a.example"});
        front_start(&f);
        SSL_CTX_set_max_proto_version(f.client.ctx, versions[i]);
        assert_true(front_meet(&f, "a.example", NULL));
        SSL_SESSION *session = front_session(&f);
        struct tls_server_context *old = f.context;
        front_start(&f);
        assert_true(front_meet(&f, "a.example", session));
        assert_false(scene_facts(&f.server).resumed);
        tls_server_context_adopt_tickets(f.context, old);
        tls_server_context_free(&old);
        assert_true(front_meet(&f, "a.example", session));
        assert_true(scene_facts(&f.server).resumed);
        SSL_SESSION_free(session);
        front_close(&f);
    }
}

static void lets_connections_outlive_the_context(void **state)
{
    (void)state;
    struct front f;
    int fds[2];
    front_open(&f);
    front_add(&f, (struct wish){.name = "site", .alternatives = "DNS:a.example"});
    front_start(&f);
    endpoint_connect(fds, false);
    scene_accept(&f.scene, &f.server, fds[1], f.context);
    raw_tls_attach(&f.client, fds[0], false);
    f.connected = true;
    tls_server_context_free(&f.context);
    assert_null(f.context);
    assert_true(raw_tls_handshake(&f.client));
    ENDPOINTS_UNTIL(f.scene.loop, f.server.open);
    front_close(&f);
}

// ---- several workers

enum { WORKERS = 3, CONNECTIONS = 30 };

struct worker {
    struct tls_server_context *server_context;
    struct tls_client_context *client_context;
    unsigned resumed;
};

// Each has its loop and scratch; the contexts, with ticket keys that rotate meanwhile, are shared.
static void *serve(void *arg)
{
    struct worker *w = arg;
    struct scene s = {.loop = loop_new()};
    struct tls_session session = {0};
    assert_true(io_context_init(&s.io, s.loop));
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        struct endpoint client, server;
        scene_meet(&s, &client, w->client_context, &session, &server, w->server_context, false);
        assert_true(client.open && server.open);
        endpoint_write(&server, SLICE("hello"));
        ENDPOINTS_UNTIL(s.loop, client.got.len == 5);
        w->resumed += scene_facts(&server).resumed;
        endpoint_clear(&client);
        endpoint_clear(&server);
        usleep(50 * 1000);
    }
    tls_session_clear(&session);
    io_context_clear(&s.io);
    loop_free(&s.loop);
    return NULL;
}

static void serves_several_threads_at_once(void **state)
{
    (void)state;
    struct front f;
    struct worker workers[WORKERS];
    pthread_t threads[WORKERS];
    front_open(&f);
    front_add(&f, (struct wish){.name = "site", .alternatives = "DNS:a.example"});
    f.options.ticket_rotation_s = 1;
    front_start(&f);
    struct tls_client_context *client_context = scene_client(&f.scene, "a.example");
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){f.context, client_context, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, serve, &workers[i]), 0);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(workers[i].resumed, CONNECTIONS - 1);
    }
    tls_client_context_free(&client_context);
    front_close(&f);
}

// ---- what is no TLS

struct garbage {
    struct slice octets;
    const char *word;
};

static void names_what_is_no_tls(void **state)
{
    (void)state;
    static const struct garbage cases[] = {
        {SLICE_INIT("GET / HTTP/1.1\r\n"), "plain-http"},
        {SLICE_INIT("P"), "plain-http"},
        {SLICE_INIT("get / HTTP/1.1\r\n"), "not-tls"},
        {SLICE_INIT("\x80\x2e\x01\x03\x01"), "not-tls"},
        {SLICE_INIT("\0"), "not-tls"},
        {SLICE_INIT("\x15\x03\x01\x00\x02\x01\x00"), "not-tls"},
        {SLICE_INIT("\x16\x03\x01\x00\x05GET /"), "tls-protocol"},
        {SLICE_INIT("\x16GET / HTTP/1.1\r\n\r\n"), "tls-protocol"},
    };
    struct front f;
    front_open(&f);
    front_add(&f, (struct wish){.name = "site", .alternatives = "DNS:a.example"});
    front_start(&f);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int fds[2];
        char answer[200];
        endpoint_connect(fds, false);
        scene_accept(&f.scene, &f.server, fds[1], f.context);
        assert_int_equal(send(fds[0], cases[i].octets.ptr, cases[i].octets.len, 0),
                         (ssize_t)cases[i].octets.len);
        ENDPOINTS_UNTIL(f.scene.loop, f.server.failed);
        struct transport *t = front_transport(&f);
        print_message("%s: %s\n", t->error_word, t->error);
        assert_string_equal(t->error_word, cases[i].word);
        // A plain answer can still be given, and a lingering close.
        transport_write_raw(t, SLICE("HTTP/1.1 400 Bad Request\r\n\r\n"));
        transport_shutdown(t);
        endpoints_settle(f.scene.loop);
        ssize_t len = recv(fds[0], answer, sizeof(answer), 0);
        assert_true(len >= 28);
        assert_memory_equal(answer + len - 28, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
        assert_int_equal(recv(fds[0], answer, sizeof(answer), 0), 0);
        assert_int_equal(transport_discard(t, 1000), IO_AGAIN);
        close(fds[0]);
        ENDPOINTS_UNTIL(f.scene.loop, transport_discard(t, 1000) != IO_AGAIN);
        endpoint_clear(&f.server);
    }
    front_close(&f);
}

static void names_clients_that_go_away(void **state)
{
    (void)state;
    struct front f;
    front_open(&f);
    front_add(&f, (struct wish){.name = "site", .alternatives = "DNS:a.example"});
    front_start(&f);
    for (int reset = 0; reset < 2; reset++) {
        int fds[2];
        endpoint_connect(fds, false);
        scene_accept(&f.scene, &f.server, fds[1], f.context);
        assert_int_equal(send(fds[0], "\x16\x03\x01", 3, 0), 3);
        endpoints_settle(f.scene.loop);
        struct linger now = {.l_onoff = reset, .l_linger = 0};
        assert_int_equal(setsockopt(fds[0], SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
        close(fds[0]);
        ENDPOINTS_UNTIL(f.scene.loop, f.server.failed);
        assert_string_equal(front_transport(&f)->error_word, reset ? "reset" : "handshake-closed");
        endpoint_clear(&f.server);
    }
    front_close(&f);
}

// A client that does not trust the certificate says so.
static void names_alerts(void **state)
{
    (void)state;
    struct front f;
    front_open(&f);
    front_add(&f, (struct wish){.name = "site", .alternatives = "DNS:a.example"});
    front_start(&f);
    SSL_CTX_set_verify(f.client.ctx, SSL_VERIFY_PEER, NULL);
    assert_false(front_meet(&f, "a.example", NULL));
    assert_string_equal(front_transport(&f)->error_word, "tls-alert");
    front_close(&f);
}

// ---- behind a PROXY header

static void goes_on_with_octets_read_before(void **state)
{
    (void)state;
    struct front f;
    int fds[2];
    char octets[4096];
    size_t len;
    front_open(&f);
    front_add(&f, (struct wish){.name = "site", .alternatives = "DNS:a.example"});
    front_start(&f);
    endpoint_connect(fds, false);
    endpoint_init(&f.server);
    f.server.waits = true;
    assert_true(
        transport_init_plain(front_transport(&f), &f.scene.io, fds[1], false, endpoint_event));
    assert_int_equal(send(fds[0], "PROXY UNKNOWN\r\n", 15, 0), 15);
    raw_tls_attach(&f.client, fds[0], false);
    f.connected = true;
    assert_int_equal(SSL_do_handshake(f.client.ssl), -1);
    endpoints_settle(f.scene.loop);
    assert_int_equal(transport_read(front_transport(&f), octets, sizeof(octets), &len), IO_OK);
    assert_true(len > 15);
    assert_memory_equal(octets, "PROXY UNKNOWN\r\n", 15);
    assert_true(transport_unread(front_transport(&f), slice_of(octets + 15, len - 15)));
    assert_true(tls_server_transport_upgrade(front_transport(&f), f.context));
    f.server.waits = false;
    endpoint_handshake(&f.server);
    assert_true(raw_tls_handshake(&f.client));
    ENDPOINTS_UNTIL(f.scene.loop, f.server.open);
    assert_true(raw_tls_write(&f.client, SLICE("hello")));
    ENDPOINTS_UNTIL(f.scene.loop, f.server.got.len == 5);
    front_close(&f);
}

// ---- loading

static void reports_every_bad_certificate(void **state)
{
    (void)state;
    struct front f;
    front_open(&f);
    front_add(&f, (struct wish){.name = "old", .from_days = -9, .to_days = -1});
    front_add(&f, (struct wish){.name = "good", .alternatives = "DNS:a.example"});
    front_add(&f, (struct wish){.name = "weak", .alternatives = "DNS:b.example", .rsa_bits = 1024});
    assert_null(tls_server_context_new(&f.options, f.scene.problems));
    assert_int_equal(problems_count(f.scene.problems), 2);
    front_close(&f);
}

static void warns_of_certificates_never_shown(void **state)
{
    (void)state;
    struct front f;
    front_open(&f);
    front_add(&f, (struct wish){.name = "first"});
    front_add(&f, (struct wish){.name = "second"});
    front_add(&f, (struct wish){.name = "third", .alternatives = "DNS:a*.example"});
    front_start(&f);
    assert_int_equal(problems_count(f.scene.problems), 0);
    assert_int_equal(problems_warnings(f.scene.problems), 3);
    front_close(&f);
}

static void wants_a_certificate(void **state)
{
    (void)state;
    struct front f;
    front_open(&f);
    assert_null(tls_server_context_new(&f.options, f.scene.problems));
    assert_int_equal(problems_count(f.scene.problems), 1);
    front_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_the_certificate_of_the_name),
        cmocka_unit_test(shows_the_first_when_the_policy_says_so),
        cmocka_unit_test(refuses_clients_without_a_name_when_told),
        cmocka_unit_test(sends_the_right_alerts),
        cmocka_unit_test(speaks_nothing_below_tls_1_2),
        cmocka_unit_test(takes_suites_with_forward_secrecy_and_aead_only),
        cmocka_unit_test(chooses_a_protocol_in_our_order),
        cmocka_unit_test(shows_the_key_type_the_client_can_verify),
        cmocka_unit_test(resumes_under_the_same_name_only),
        cmocka_unit_test(sends_one_ticket),
        cmocka_unit_test(renews_tickets_of_older_keys_and_forgets_the_oldest),
        cmocka_unit_test(keeps_tickets_over_a_reload),
        cmocka_unit_test(lets_connections_outlive_the_context),
        cmocka_unit_test(serves_several_threads_at_once),
        cmocka_unit_test(names_what_is_no_tls),
        cmocka_unit_test(names_clients_that_go_away),
        cmocka_unit_test(names_alerts),
        cmocka_unit_test(goes_on_with_octets_read_before),
        cmocka_unit_test(reports_every_bad_certificate),
        cmocka_unit_test(warns_of_certificates_never_shown),
        cmocka_unit_test(wants_a_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

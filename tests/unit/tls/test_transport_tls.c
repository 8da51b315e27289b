// SPDX-License-Identifier: Apache-2.0
#include "scene.h"
#include "support/dice.h"
#include "tls/transport_internal.h"

enum { RECORD_OVERHEAD = 22 }; // TLS 1.3 with AES-GCM: header 5, type 1, tag 16

struct pair {
    struct scene scene;
    struct tls_client_context *client_context;
    struct tls_server_context *server_context;
    struct endpoint a, b; // client, server
};

static void pair_open(struct pair *p, bool small)
{
    scene_open(&p->scene);
    p->server_context = scene_server(&p->scene, "DNS:site.example");
    p->client_context = scene_client(&p->scene, "site.example");
    scene_meet(&p->scene, &p->a, p->client_context, NULL, &p->b, p->server_context, small);
    assert_true(p->a.open && p->b.open);
}

static void pair_close(struct pair *p)
{
    endpoint_clear(&p->a);
    endpoint_clear(&p->b);
    tls_client_context_free(&p->client_context);
    tls_server_context_free(&p->server_context);
    scene_close(&p->scene);
}

// A raw client in place of our own.
struct odd_pair {
    struct scene scene;
    struct tls_server_context *server_context;
    struct raw_tls client;
    struct endpoint server;
};

static void odd_pair_open(struct odd_pair *p)
{
    int fds[2];
    scene_open(&p->scene);
    p->server_context = scene_server(&p->scene, "DNS:site.example");
    endpoint_connect(fds, false);
    scene_accept(&p->scene, &p->server, fds[1], p->server_context);
    raw_tls_init(&p->client, p->scene.loop, false);
    raw_tls_attach(&p->client, fds[0], false);
    assert_true(raw_tls_handshake(&p->client));
    ENDPOINTS_UNTIL(p->scene.loop, p->server.open);
}

static void odd_pair_close(struct odd_pair *p)
{
    raw_tls_clear(&p->client);
    endpoint_clear(&p->server);
    tls_server_context_free(&p->server_context);
    scene_close(&p->scene);
}

static char *noise(size_t len)
{
    char *octets = malloc(len);
    struct dice dice = {len};
    assert_non_null(octets);
    for (size_t i = 0; i < len; i++)
        octets[i] = (char)dice_below(&dice, 256);
    return octets;
}

static void carries_any_size_to_a_slow_reader(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 300, 16383, 16384, 16385, 100000, 400000, 1024 * 1024};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct pair p;
        pair_open(&p, true);
        char *octets = noise(sizes[i]);
        unsigned writable = p.a.writable;
        p.b.paused = true;
        endpoint_write(&p.a, slice_of(octets, sizes[i]));
        endpoints_settle(p.scene.loop);
        assert_int_equal(p.scene.io.spilled, transport_pending(endpoint_transport(&p.a)));
        if (sizes[i] == 1024 * 1024)
            assert_true(p.scene.io.spilled > 0 && p.a.writable == writable);
        endpoint_resume(&p.b);
        ENDPOINTS_UNTIL(p.scene.loop, p.b.got.len == sizes[i]);
        assert_memory_equal(p.b.got.data, octets, sizes[i]);
        assert_int_equal(p.scene.io.spilled, 0);
        free(octets);
        pair_close(&p);
    }
}

// In both directions, random parts and random buffers: from one octet to more than a recv brings.
static void keeps_order_when_stalling_at_random(void **state)
{
    (void)state;
    struct dice dice = {4711};
    struct pair p;
    pair_open(&p, true);
    char *octets = noise(200000);
    struct buf wanted;
    buf_new(&wanted, ENDPOINT_KEEP_MAX);
    for (int round = 0; round < 400; round++) {
        if (transport_pending(endpoint_transport(&p.b)) == 0) {
            struct slice parts[20];
            size_t count = 1 + dice_below(&dice, 20);
            for (size_t i = 0; i < count; i++) {
                size_t longest = dice_below(&dice, 8) ? 500 : 60000;
                parts[i] = slice_of(octets + dice_below(&dice, 100000), dice_below(&dice, longest));
                buf_slice(&wanted, parts[i]);
            }
            transport_write(endpoint_transport(&p.b), parts, count);
        }
        p.a.paused = dice_below(&dice, 3) == 0;
        p.a.read_size = 1 + dice_below(&dice, dice_below(&dice, 2) ? 100 : 100000);
        if (!p.a.paused)
            endpoint_read(&p.a);
        loop_turn(p.scene.loop, 0);
    }
    p.a.read_size = ENDPOINT_READ_MAX;
    endpoint_resume(&p.a);
    ENDPOINTS_UNTIL(p.scene.loop, p.a.got.len == wanted.len);
    assert_memory_equal(p.a.got.data, wanted.data, wanted.len);
    assert_false(p.a.failed);
    buf_free(&wanted);
    free(octets);
    pair_close(&p);
}

struct packing {
    const char *why;
    size_t parts[5];
    unsigned records;
};

// Each record costs OpenSSL a microsecond and the wire 22 octets.
static void packs_parts_into_full_records(void **state)
{
    (void)state;
    static const struct packing packings[] = {
        {"head and small body", {300, 500}, 1},
        {"many small parts", {1, 2, 3, 4, 5}, 1},
        {"exactly one record", {300, 16084}, 1},
        {"one octet more", {300, 16085}, 2},
        {"head and large body", {300, 65536}, 5},
        {"large body alone", {65536}, 4},
        {"body, then tail", {40000, 5}, 3},
        {"small between large", {16384, 10, 16374, 16384}, 3},
        {"nothing", {0}, 0},
        {"empty parts", {0, 7, 0}, 1},
    };
    struct pair p;
    pair_open(&p, false);
    char *octets = noise(100000);
    for (size_t i = 0; i < ARRAY_LEN(packings); i++) {
        struct transport *a = endpoint_transport(&p.a);
        struct slice parts[5];
        size_t total = 0;
        print_message("%s\n", packings[i].why);
        for (size_t j = 0; j < 5; j++) {
            parts[j] = slice_of(octets + total, packings[i].parts[j]);
            total += packings[i].parts[j];
        }
        buf_reset(&p.b.got);
        uint64_t before = a->sent + transport_pending(a);
        transport_write(a, parts, 5);
        uint64_t wire = a->sent + transport_pending(a) - before;
        assert_int_equal(wire, total + packings[i].records * RECORD_OVERHEAD);
        ENDPOINTS_UNTIL(p.scene.loop, p.b.got.len == total);
        if (total > 0)
            assert_memory_equal(p.b.got.data, octets, total);
        ENDPOINTS_UNTIL(p.scene.loop, transport_pending(a) == 0);
    }
    free(octets);
    pair_close(&p);
}

static void keeps_may_read_while_anything_is_left(void **state)
{
    (void)state;
    static const size_t buffers[] = {1, 7, 100, 5000, 33000, 80000};
    char *octets = noise(40000);
    for (size_t i = 0; i < ARRAY_LEN(buffers); i++) {
        struct pair p;
        pair_open(&p, false);
        struct transport *b = endpoint_transport(&p.b);
        struct buf got;
        buf_new(&got, 80000);
        p.b.paused = true;
        endpoint_write(&p.a, slice_of(octets, 40000));
        ENDPOINTS_UNTIL(p.scene.loop, transport_pending(endpoint_transport(&p.a)) == 0);
        endpoints_settle(p.scene.loop);
        // No event from here on: only may_read says that there is more.
        while (b->may_read) {
            size_t len;
            enum io_status status = transport_read(b, p.b.scratch, buffers[i], &len);
            assert_true(status == IO_OK || status == IO_AGAIN);
            buf_append(&got, p.b.scratch, len);
        }
        assert_int_equal(got.len, 40000);
        assert_memory_equal(got.data, octets, 40000);
        assert_null(b->unread);
        buf_free(&got);
        pair_close(&p);
    }
    free(octets);
}

static void asks_the_kernel_once_per_message(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    struct transport *b = endpoint_transport(&p.b);
    size_t len;
    p.b.paused = true;
    endpoint_write(&p.a, SLICE("GET / HTTP/1.1\r\n\r\n"));
    ENDPOINTS_UNTIL(p.scene.loop, b->may_read);
    assert_int_equal(transport_read(b, p.b.scratch, 16384, &len), IO_OK);
    assert_int_equal(len, 18);
    assert_false(b->may_read);
    assert_int_equal(transport_read(b, p.b.scratch, 16384, &len), IO_AGAIN);
    pair_close(&p);
}

static void ends_with_close_notify_behind_the_octets(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    char *octets = noise(500000);
    p.b.paused = true;
    endpoint_write(&p.a, slice_of(octets, 500000));
    transport_shutdown(endpoint_transport(&p.a));
    endpoints_settle(p.scene.loop);
    endpoint_resume(&p.b);
    ENDPOINTS_UNTIL(p.scene.loop, p.b.ended || p.b.failed);
    assert_true(p.b.ended);
    assert_int_equal(p.b.got.len, 500000);
    // The other direction still works.
    endpoint_write(&p.b, SLICE("answer"));
    ENDPOINTS_UNTIL(p.scene.loop, p.a.got.len == 6);
    free(octets);
    pair_close(&p);
}

static void tells_an_end_that_came_with_the_last_octets(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    struct transport *b = endpoint_transport(&p.b);
    size_t len;
    p.b.paused = true;
    endpoint_write(&p.a, SLICE("last"));
    transport_shutdown(endpoint_transport(&p.a));
    endpoints_settle(p.scene.loop);
    assert_int_equal(transport_read(b, p.b.scratch, 100, &len), IO_OK);
    assert_int_equal(len, 4);
    assert_true(b->may_read);
    assert_int_equal(transport_read(b, p.b.scratch, 100, &len), IO_EOF);
    assert_int_equal(transport_read(b, p.b.scratch, 100, &len), IO_EOF);
    assert_null(b->error);
    pair_close(&p);
}

// An attacker on the way can end a connection, but must not make a part look like the whole.
static void takes_an_end_without_close_notify_for_truncation(void **state)
{
    (void)state;
    struct odd_pair p;
    odd_pair_open(&p);
    assert_true(raw_tls_write(&p.client, SLICE("half a mess")));
    assert_int_equal(shutdown(p.client.fd, SHUT_WR), 0);
    ENDPOINTS_UNTIL(p.scene.loop, p.server.failed);
    assert_string_equal(endpoint_transport(&p.server)->error_word, "truncated");
    ASSERT_SLICE(buf_view(&p.server.got), SLICE("half a mess"));
    odd_pair_close(&p);
}

static void tells_resets_from_truncation(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    transport_close(endpoint_transport(&p.a), true);
    ENDPOINTS_UNTIL(p.scene.loop, p.b.failed);
    assert_string_equal(endpoint_transport(&p.b)->error_word, "reset");
    pair_close(&p);
}

static void refuses_forged_records(void **state)
{
    (void)state;
    struct pair p;
    char octet;
    pair_open(&p, false);
    endpoint_write(&p.a, SLICE("genuine"));
    transport_write_raw(endpoint_transport(&p.a), SLICE("\x17\x03\x03\x00\x18"
                                                        "012345678901234567890123"));
    ENDPOINTS_UNTIL(p.scene.loop, p.b.failed);
    ASSERT_SLICE(buf_view(&p.b.got), SLICE("genuine"));
    assert_string_equal(endpoint_transport(&p.b)->error_word, "tls-protocol");
    // The other side learns of it by an alert.
    ENDPOINTS_UNTIL(p.scene.loop, p.a.failed);
    assert_string_equal(endpoint_transport(&p.a)->error_word, "tls-alert");
    size_t len;
    assert_int_equal(transport_read(endpoint_transport(&p.b), &octet, 1, &len), IO_ERROR);
    pair_close(&p);
}

static void answers_key_updates(void **state)
{
    (void)state;
    struct odd_pair p;
    char octets[100];
    odd_pair_open(&p);
    for (int i = 0; i < 5; i++) {
        assert_true(SSL_key_update(p.client.ssl, SSL_KEY_UPDATE_REQUESTED));
        assert_true(raw_tls_write(&p.client, SLICE("ping")));
        ENDPOINTS_UNTIL(p.scene.loop, p.server.got.len == 4);
        buf_reset(&p.server.got);
        endpoint_write(&p.server, SLICE("pong"));
        assert_int_equal(raw_tls_read(&p.client, octets, sizeof(octets)), 4);
    }
    assert_false(p.server.failed);
    odd_pair_close(&p);
}

// A client that asks for answers and takes none must not fill our memory.
static void bounds_answers_nobody_takes(void **state)
{
    (void)state;
    struct scene s;
    struct raw_tls client;
    struct endpoint server;
    int fds[2];
    scene_open(&s);
    struct tls_server_context *context = scene_server(&s, "DNS:site.example");
    endpoint_connect(fds, true);
    scene_accept(&s, &server, fds[1], context);
    raw_tls_init(&client, s.loop, false);
    raw_tls_attach(&client, fds[0], false);
    assert_true(raw_tls_handshake(&client));
    ENDPOINTS_UNTIL(s.loop, server.open);
    char *octets = noise(2000000);
    endpoint_write(&server, slice_of(octets, 2000000)); // stalls
    size_t before = s.io.spilled;
    assert_true(before > 0);
    for (int i = 0; i < 20000 && !server.failed; i++) {
        size_t written;
        SSL_key_update(client.ssl, SSL_KEY_UPDATE_REQUESTED);
        if (!SSL_write_ex(client.ssl, "x", 1, &written))
            ERR_clear_error();
        loop_turn(s.loop, 0);
    }
    assert_true(server.failed);
    assert_string_equal(endpoint_transport(&server)->error_word, "tls-protocol");
    assert_true(s.io.spilled < before + 32 * 1024);
    free(octets);
    raw_tls_clear(&client);
    endpoint_clear(&server);
    tls_server_context_free(&context);
    scene_close(&s);
}

static void refuses_renegotiation(void **state)
{
    (void)state;
    struct scene s;
    struct raw_tls client;
    struct endpoint server;
    int fds[2];
    char octet;
    scene_open(&s);
    struct tls_server_context *context = scene_server(&s, "DNS:site.example");
    endpoint_connect(fds, false);
    scene_accept(&s, &server, fds[1], context);
    raw_tls_init(&client, s.loop, false);
    SSL_CTX_set_max_proto_version(client.ctx, TLS1_2_VERSION);
    raw_tls_attach(&client, fds[0], false);
    assert_true(raw_tls_handshake(&client));
    ENDPOINTS_UNTIL(s.loop, server.open);
    assert_true(SSL_renegotiate(client.ssl));
    assert_false(raw_tls_handshake(&client));
    (void)raw_tls_read(&client, &octet, 1);
    assert_int_equal(SSL_total_renegotiations(client.ssl),
                     1); // of its own counting: asked, never done
    assert_int_equal(server.got.len, 0);
    raw_tls_clear(&client);
    endpoint_clear(&server);
    tls_server_context_free(&context);
    scene_close(&s);
}

// Request octets that arrive in one piece with the end of the handshake.
static void reads_what_came_behind_the_handshake(void **state)
{
    (void)state;
    struct pair p;
    int fds[2];
    scene_open(&p.scene);
    p.server_context = scene_server(&p.scene, "DNS:site.example");
    p.client_context = scene_client(&p.scene, "site.example");
    endpoint_connect(fds, false);
    scene_accept(&p.scene, &p.b, fds[1], p.server_context);
    scene_connect(&p.scene, &p.a, fds[0], p.client_context, NULL);
    // The server does not look while the client ends its handshake and sends the request.
    ENDPOINTS_UNTIL(p.scene.loop, transport_handshake(endpoint_transport(&p.a)) == IO_OK);
    p.a.open = true;
    endpoint_write(&p.a, SLICE("GET / HTTP/1.1\r\n\r\n"));
    ENDPOINTS_UNTIL(p.scene.loop, p.b.got.len == 18);
    pair_close(&p);
}

static void has_facts_after_the_handshake(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    struct endpoint *ends[] = {&p.a, &p.b};
    for (size_t i = 0; i < 2; i++) {
        struct tls_facts f = scene_facts(ends[i]);
        ASSERT_SLICE(f.version, SLICE("1.3"));
        ASSERT_SLICE(f.cipher, SLICE("TLS_AES_128_GCM_SHA256"));
        ASSERT_SLICE(f.server_name, SLICE("site.example"));
        assert_int_equal(f.protocol.len, 0);
        assert_false(f.resumed);
    }
    pair_close(&p);
}

// 20,000 idle connections: what they hold besides OpenSSL's object.
static void is_small_when_idle(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, false);
    assert_true(tls_transport_size() <= 512);
    endpoint_write(&p.a, SLICE("hello"));
    ENDPOINTS_UNTIL(p.scene.loop, p.b.got.len == 5);
    struct transport *b = endpoint_transport(&p.b);
    assert_null(b->pending);
    assert_null(b->unread);
    pair_close(&p);
}

static void knows_no_facts_of_plain_transports(void **state)
{
    (void)state;
    struct scene s;
    struct endpoint e, other;
    struct tls_facts facts;
    int fds[2];
    scene_open(&s);
    endpoint_init(&e);
    endpoint_init(&other);
    endpoint_connect(fds, false);
    assert_true(transport_init_plain(endpoint_transport(&e), &s.io, fds[0], true, endpoint_event));
    assert_true(
        transport_init_plain(endpoint_transport(&other), &s.io, fds[1], false, endpoint_event));
    tls_transport_facts(endpoint_transport(&e), &facts);
    assert_int_equal(facts.version.len, 0);
    assert_int_equal(tls_transport_server_name(endpoint_transport(&e)).len, 0);
    endpoint_clear(&e);
    endpoint_clear(&other);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_any_size_to_a_slow_reader),
        cmocka_unit_test(keeps_order_when_stalling_at_random),
        cmocka_unit_test(packs_parts_into_full_records),
        cmocka_unit_test(keeps_may_read_while_anything_is_left),
        cmocka_unit_test(asks_the_kernel_once_per_message),
        cmocka_unit_test(ends_with_close_notify_behind_the_octets),
        cmocka_unit_test(tells_an_end_that_came_with_the_last_octets),
        cmocka_unit_test(takes_an_end_without_close_notify_for_truncation),
        cmocka_unit_test(tells_resets_from_truncation),
        cmocka_unit_test(refuses_forged_records),
        cmocka_unit_test(answers_key_updates),
        cmocka_unit_test(bounds_answers_nobody_takes),
        cmocka_unit_test(refuses_renegotiation),
        cmocka_unit_test(reads_what_came_behind_the_handshake),
        cmocka_unit_test(has_facts_after_the_handshake),
        cmocka_unit_test(is_small_when_idle),
        cmocka_unit_test(knows_no_facts_of_plain_transports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// What a backend gets of a request and a client of a response: parsed from text, put through the
// gateway, and written as text again.
#include "support/unit.h"

#include <stdio.h>

#include "base/buf.h"
#include "proxy/exchange.h"
#include "proxy/forward.h"

enum { ROOM = 4096 };

struct scene {
    struct proxy_worker worker;
    struct snapshot snapshot;
    struct policy_listener listener;
    struct policy_route route;
    struct backend_server server;
    struct backend_config config;
    struct backend_group group;
    struct exchange ex;
    char text[ROOM];
    struct buf out;
};

static const struct http_head_limits limits = {
    .start_line = 1024, .field_line = 1024, .field_bytes = 4096, .field_count = 50};

static void open_scene(struct scene *s)
{
    memset(s, 0, sizeof(*s));
    s->snapshot.server_header = SLICE("gateway");
    s->server.authority = SLICE("10.0.0.9:8443");
    s->config = (struct backend_config){.servers = &s->server, .server_count = 1};
    s->group.config = &s->config;
    s->route.path = SLICE("/");
    s->ex.worker = &s->worker;
    s->ex.snapshot = &s->snapshot;
    s->ex.route = &s->route;
    s->ex.group = &s->group;
    s->ex.origin.listener = &s->listener;
    s->ex.origin.is_tls = true;
    assert_true(addr_parse(SLICE("192.0.2.7"), &s->ex.origin.source));
    memset(s->ex.id, 'a', PROXY_ID_LEN);
    arena_init(&s->ex.arena, NULL, 64 * 1024);
    buf_init(&s->out, s->text, sizeof(s->text));
}

static void close_scene(struct scene *s)
{
    arena_clear(&s->ex.arena);
}

static void take_request(struct scene *s, const char *head)
{
    struct http_head_scan scan;
    const struct http_request_options options = {.is_tls = s->ex.origin.is_tls};
    http_head_scan_init(&scan, &limits, false);
    assert_int_equal(http_head_scan(&scan, head, strlen(head)), HTTP_DONE);
    assert_int_equal(http_request_parse(&scan, head, &options, &s->ex.arena, &s->ex.request),
                     HTTP_REASON_NONE);
}

static void take_response(struct scene *s, const char *head)
{
    struct http_head_scan scan;
    http_head_scan_init(&scan, &limits, true);
    assert_int_equal(http_head_scan(&scan, head, strlen(head)), HTTP_DONE);
    assert_int_equal(http_response_parse(&scan, head, false, &s->ex.arena, &s->ex.response),
                     HTTP_REASON_NONE);
}

static struct slice forwarded(struct scene *s)
{
    struct http_outgoing m;
    assert_true(forward_request(&s->ex, &m));
    buf_reset(&s->out);
    http_write_request_head(&s->out, &m);
    assert_false(s->out.failed);
    return buf_view(&s->out);
}

static struct slice reply_of(struct scene *s)
{
    buf_reset(&s->out);
    http_write_response_head(&s->out, &s->ex.reply);
    assert_false(s->out.failed);
    return buf_view(&s->out);
}

static struct slice relayed(struct scene *s)
{
    assert_true(forward_response(&s->ex));
    return reply_of(s);
}

// What the gateway says of the client of these tests.
#define OWN                                                                                        \
    "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: a.example\r\n"    \
    "X-Request-Id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"                                           \
    "Forwarded: for=192.0.2.7;host=\"a.example\";proto=https\r\n"

static const struct {
    const char *name, *sent, *wanted;
} requests[] = {
    {"plain", "GET /a?b HTTP/1.1\r\nHost: A.example\r\nX-A: 1\r\n\r\n",
     "GET /a?b HTTP/1.1\r\nHost: a.example\r\nX-A: 1\r\n" OWN "\r\n"},
    {"hop by hop",
     "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: X-B, close\r\nX-B: 1\r\nTE: trailers\r\n"
     "Keep-Alive: 5\r\nUpgrade: h2c\r\nProxy-Authorization: x\r\nProxy: http://evil\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: a.example\r\n" OWN "\r\n"},
    {"claims nobody may make",
     "GET / HTTP/1.1\r\nHost: a.example\r\nX-Forwarded-For: 1.1.1.1\r\nx_forwarded_for: 1.1.1.1\r\n"
     "X-Forwarded-Proto: http\r\nForwarded: for=x\r\nX-Real-IP: 1.1.1.1\r\nX-Original-URL: "
     "/admin\r\n"
     "X-Rewrite-URL: /admin\r\nX-HTTP-Method-Override: PUT\r\nX-Authenticated-User: root\r\n"
     "X-Request-Id: mine\r\nX-Forwarded-Port: 1\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: a.example\r\n" OWN "\r\n"},
    {"Connection cannot take away what we say",
     "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: X-Forwarded-For, Forwarded, Host\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: a.example\r\n" OWN "\r\n"},
    {"framing is ours",
     "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 007\r\nExpect: 100-continue\r\n\r\n",
     "POST / HTTP/1.1\r\nHost: a.example\r\n" OWN "Content-Length: 7\r\n\r\n"},
    {"path in one spelling", "GET /%61/./b//c?%61 HTTP/1.0\r\nHost: a.example:443\r\n\r\n",
     "GET /a/b/c?%61 HTTP/1.1\r\nHost: a.example\r\n" OWN "\r\n"},
};

static void writes_what_was_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct scene s;
        open_scene(&s);
        take_request(&s, requests[i].sent);
        ASSERT_SLICE(forwarded(&s), slice_str(requests[i].wanted));
        ASSERT_SLICE(forwarded(&s), slice_str(requests[i].wanted)); // a second try says the same
        close_scene(&s);
    }
}

static void continues_what_a_trusted_proxy_said(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    s.ex.client.peer_is_trusted = true;
    take_request(&s, "GET / HTTP/1.1\r\nHost: a.example\r\nX-Forwarded-For: 198.51.100.1\r\n"
                     "X-Forwarded-For:\r\nx-forwarded-for: 198.51.100.2, 10.0.0.1\r\n"
                     "X-Forwarded-Proto: http\r\nX-Forwarded-Host: outside.example\r\n"
                     "X-Request-Id: theirs\r\nForwarded: for=x\r\nX-Real-IP: 1.1.1.1\r\n\r\n");
    for (unsigned try = 0; try < 2; try++)
        ASSERT_SLICE(
            forwarded(&s),
            SLICE("GET / HTTP/1.1\r\nHost: a.example\r\n"
                  "X-Forwarded-For: 198.51.100.1, 198.51.100.2, 10.0.0.1, 192.0.2.7\r\n"
                  "X-Forwarded-Proto: http\r\nX-Forwarded-Host: outside.example\r\n"
                  "X-Request-Id: theirs\r\n"
                  "Forwarded: for=x, for=192.0.2.7;host=\"a.example\";proto=https\r\n\r\n"));
    close_scene(&s);
}

static void quotes_ipv6_where_the_grammar_wants_it(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    s.ex.origin.is_tls = false;
    assert_true(addr_parse(SLICE("2001:db8::1"), &s.ex.origin.source));
    take_request(&s, "GET / HTTP/1.1\r\nHost: [::1]:81\r\n\r\n");
    struct slice head = forwarded(&s);
    assert_true(slice_find(head, SLICE("X-Forwarded-For: 2001:db8::1\r\n")) < head.len);
    assert_true(slice_find(head, SLICE("Forwarded: for=\"[2001:db8::1]\";host=\"[::1]:81\";"
                                       "proto=http\r\n")) < head.len);
    close_scene(&s);
}

static void route_and_filters_set_and_remove(void **state)
{
    (void)state;
    struct scene s;
    const struct policy_field set[] = {{SLICE("X-Gate"), SLICE("yes")},
                                       {SLICE("Host"), SLICE("inner.example")}};
    const struct slice remove[] = {SLICE("x-debug")};
    struct filter_field user = {.name = SLICE("X-Authenticated-User"), .value = SLICE("ann")};
    struct filter_field secret = {.name = SLICE("Authorization")};
    open_scene(&s);
    s.route.request_set = set;
    s.route.request_set_count = ARRAY_LEN(set);
    s.route.request_remove = remove;
    s.route.request_remove_count = ARRAY_LEN(remove);
    s.ex.notes.request_set = &user;
    s.ex.notes.request_remove = &secret;
    take_request(&s, "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: X-Gate\r\nx-gate: no\r\n"
                     "X_Gate: no\r\nX-DEBUG: 1\r\nx-authenticated-user: root\r\n"
                     "Authorization: Basic eDp5\r\n\r\n");
    struct slice head = forwarded(&s);
    assert_true(slice_begins(head, SLICE("GET / HTTP/1.1\r\nHost: inner.example\r\n"
                                         "X-Authenticated-User: ann\r\nX-Gate: yes\r\n")));
    static const char *const gone[] = {"no\r\n", "X-DEBUG", "root", "Authorization",
                                       "authorization"};
    for (size_t i = 0; i < ARRAY_LEN(gone); i++)
        assert_true(slice_find(head, slice_str(gone[i])) >= head.len);
    close_scene(&s);
}

static void takes_a_prefix_off(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    s.route.strip_prefix = true;
    s.route.path = SLICE("/app/");
    take_request(&s, "GET /app/x%20y?q HTTP/1.1\r\nHost: a.example\r\n\r\n");
    assert_true(slice_begins(forwarded(&s), SLICE("GET /x%20y?q HTTP/1.1\r\n")));
    close_scene(&s);
}

static void has_nothing_to_say_without_memory(void **state)
{
    (void)state;
    struct scene s;
    struct http_outgoing m;
    open_scene(&s);
    take_request(&s, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    while (arena_alloc(&s.ex.arena, 64))
        ;
    assert_false(forward_request(&s.ex, &m));
    close_scene(&s);
}

static void tells_nothing_of_the_backend(void **state)
{
    (void)state;
    struct scene s;
    const struct policy_field set[] = {{SLICE("X-Frame-Options"), SLICE("DENY")}};
    const struct slice remove[] = {SLICE("x-gone")};
    open_scene(&s);
    s.route.response_set = set;
    s.route.response_set_count = ARRAY_LEN(set);
    s.route.response_remove = remove;
    s.route.response_remove_count = ARRAY_LEN(remove);
    take_request(&s, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    take_response(&s,
                  "HTTP/1.1 200 Fine\r\nServer: secret\r\nX-Powered-By: secret\r\nVia: secret\r\n"
                  "Connection: X-Inner, close\r\nX-Inner: secret\r\nKeep-Alive: 5\r\nDate: now\r\n"
                  "x-frame-options: ALLOW\r\nX-Gone: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
                  "Content-Length: 05\r\n\r\n");
    ASSERT_SLICE(relayed(&s),
                 SLICE("HTTP/1.1 200 OK\r\nDate: now\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
                       "Server: gateway\r\nX-Frame-Options: DENY\r\nContent-Length: 5\r\n\r\n"));
    close_scene(&s);
}

// A response without the fields that protect its reader is none: with little memory there are all
// of them or a failure.
static void relays_all_of_its_own_fields_or_nothing(void **state)
{
    (void)state;
    const struct policy_field set[] = {{SLICE("X-Frame-Options"), SLICE("DENY")},
                                       {SLICE("X-Other"), SLICE("1")}};
    bool ok = false;
    for (size_t more = 0; !ok && more < 4096; more += 16) {
        struct scene s;
        open_scene(&s);
        s.route.response_set = set;
        s.route.response_set_count = ARRAY_LEN(set);
        take_request(&s, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
        take_response(&s, "HTTP/1.1 204 X\r\nDate: now\r\n\r\n");
        while (arena_alloc(&s.ex.arena, sizeof(struct http_added_field)))
            ;
        s.ex.arena.limit += more;
        ok = forward_response(&s.ex);
        assert_false(ok && more < 3 * sizeof(struct http_added_field));
        if (ok)
            ASSERT_SLICE(reply_of(&s),
                         SLICE("HTTP/1.1 204 No Content\r\nDate: now\r\nServer: "
                               "gateway\r\nX-Frame-Options: DENY\r\nX-Other: 1\r\n\r\n"));
        close_scene(&s);
    }
    assert_true(ok);
}

static const struct {
    const char *name, *prefix, *sent, *wanted;
} places[] = {
    {"of the server", "/", "https://10.0.0.9:8443/a?b#c", "https://a.example/a?b#c"},
    {"of the server, without a path", "/", "https://10.0.0.9:8443", "https://a.example"},
    {"of the server, by another case of scheme", "/", "HTTP://10.0.0.9:8443/a",
     "https://a.example/a"},
    {"our own name under http", "/", "http://a.example/a", "https://a.example/a"},
    {"below a prefix that was taken off", "/app/", "/a", "/app/a"},
    {"of the server, below a prefix", "/app", "https://10.0.0.9:8443/a", "https://a.example/app/a"},
    {"another port of the server", "/", "https://10.0.0.9:1/a", "https://10.0.0.9:1/a"},
    {"somebody whose name begins alike", "/", "https://10.0.0.9:8443.evil.example/",
     "https://10.0.0.9:8443.evil.example/"},
    {"elsewhere", "/app/", "https://b.example/a", "https://b.example/a"},
    {"elsewhere, without a scheme", "/app/", "//b.example/a", "//b.example/a"},
    {"relative", "/app/", "a", "a"},
    {"a path where nothing was taken off", "/", "/a", "/a"},
    {"empty", "/app/", "", ""},
};

static void puts_places_into_the_clients_terms(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        struct scene s;
        char head[512], wanted[512];
        open_scene(&s);
        s.route.path = slice_str(places[i].prefix);
        s.route.strip_prefix = places[i].prefix[1] != '\0';
        take_request(&s, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
        snprintf(head, sizeof(head),
                 "HTTP/1.1 302 X\r\nLocation: %s\r\nDate: now\r\nContent-Length: 0\r\n\r\n",
                 places[i].sent);
        take_response(&s, head);
        snprintf(wanted, sizeof(wanted),
                 "HTTP/1.1 302 Found\r\nLocation: %s\r\nDate: now\r\nServer: gateway\r\n"
                 "Content-Length: 0\r\n\r\n",
                 places[i].wanted);
        ASSERT_SLICE(relayed(&s), slice_str(wanted));
        close_scene(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_was_judged),
        cmocka_unit_test(continues_what_a_trusted_proxy_said),
        cmocka_unit_test(quotes_ipv6_where_the_grammar_wants_it),
        cmocka_unit_test(route_and_filters_set_and_remove),
        cmocka_unit_test(takes_a_prefix_off),
        cmocka_unit_test(has_nothing_to_say_without_memory),
        cmocka_unit_test(tells_nothing_of_the_backend),
        cmocka_unit_test(relays_all_of_its_own_fields_or_nothing),
        cmocka_unit_test(puts_places_into_the_clients_terms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

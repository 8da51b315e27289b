// SPDX-License-Identifier: Apache-2.0
// Whose word counts: the walk over X-Forwarded-For from the near end to the first hop nobody
// vouches for.
#include "support/unit.h"

#include "proxy/client_address.h"

enum { LINES_MAX = 3 };

struct scene {
    struct addr_prefix trusted[2];
    struct policy_listener listener;
};

static void set_up(struct scene *s, enum client_address_source from)
{
    assert_true(addr_parse_prefix(SLICE("10.0.0.0/8"), false, &s->trusted[0]));
    assert_true(addr_parse_prefix(SLICE("2001:db8:1::/48"), false, &s->trusted[1]));
    s->listener = (struct policy_listener){
        .trusted_proxies = s->trusted, .trusted_proxy_count = 2, .client_from = from};
}

static struct client_address find(const struct scene *s, const char *peer,
                                  const struct slice *lines, bool by_proxy_header)
{
    struct http_field items[LINES_MAX + 1] = {
        {.name = SLICE("X-Other"), .value = SLICE("192.0.2.99"), .id = HTTP_FIELD_OTHER}};
    struct http_fields fields = {items, 1};
    struct client_address out;
    struct addr a;
    assert_true(addr_parse(slice_str(peer), &a));
    a.port = 4711;
    for (size_t i = 0; i < LINES_MAX && lines[i].ptr; i++)
        items[fields.count++] =
            (struct http_field){.value = lines[i], .id = HTTP_FIELD_X_FORWARDED_FOR};
    client_address_find(&s->listener, &a, by_proxy_header, &fields, &out);
    return out;
}

static void assert_client(const struct client_address *c, const char *text, const char *source)
{
    char got[ADDR_TEXT_MAX];
    ASSERT_SLICE(slice_of(got, addr_text(&c->address, got)), slice_str(text));
    assert_string_equal(c->source, source);
}

static const struct {
    const char *peer;
    struct slice lines[LINES_MAX + 1];
    const char *client;
    bool is_forwarded;
} walks[] = {
    {"10.0.0.1", {SLICE_INIT("192.0.2.7")}, "192.0.2.7", true},
    {"10.0.0.1", {SLICE_INIT("198.51.100.1, 192.0.2.7")}, "192.0.2.7", true},
    {"10.0.0.1", {SLICE_INIT("192.0.2.7,10.1.1.1 ,\t10.2.2.2")}, "192.0.2.7", true},
    {"10.0.0.1",
     {SLICE_INIT("198.51.100.1"), SLICE_INIT("192.0.2.7"), SLICE_INIT("10.1.1.1")},
     "192.0.2.7",
     true},
    {"10.0.0.1", {SLICE_INIT("10.3.3.3, 10.1.1.1")}, "10.3.3.3", true},
    {"10.0.0.1", {SLICE_INIT("2001:db8:2::1, 2001:db8:1::1")}, "2001:db8:2::1", true},
    {"2001:db8:1::1", {SLICE_INIT("[2001:db8:2::1]:443")}, "2001:db8:2::1", true},
    {"10.0.0.1", {SLICE_INIT("192.0.2.7:443")}, "192.0.2.7", true},
    {"10.0.0.1", {SLICE_INIT("::ffff:192.0.2.7")}, "192.0.2.7", true},
    {"10.0.0.1", {SLICE_INIT(", 192.0.2.7 , ,")}, "192.0.2.7", true},
    {"10.0.0.1", {SLICE_INIT("192.0.2.7, unknown")}, "10.0.0.1", false},
    {"10.0.0.1", {SLICE_INIT("192.0.2.7, unknown, 10.1.1.1")}, "10.1.1.1", true},
    {"10.0.0.1", {SLICE_INIT("unknown"), SLICE_INIT("10.1.1.1")}, "10.1.1.1", true},
    {"10.0.0.1", {SLICE_INIT("for=192.0.2.7")}, "10.0.0.1", false},
    {"10.0.0.1", {SLICE_INIT("")}, "10.0.0.1", false},
    {"10.0.0.1", {{0}}, "10.0.0.1", false},
    {"192.0.2.1", {SLICE_INIT("198.51.100.1")}, "192.0.2.1", false},
};

static void walks_to_the_first_hop_nobody_vouches_for(void **state)
{
    (void)state;
    struct scene s;
    set_up(&s, CLIENT_FROM_X_FORWARDED_FOR);
    for (size_t i = 0; i < ARRAY_LEN(walks); i++) {
        struct client_address c = find(&s, walks[i].peer, walks[i].lines, false);
        assert_client(&c, walks[i].client,
                      walks[i].is_forwarded ? "x-forwarded-for" : "connection");
        assert_int_equal(c.has_port, !walks[i].is_forwarded);
        assert_int_equal(c.address.port, walks[i].is_forwarded ? 0 : 4711);
        assert_int_equal(c.peer_is_trusted, strcmp(walks[i].peer, "192.0.2.1") != 0);
        assert_non_null(c.detail);
    }
}

static void takes_the_connection_where_the_policy_says_so(void **state)
{
    (void)state;
    struct scene s;
    const struct slice lines[LINES_MAX + 1] = {SLICE("192.0.2.7")};
    set_up(&s, CLIENT_FROM_CONNECTION);
    struct client_address c = find(&s, "10.0.0.1", lines, false);
    assert_client(&c, "10.0.0.1", "connection");
    assert_null(c.detail);
    assert_true(c.peer_is_trusted);
}

static void begins_with_whom_the_proxy_header_named(void **state)
{
    (void)state;
    struct scene s;
    const struct slice none[LINES_MAX + 1] = {{0}};
    const struct slice lines[LINES_MAX + 1] = {SLICE("192.0.2.7")};
    set_up(&s, CLIENT_FROM_X_FORWARDED_FOR);
    struct client_address c = find(&s, "198.51.100.1", lines, true);
    assert_client(&c, "198.51.100.1", "proxy-protocol");
    c = find(&s, "10.0.0.1", lines, true);
    assert_client(&c, "192.0.2.7", "x-forwarded-for");
    c = find(&s, "10.0.0.1", none, true);
    assert_client(&c, "10.0.0.1", "proxy-protocol");
}

static void knows_whom_to_trust(void **state)
{
    (void)state;
    struct scene s;
    struct addr a;
    set_up(&s, CLIENT_FROM_CONNECTION);
    assert_true(addr_parse(SLICE("10.255.0.1"), &a) && client_address_is_trusted(&s.listener, &a));
    assert_true(addr_parse(SLICE("11.0.0.1"), &a) && !client_address_is_trusted(&s.listener, &a));
    s.listener.trusted_proxy_count = 0;
    assert_true(addr_parse(SLICE("10.255.0.1"), &a) && !client_address_is_trusted(&s.listener, &a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_to_the_first_hop_nobody_vouches_for),
        cmocka_unit_test(takes_the_connection_where_the_policy_says_so),
        cmocka_unit_test(begins_with_whom_the_proxy_header_named),
        cmocka_unit_test(knows_whom_to_trust),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

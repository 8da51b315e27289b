// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <arpa/inet.h>

#include "base/addr.h"
#include "support/dice.h"
#include "support/edge.h"

static struct addr parsed(const char *text)
{
    struct addr a;
    assert_true(addr_parse(slice_str(text), &a));
    return a;
}

static void writes_the_canonical_text(void **state)
{
    static const struct {
        const char *text, *canonical;
    } cases[] = {
        {"0.0.0.0", "0.0.0.0"},
        {"192.0.2.1", "192.0.2.1"},
        {"255.255.255.255", "255.255.255.255"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::FFFF:c000:201", "192.0.2.1"},
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:DB8::1", "2001:db8::1"},
        {"2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"},
        {"2001:db8:0:1:1:1:1:1",
         "2001:db8:0:1:1:1:1:1"}, // one zero group is not shortened (RFC 5952, 4.2.2)
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},       // the longest run (4.2.3)
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"}, // the first of two as long
        {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
        {"::1.2.3.4", "::102:304"}, // mixed notation only where the prefix is known (5)
        {"64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[ADDR_TEXT_MAX];
        struct addr a;
        struct edge e = edge_copy(slice_str(cases[i].text));
        assert_true(addr_parse(e.text, &a));
        edge_free(&e);
        assert_int_equal(addr_text(&a, out), strlen(cases[i].canonical));
        assert_string_equal(out, cases[i].canonical);
        struct addr again = parsed(out);
        assert_true(addr_eq(&a, &again));
    }
}

static void refuses_what_is_no_address(void **state)
{
    static const char *const cases[] = {
        "",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.04",
        "0x1.2.3.4",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1.2.3.",
        "1..2.3",
        "1.2.3.-4",
        "2130706433",
        ":",
        ":::",
        "1:2:3:4:5:6:7",
        "::1::",
        "12345::",
        "g::",
        "fe80::1%eth0",
        "[::1]",
        "::1/128",
        "1.2.3.4:80",
        "::1.2.3",
        "1:2:3:4:5:6:7:8:9",
        "::1 ",
        "\xd9\xa1.2.3.4",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0001",
        "localhost",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct addr a;
        struct edge e = edge_copy(slice_str(cases[i]));
        if (addr_parse(e.text, &a))
            fail_msg("took \"%s\"", cases[i]);
        edge_free(&e);
    }
    struct addr a;
    assert_false(addr_parse(SLICE("1.2.3.4\0"), &a));
}

static void reads_ports(void **state)
{
    static const struct {
        const char *text;
        bool optional;
        const char *host; // NULL: refused
        uint16_t port;
    } cases[] = {
        {"192.0.2.1:80", false, "192.0.2.1", 80},
        {"[2001:db8::1]:443", false, "2001:db8::1", 443},
        {"0.0.0.0:0", false, "0.0.0.0", 0},
        {"192.0.2.1:65535", true, "192.0.2.1", 65535},
        {"192.0.2.1", true, "192.0.2.1", 0},
        {"[::1]", true, "::1", 0},
        {"192.0.2.1", false, NULL, 0},
        {"[::1]", false, NULL, 0},
        {"192.0.2.1:", true, NULL, 0},
        {"192.0.2.1:65536", true, NULL, 0},
        {"192.0.2.1:080", true, NULL, 0},
        {"192.0.2.1:+80", true, NULL, 0},
        {"192.0.2.1:80:80", true, NULL, 0},
        {"2001:db8::1:443", true, NULL, 0}, // is 443 a port or a group?
        {"[192.0.2.1]:80", false, NULL, 0},
        {"[::1]80", true, NULL, 0},
        {"[::1", true, NULL, 0},
        {"::1]:80", true, NULL, 0},
        {"[]:80", true, NULL, 0},
        {":80", true, NULL, 0},
        {"", true, NULL, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct addr a;
        bool taken = addr_parse_with_port(slice_str(cases[i].text), cases[i].optional, &a);
        assert_int_equal(taken, cases[i].host != NULL);
        if (!taken)
            continue;
        struct addr host = parsed(cases[i].host);
        assert_true(addr_eq(&a, &host));
        assert_int_equal(a.port, cases[i].port);
    }
}

static void writes_ports_as_they_are_read(void **state)
{
    static const char *const texts[] = {
        "192.0.2.1:80",
        "0.0.0.0:0",
        "[2001:db8::1]:443",
        "[1111:2222:3333:4444:5555:6666:7777:8888]:65535",
    };
    char out[ADDR_PORT_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct addr a;
        assert_true(addr_parse_with_port(slice_str(texts[i]), false, &a));
        assert_int_equal(addr_text_with_port(&a, out), strlen(texts[i]));
        assert_string_equal(out, texts[i]);
    }
    const struct addr peer = {.is_unix = true};
    assert_int_equal(addr_text_with_port(&peer, out), 5);
    assert_string_equal(out, "unix:");
}

static void reads_prefixes(void **state)
{
    static const struct {
        const char *text, *strict, *cleared; // NULL: refused
    } cases[] = {
        {"192.0.2.0/24", "192.0.2.0/24", "192.0.2.0/24"},
        {"192.0.2.1", "192.0.2.1/32", "192.0.2.1/32"},
        {"192.0.2.1/24", NULL, "192.0.2.0/24"},
        {"255.255.255.255/1", NULL, "128.0.0.0/1"},
        {"0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0"},
        {"1.2.3.4/0", NULL, "0.0.0.0/0"},
        {"10.0.0.0/9", "10.0.0.0/9", "10.0.0.0/9"},
        {"10.64.0.0/9", NULL, "10.0.0.0/9"},
        {"2001:db8::/32", "2001:db8::/32", "2001:db8::/32"},
        {"2001:db8::1/32", NULL, "2001:db8::/32"},
        {"2001:db8::1", "2001:db8::1/128", "2001:db8::1/128"},
        {"::/0", "::/0", "::/0"},
        {"::ffff:192.0.2.0/120", "192.0.2.0/24", "192.0.2.0/24"},
        {"::ffff:0:0/96", "0.0.0.0/0", "0.0.0.0/0"},
        {"192.0.2.0/33", NULL, NULL},
        {"::/129", NULL, NULL},
        {"192.0.2.0/", NULL, NULL},
        {"192.0.2.0/024", NULL, NULL},
        {"192.0.2.0/-1", NULL, NULL},
        {"192.0.2.0/24/24", NULL, NULL},
        {"192.0.2.0/255.255.255.0", NULL, NULL},
        {"/24", NULL, NULL},
        {"", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (int clear = 0; clear < 2; clear++) {
            struct addr_prefix p;
            char out[ADDR_TEXT_MAX];
            const char *wanted = clear ? cases[i].cleared : cases[i].strict;
            assert_int_equal(addr_parse_prefix(slice_str(cases[i].text), clear, &p),
                             wanted != NULL);
            if (!wanted)
                continue;
            assert_int_equal(addr_prefix_text(&p, out), strlen(wanted));
            assert_string_equal(out, wanted);
        }
    }
}

static void writes_lone_addresses_without_a_length(void **state)
{
    static const char *const texts[] = {"192.0.2.1", "192.0.2.0/24", "2001:db8::1",
                                        "2001:db8::/64"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct addr_prefix p;
        char out[ADDR_PREFIX_TEXT_MAX];
        assert_true(addr_parse_prefix(slice_str(texts[i]), false, &p));
        assert_int_equal(addr_prefix_text_short(&p, out), strlen(texts[i]));
        assert_string_equal(out, texts[i]);
    }
}

static void finds_addresses_in_prefixes(void **state)
{
    static const struct {
        const char *prefix, *address;
        bool has;
    } cases[] = {
        {"192.0.2.0/24", "192.0.2.255", true},
        {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.0/31", "192.0.2.1", true},
        {"192.0.2.0/31", "192.0.2.2", false},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.6", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"::/0", "2001:db8::1", true},
        {"::1", "::1", true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct addr_prefix p;
        struct addr a = parsed(cases[i].address);
        assert_true(addr_parse_prefix(slice_str(cases[i].prefix), false, &p));
        assert_int_equal(addr_prefix_has(&p, &a), cases[i].has);
    }
}

static void cuts_addresses_to_prefixes(void **state)
{
    static const struct {
        const char *address;
        unsigned bits;
        const char *prefix;
    } cases[] = {
        {"192.0.2.255", 128, "192.0.2.255/32"},  {"192.0.2.255", 121, "192.0.2.128/25"},
        {"192.0.2.255", 96, "0.0.0.0/0"},        {"2001:db8:1:2::3", 64, "2001:db8:1:2::/64"},
        {"2001:db8:f::", 45, "2001:db8:8::/45"}, {"ffff::1", 0, "::/0"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct addr a = parsed(cases[i].address);
        struct addr_prefix p = addr_prefix_of(&a, cases[i].bits);
        char text[ADDR_TEXT_MAX + 4];
        (void)addr_prefix_text(&p, text);
        assert_string_equal(text, cases[i].prefix);
        assert_true(addr_prefix_has(&p, &a));
    }
}

static void keeps_unix_peers_apart(void **state)
{
    struct addr peer = {.is_unix = true}, any = parsed("::");
    struct addr_prefix all = {0};
    char out[ADDR_TEXT_MAX];
    (void)state;
    assert_false(addr_eq(&peer, &any));
    assert_false(addr_prefix_has(&all, &peer));
    assert_true(addr_prefix_has(&all, &any));
    assert_false(addr_is_loopback(&peer));
    assert_false(addr_is_v4(&peer));
    assert_int_equal(addr_text(&peer, out), 5);
    assert_string_equal(out, "unix:");
}

static void knows_loopback(void **state)
{
    static const struct {
        const char *text;
        bool is_loopback;
    } cases[] = {
        {"127.0.0.1", true}, {"127.255.0.9", true}, {"::1", true},      {"128.0.0.1", false},
        {"::2", false},      {"::", false},         {"0.0.0.0", false}, {"7f00::1", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct addr a = parsed(cases[i].text);
        assert_int_equal(addr_is_loopback(&a), cases[i].is_loopback);
    }
}

// Random addresses with many zero groups: our text is read back by us and by the C library as the
// same address.
static void reads_every_address_it_writes(void **state)
{
    struct dice dice = {.state = 13};
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct addr a = {0};
        unsigned char library[16];
        char out[ADDR_TEXT_MAX];
        for (size_t i = 0; i < 16; i++)
            a.bytes[i] = dice_below(&dice, 3) ? 0 : (uint8_t)dice_below(&dice, 256);
        size_t len = addr_text(&a, out);
        assert_int_equal(len, strlen(out));
        struct addr back = parsed(out);
        assert_true(addr_eq(&a, &back));
        if (addr_is_v4(&a))
            continue;
        assert_int_equal(inet_pton(AF_INET6, out, library), 1);
        assert_memory_equal(library, a.bytes, 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_canonical_text),
        cmocka_unit_test(refuses_what_is_no_address),
        cmocka_unit_test(reads_ports),
        cmocka_unit_test(writes_ports_as_they_are_read),
        cmocka_unit_test(reads_prefixes),
        cmocka_unit_test(writes_lone_addresses_without_a_length),
        cmocka_unit_test(finds_addresses_in_prefixes),
        cmocka_unit_test(cuts_addresses_to_prefixes),
        cmocka_unit_test(keeps_unix_peers_apart),
        cmocka_unit_test(knows_loopback),
        cmocka_unit_test(reads_every_address_it_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

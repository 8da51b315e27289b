// SPDX-License-Identifier: Apache-2.0
#include "io/proxy_protocol.h"

#include <stdio.h>

#include "support/edge.h"
#include "support/unit.h"

#define V2_SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V4_BLOCK     "\xc0\x00\x02\x01\xc6\x33\x64\x02\x1f\x90\x01\xbb"

struct good {
    const char *name;
    struct slice octets;
    const char *source, *destination; // NULL: local
    unsigned source_port, destination_port;
};

static const struct good accepted[] = {
    {"v1 IPv4", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 8080 443\r\n"), "192.0.2.1",
     "198.51.100.2", 8080, 443},
    {"v1 IPv6", SLICE_INIT("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n"), "2001:db8::1",
     "2001:db8::2", 1, 65535},
    {"v1 longest IPv6",
     SLICE_INIT("PROXY TCP6 ffff:f00f:ffff:ffff:ffff:ffff:ffff:ffff "
                "ffff:f00f:ffff:ffff:ffff:ffff:ffff:fff1 65535 65535\r\n"),
     "ffff:f00f:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:f00f:ffff:ffff:ffff:ffff:ffff:fff1", 65535,
     65535},
    {"v1 port 0", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 0 0\r\n"), "192.0.2.1",
     "198.51.100.2", 0, 0},
    {"v1 unknown", SLICE_INIT("PROXY UNKNOWN\r\n"), NULL, NULL, 0, 0},
    {"v1 unknown with more", SLICE_INIT("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n"), NULL,
     NULL, 0, 0},
    {"v2 IPv4", SLICE_INIT(V2_SIGNATURE "\x21\x11\x00\x0c" V4_BLOCK), "192.0.2.1", "198.51.100.2",
     8080, 443},
    {"v2 IPv6",
     SLICE_INIT(V2_SIGNATURE "\x21\x21\x00\x24"
                             "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
                             "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x00\x50\x01\xbb"),
     "2001:db8::1", "2001:db8::2", 80, 443},
    {"v2 with TLVs",
     SLICE_INIT(V2_SIGNATURE "\x21\x11\x00\x17" V4_BLOCK "\x01\x00\x02h2\x04\x00\x03pad"),
     "192.0.2.1", "198.51.100.2", 8080, 443},
    {"v2 LOCAL", SLICE_INIT(V2_SIGNATURE "\x20\x00\x00\x00"), NULL, NULL, 0, 0},
    {"v2 LOCAL with anything", SLICE_INIT(V2_SIGNATURE "\x20\x7f\x00\x02zz"), NULL, NULL, 0, 0},
    {"v2 PROXY of unspecified family", SLICE_INIT(V2_SIGNATURE "\x21\x00\x00\x00"), NULL, NULL, 0,
     0},
};

struct bad {
    const char *name;
    struct slice octets;
};

static const struct bad refused[] = {
    {"HTTP", SLICE_INIT("GET / HTTP/1.1\r\n")},
    {"TLS", SLICE_INIT("\x16\x03\x01\x02")},
    {"lower case", SLICE_INIT("proxy TCP4 192.0.2.1 198.51.100.2 8080 443\r\n")},
    {"LF alone", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 8080 443\n")},
    {"no words", SLICE_INIT("PROXY \r\n")},
    {"only LF behind the start", SLICE_INIT("PROXY \n")},
    {"two spaces", SLICE_INIT("PROXY TCP4  192.0.2.1 198.51.100.2 8080 443\r\n")},
    {"space at the end", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 8080 443 \r\n")},
    {"tab", SLICE_INIT("PROXY TCP4\t192.0.2.1 198.51.100.2 8080 443\r\n")},
    {"missing port", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 8080\r\n")},
    {"zero before port", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 080 443\r\n")},
    {"large port", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n")},
    {"signed port", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 +80 443\r\n")},
    {"empty port", SLICE_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 80 \r\n")},
    {"IPv6 as TCP4", SLICE_INIT("PROXY TCP4 ::1 ::1 80 443\r\n")},
    {"mapped IPv4 as TCP4", SLICE_INIT("PROXY TCP4 ::ffff:192.0.2.1 192.0.2.2 80 443\r\n")},
    {"IPv4 as TCP6", SLICE_INIT("PROXY TCP6 192.0.2.1 192.0.2.2 80 443\r\n")},
    {"zero before octet", SLICE_INIT("PROXY TCP4 192.0.2.01 192.0.2.2 80 443\r\n")},
    {"other family", SLICE_INIT("PROXY UDP4 192.0.2.1 192.0.2.2 80 443\r\n")},
    {"lower-case family", SLICE_INIT("PROXY unknown\r\n")},
    {"UNKNOWN glued", SLICE_INIT("PROXY UNKNOWNX\r\n")},
    {"NUL", SLICE_INIT("PROXY UNKNOWN \0\r\n")},
    {"CR inside", SLICE_INIT("PROXY UNKNOWN \r \r\n")},
    {"v2 version 1", SLICE_INIT(V2_SIGNATURE "\x11\x11\x00\x0c" V4_BLOCK)},
    {"v2 unknown command", SLICE_INIT(V2_SIGNATURE "\x22\x11\x00\x0c" V4_BLOCK)},
    {"v2 datagram", SLICE_INIT(V2_SIGNATURE "\x21\x12\x00\x0c" V4_BLOCK)},
    {"v2 unknown family", SLICE_INIT(V2_SIGNATURE "\x21\x41\x00\x0c" V4_BLOCK)},
    {"v2 short block", SLICE_INIT(V2_SIGNATURE "\x21\x11\x00\x0b" V4_BLOCK)},
    {"v2 too long", SLICE_INIT(V2_SIGNATURE "\x21\x11\x0f\xf1" V4_BLOCK)},
    {"v2 truncated TLV", SLICE_INIT(V2_SIGNATURE "\x21\x11\x00\x0e" V4_BLOCK "\x01\x00")},
    {"v2 TLV beyond the end", SLICE_INIT(V2_SIGNATURE "\x21\x11\x00\x10" V4_BLOCK "\x01\x00\x02h")},
    {"v2 wrong checksum",
     SLICE_INIT(V2_SIGNATURE "\x21\x11\x00\x13" V4_BLOCK "\x03\x00\x04\0\0\0\0")},
    {"v2 short checksum",
     SLICE_INIT(V2_SIGNATURE "\x21\x11\x00\x12" V4_BLOCK "\x03\x00\x03\0\0\0")},
};

static void check_address(const struct addr *got, const char *address, unsigned port)
{
    struct addr wanted;
    assert_true(addr_parse(slice_str(address), &wanted));
    assert_true(addr_eq(got, &wanted));
    assert_int_equal(got->port, port);
}

static void accepts_well_formed_headers_however_cut(void **state)
{
    (void)state;
    struct proxy_header h;
    for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
        const struct good *c = &accepted[i];
        print_message("%s\n", c->name);
        for (size_t cut = 0; cut < c->octets.len; cut++)
            assert_int_equal(proxy_header_parse(slice_first(c->octets, cut), &h),
                             PROXY_HEADER_MORE);
        assert_int_equal(proxy_header_parse(c->octets, &h), PROXY_HEADER_DONE);
        assert_int_equal(h.len, c->octets.len);
        assert_int_equal(h.is_local, c->source == NULL);
        if (!c->source)
            continue;
        check_address(&h.source, c->source, c->source_port);
        check_address(&h.destination, c->destination, c->destination_port);
    }
}

static void leaves_what_follows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
        char both[300];
        struct proxy_header h;
        memcpy(both, accepted[i].octets.ptr, accepted[i].octets.len);
        memcpy(both + accepted[i].octets.len, "\x16\x03\x01\r\n", 5);
        assert_int_equal(proxy_header_parse(slice_of(both, accepted[i].octets.len + 5), &h),
                         PROXY_HEADER_DONE);
        assert_int_equal(h.len, accepted[i].octets.len);
    }
}

// A refusal may come early, but only where the whole is refused; more never turns into done.
static void refuses_malformed_headers_however_cut(void **state)
{
    (void)state;
    struct proxy_header h;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        print_message("%s\n", refused[i].name);
        for (size_t cut = 0; cut < refused[i].octets.len; cut++)
            assert_int_not_equal(proxy_header_parse(slice_first(refused[i].octets, cut), &h),
                                 PROXY_HEADER_DONE);
        assert_int_equal(proxy_header_parse(refused[i].octets, &h), PROXY_HEADER_BAD);
        assert_non_null(h.why);
    }
}

static void reads_no_octet_beyond_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accepted) + ARRAY_LEN(refused); i++) {
        struct slice octets =
            i < ARRAY_LEN(accepted) ? accepted[i].octets : refused[i - ARRAY_LEN(accepted)].octets;
        for (size_t cut = 0; cut <= octets.len; cut++) {
            struct edge edge = edge_copy(slice_first(octets, cut));
            struct proxy_header h;
            enum proxy_header_result result = proxy_header_parse(edge.text, &h);
            assert_true(result == PROXY_HEADER_MORE || result == PROXY_HEADER_DONE ||
                        result == PROXY_HEADER_BAD);
            edge_free(&edge);
        }
    }
}

static void refuses_an_endless_line(void **state)
{
    (void)state;
    char line[120];
    struct proxy_header h;
    memset(line, 'x', sizeof(line));
    memcpy(line, "PROXY UNKNOWN ", 14);
    assert_int_equal(proxy_header_parse(slice_of(line, 106), &h), PROXY_HEADER_MORE);
    assert_int_equal(proxy_header_parse(slice_of(line, 107), &h), PROXY_HEADER_BAD);
    line[105] = '\r';
    line[106] = '\n';
    assert_int_equal(proxy_header_parse(slice_of(line, 107), &h), PROXY_HEADER_DONE);
    line[105] = 'x';
    line[106] = '\r';
    line[107] = '\n';
    assert_int_equal(proxy_header_parse(slice_of(line, 108), &h), PROXY_HEADER_BAD);
}

// CRC-32C of RFC 3720, bit by bit with the polynomial unreflected, so that it shares nothing with
// the parser's.
static uint32_t crc32c(const char *octets, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len * 8; i++) {
        unsigned bit = (unsigned)(unsigned char)octets[i / 8] >> (i % 8) & 1u;
        unsigned top = crc >> 31;
        crc <<= 1;
        if (top != bit)
            crc ^= UINT32_C(0x1edc6f41);
    }
    uint32_t reflected = 0;
    for (unsigned i = 0; i < 32; i++)
        reflected |= ((crc >> i) & 1u) << (31 - i);
    return reflected ^ UINT32_MAX;
}

static void verifies_the_checksum(void **state)
{
    (void)state;
    assert_int_equal(crc32c("123456789", 9), 0xe3069283);
    char header[] =
        V2_SIGNATURE "\x21\x11\x00\x1b" V4_BLOCK "\x03\x00\x04\0\0\0\0\x04\x00\x05xxxxx";
    size_t len = sizeof(header) - 1;
    uint32_t crc = crc32c(header, len);
    for (unsigned i = 0; i < 4; i++)
        header[31 + i] = (char)(crc >> (24 - 8 * i));
    struct proxy_header h;
    assert_int_equal(proxy_header_parse(slice_of(header, len), &h), PROXY_HEADER_DONE);
    for (size_t i = 16; i < len; i++) {
        if (i == 28)
            continue; // the type: without a checksum there is none to verify
        header[i] ^= 1;
        assert_int_not_equal(proxy_header_parse(slice_of(header, len), &h), PROXY_HEADER_DONE);
        header[i] ^= 1;
    }
}

static void knows_unix_peers(void **state)
{
    (void)state;
    char header[16 + 216] = V2_SIGNATURE "\x21\x31\x00";
    header[15] = (char)216;
    struct proxy_header h;
    assert_int_equal(proxy_header_parse(slice_of(header, sizeof(header)), &h), PROXY_HEADER_DONE);
    assert_true(h.source.is_unix);
    assert_false(h.is_local);
}

static struct addr parsed(const char *text)
{
    struct addr a;
    assert_true(addr_parse_with_port(slice_str(text), false, &a));
    return a;
}

static void written_headers_parse_back(void **state)
{
    static const struct {
        const char *source, *destination, *told;
    } cases[] = {
        {"192.0.2.1:4711", "198.51.100.2:443", "198.51.100.2"},
        {"192.0.2.1:4711", "[::]:443", "0.0.0.0"}, // of another family: the port alone
        {"[2001:db8::1]:1", "[2001:db8::2]:65535", "2001:db8::2"},
        {"[2001:db8::1]:1", "192.0.2.9:80", "::"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char storage[PROXY_HEADER_WRITTEN_MAX], text[ADDR_TEXT_MAX];
        struct proxy_facts facts = {.source = parsed(cases[i].source),
                                    .destination = parsed(cases[i].destination)};
        struct buf out;
        struct proxy_header header;
        buf_init(&out, storage, sizeof(storage));
        proxy_header_write(&out, &facts);
        assert_false(out.failed);
        assert_int_equal(proxy_header_parse(buf_view(&out), &header), PROXY_HEADER_DONE);
        assert_int_equal(header.len, out.len);
        assert_true(addr_eq(&header.source, &facts.source));
        assert_int_equal(header.source.port, facts.source.port);
        addr_text(&header.destination, text);
        assert_string_equal(text, cases[i].told);
        assert_int_equal(header.destination.port, facts.destination.port);
    }
}

static void writes_tls_facts_octet_by_octet(void **state)
{
    static const char wanted[] = V2_SIGNATURE "\x21\x11\x00\x3b" V4_BLOCK "\x01\x00\x02h2"
                                              "\x02\x00\x05"
                                              "a.org"
                                              "\x20\x00\x18\x01\0\0\0\x01"
                                              "\x21\x00\x07TLSv1.3"
                                              "\x23\x00\x06"
                                              "CIPHER"
                                              "\x03\x00\x04";
    char storage[PROXY_HEADER_WRITTEN_MAX];
    struct proxy_header header;
    struct buf out;
    const struct proxy_facts facts = {
        .source = parsed("192.0.2.1:8080"),
        .destination = parsed("198.51.100.2:443"),
        .is_tls = true,
        .tls_version = SLICE("1.3"),
        .tls_cipher = SLICE("CIPHER"),
        .alpn = SLICE("h2"),
        .authority = SLICE("a.org"),
    };
    (void)state;
    buf_init(&out, storage, sizeof(storage));
    proxy_header_write(&out, &facts);
    assert_int_equal(out.len,
                     sizeof(wanted) - 1 + 4); // and the checksum, which the parser verifies
    assert_memory_equal(out.data, wanted, sizeof(wanted) - 1);
    assert_int_equal(proxy_header_parse(buf_view(&out), &header), PROXY_HEADER_DONE);
}

static void writes_within_its_bound(void **state)
{
    char storage[PROXY_HEADER_WRITTEN_MAX], text[1000];
    struct proxy_header header;
    struct buf out;
    memset(text, 'x', sizeof(text));
    struct slice any = slice_of(text, sizeof(text));
    const struct proxy_facts facts = {.source = parsed("[2001:db8::1]:1"),
                                      .is_tls = true,
                                      .tls_version = any,
                                      .tls_cipher = any,
                                      .alpn = any,
                                      .authority = any};
    (void)state;
    buf_init(&out, storage, sizeof(storage));
    proxy_header_write(&out, &facts);
    assert_false(out.failed);
    assert_int_equal(proxy_header_parse(buf_view(&out), &header), PROXY_HEADER_DONE);
    buf_init(&out, storage, 60);
    proxy_header_write(&out, &facts);
    assert_true(out.failed);
}

static void writes_for_itself(void **state)
{
    static const char wanted[] = V2_SIGNATURE "\x20\x00\x00\x00";
    char storage[PROXY_HEADER_WRITTEN_MAX];
    struct proxy_facts unix_peer = {.source = {.is_unix = true}};
    struct proxy_header header;
    struct buf out;
    (void)state;
    buf_init(&out, storage, sizeof(storage));
    proxy_header_write(&out, NULL);
    assert_int_equal(out.len, sizeof(wanted) - 1);
    assert_memory_equal(out.data, wanted, out.len);
    buf_init(&out, storage, sizeof(storage));
    proxy_header_write(&out, &unix_peer);
    assert_int_equal(proxy_header_parse(buf_view(&out), &header), PROXY_HEADER_DONE);
    assert_true(header.is_local); // no address that could be told
}

static void tells_of_a_certificate_that_was_verified(void **state)
{
    static const char wanted[] = V2_SIGNATURE "\x21\x11\x00\x2a" V4_BLOCK "\x05\x00\x04"
                                              "id42"
                                              "\x20\x00\x0d\x07\0\0\0\0"
                                              "\x22\x00\x05"
                                              "alice"
                                              "\x03\x00\x04";
    char storage[PROXY_HEADER_WRITTEN_MAX];
    struct buf out;
    const struct proxy_facts facts = {
        .source = parsed("192.0.2.1:8080"),
        .destination = parsed("198.51.100.2:443"),
        .is_tls = true,
        .is_verified = true,
        .common_name = SLICE("alice"),
        .request_id = SLICE("id42"),
    };
    (void)state;
    buf_init(&out, storage, sizeof(storage));
    proxy_header_write(&out, &facts);
    assert_int_equal(out.len, sizeof(wanted) - 1 + 4);
    assert_memory_equal(out.data, wanted, sizeof(wanted) - 1);
}

static void longest_texts_fit(void **state)
{
    static char text[4096];
    char storage[PROXY_HEADER_WRITTEN_MAX];
    struct buf out;
    struct proxy_header header;
    memset(text, 'a', sizeof(text));
    struct slice longest = slice_of(text, sizeof(text));
    const struct proxy_facts facts = {
        .source = parsed("[2001:db8::1]:1"),
        .destination = parsed("[2001:db8::2]:2"),
        .is_tls = true,
        .is_verified = true,
        .tls_version = longest,
        .tls_cipher = longest,
        .alpn = longest,
        .authority = longest,
        .common_name = longest,
        .request_id = longest,
    };
    (void)state;
    buf_init(&out, storage, sizeof(storage));
    proxy_header_write(&out, &facts);
    assert_false(out.failed);
    assert_int_equal(proxy_header_parse(buf_view(&out), &header), PROXY_HEADER_DONE);
    struct proxy_facts few = facts;
    few.addresses_alone = true;
    buf_reset(&out);
    proxy_header_write(&out, &few);
    assert_int_equal(out.len, 16 + 36 + 7); // with the checksum
    assert_int_equal(proxy_header_parse(buf_view(&out), &header), PROXY_HEADER_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_well_formed_headers_however_cut),
        cmocka_unit_test(leaves_what_follows),
        cmocka_unit_test(refuses_malformed_headers_however_cut),
        cmocka_unit_test(reads_no_octet_beyond_the_end),
        cmocka_unit_test(refuses_an_endless_line),
        cmocka_unit_test(verifies_the_checksum),
        cmocka_unit_test(knows_unix_peers),
        cmocka_unit_test(written_headers_parse_back),
        cmocka_unit_test(tells_of_a_certificate_that_was_verified),
        cmocka_unit_test(longest_texts_fit),
        cmocka_unit_test(writes_tls_facts_octet_by_octet),
        cmocka_unit_test(writes_within_its_bound),
        cmocka_unit_test(writes_for_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

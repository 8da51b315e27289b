// SPDX-License-Identifier: Apache-2.0
#include "tls/client_hello.h"

#include <string.h>

#include "support/unit.h"

// The length of the whole and of the extensions is put in when all is there.
struct message {
    char octets[1024];
    size_t len, extensions;
};

static void put(struct message *m, const char *octets, size_t len)
{
    memcpy(m->octets + m->len, octets, len);
    m->len += len;
}

#define PUT(m, text) put((m), (text), sizeof(text) - 1)

static void begin(struct message *m)
{
    *m = (struct message){0};
    PUT(m, "\x01\0\0\0\x03\x03");
    m->len += 32;
    PUT(m, "\x02id\0\x06\x0a\x0a\x13\x01\xc0\x2b\x01\0");
    m->extensions = m->len;
    PUT(m, "\0\0");
}

static struct slice end(struct message *m)
{
    size_t inner = m->len - m->extensions - 2;
    m->octets[m->extensions] = (char)(inner >> 8);
    m->octets[m->extensions + 1] = (char)inner;
    m->octets[2] = (char)((m->len - 4) >> 8);
    m->octets[3] = (char)(m->len - 4);
    return slice_of(m->octets, m->len);
}

static void reads_all_there_is(void **state)
{
    struct message m;
    struct tls_client_hello h;
    begin(&m);
    PUT(&m, "\x1a\x1a\0\0"); // reserved
    PUT(&m, "\0\0\0\x06\0\x04\0\0\x01"
            "a");                                        // server_name
    PUT(&m, "\0\x0d\0\x06\0\x04\x04\x03\x08\x04");       // signature_algorithms
    PUT(&m, "\0\x10\0\x0e\0\x0c\x02h2\x08http/1.1");     // ALPN
    PUT(&m, "\0\x2b\0\x07\x06\x3a\x3a\x03\x04\x03\x03"); // supported_versions
    assert_true(tls_client_hello_read(end(&m), &h));
    assert_int_equal(h.version, 0x0304);
    assert_true(h.has_server_name);
    assert_int_equal(h.ciphers.count, 2);
    assert_int_equal(h.ciphers.items[1], 0xc02b);
    assert_int_equal(h.extensions.count, 4);
    assert_int_equal(h.extensions.items[3], 43);
    assert_int_equal(h.signatures.count, 2);
    assert_int_equal(h.signatures.items[0], 0x0403);
    ASSERT_SLICE(h.first_protocol, SLICE("h2"));
    (void)state;
}

static void reads_one_without_extensions(void **state)
{
    struct message m;
    struct tls_client_hello h;
    begin(&m);
    m.len -= 2;
    m.octets[3] = (char)(m.len - 4);
    assert_true(tls_client_hello_read(slice_of(m.octets, m.len), &h));
    assert_int_equal(h.version, 0x0303);
    assert_int_equal(h.extensions.count, 0);
    (void)state;
}

static void refuses_every_part_of_one(void **state)
{
    struct message m;
    struct tls_client_hello h;
    begin(&m);
    PUT(&m, "\0\x2b\0\x03\x02\x03\x04");
    struct slice whole = end(&m);
    assert_true(tls_client_hello_read(whole, &h));
    for (size_t len = 0; len < whole.len; len++)
        assert_false(tls_client_hello_read(slice_first(whole, len), &h));
    m.octets[0] = 2;
    assert_false(tls_client_hello_read(whole, &h));
    m.octets[0] = 1;
    m.octets[m.extensions + 1]++; // one octet more than there is
    assert_false(tls_client_hello_read(whole, &h));
    (void)state;
}

static void bounds_its_lists(void **state)
{
    static char octets[4 + 2 + 32 + 1 + 2 + 4000 + 2];
    struct tls_client_hello h;
    size_t len = sizeof(octets);
    octets[0] = 1;
    octets[2] = (char)((len - 4) >> 8);
    octets[3] = (char)(len - 4);
    octets[39] = (char)(4000 >> 8);
    octets[40] = (char)(4000 & 0xff);
    octets[len - 2] = 1;
    assert_true(tls_client_hello_read(slice_of(octets, len), &h));
    assert_int_equal(h.ciphers.count, TLS_HELLO_LIST_MAX);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_there_is),
        cmocka_unit_test(reads_one_without_extensions),
        cmocka_unit_test(refuses_every_part_of_one),
        cmocka_unit_test(bounds_its_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Values that others have published for known programs.
#include "tls/ja4.h"

#include <string.h>

#include "support/unit.h"

static void take(struct tls_number_list *list, const uint16_t *items, size_t count)
{
    memcpy(list->items, items, count * sizeof(items[0]));
    list->count = count;
}

#define TAKE(list, ...)                                                                            \
    take(&(list), (const uint16_t[]){__VA_ARGS__},                                                 \
         sizeof((const uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t))

// The example of the specification: Chrome over TCP.
static void is_that_of_chrome(void **state)
{
    struct tls_client_hello h = {
        .version = 0x0304, .has_server_name = true, .first_protocol = SLICE_INIT("h2")};
    char out[TLS_JA4_LEN + 1];
    TAKE(h.ciphers, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
         0xc014, 0x009c, 0x009d, 0x002f, 0x0035);
    TAKE(h.extensions, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005,
         0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015);
    TAKE(h.signatures, 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601);
    assert_true(tls_ja4(EVP_sha256(), &h, out));
    assert_string_equal(out, "t13d1516h2_8daaf6152771_e5627efa2ab1");
    (void)state;
}

static void shows_odd_protocols_in_hex(void **state)
{
    static const struct {
        struct slice protocol;
        char shown[3];
    } cases[] = {
        {SLICE_INIT("http/1.1"), "h1"}, {SLICE_INIT("h2"), "h2"},
        {SLICE_INIT(""), "00"},         {SLICE_INIT("\xab"), "ab"},
        {SLICE_INIT("\xab\xcd"), "ad"}, {SLICE_INIT("\x30\xab"), "3b"},
        {SLICE_INIT("h"), "hh"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tls_client_hello h = {.version = 0x0303, .first_protocol = cases[i].protocol};
        char out[TLS_JA4_LEN + 1];
        assert_true(tls_ja4(EVP_sha256(), &h, out));
        assert_memory_equal(out, "t12i0000", 8);
        assert_memory_equal(out + 8, cases[i].shown, 2);
        assert_string_equal(out + 10, "_000000000000_000000000000");
    }
    (void)state;
}

static void leaves_no_mark_without_signatures(void **state)
{
    struct tls_client_hello h = {.version = 0x0302};
    char with[TLS_JA4_LEN + 1], without[TLS_JA4_LEN + 1];
    TAKE(h.ciphers, 0x002f);
    TAKE(h.extensions, 0x000a, 0x0000, 0x0010);
    assert_true(tls_ja4(EVP_sha256(), &h, without));
    assert_memory_equal(without, "t11i0103", 8);
    TAKE(h.signatures, 0x0403);
    assert_true(tls_ja4(EVP_sha256(), &h, with));
    assert_string_not_equal(with, without);
    // SHA-256 of "000a" begins so.
    assert_string_equal(without + 24, "a8f3e973773c");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_that_of_chrome),
        cmocka_unit_test(shows_odd_protocols_in_hex),
        cmocka_unit_test(leaves_no_mark_without_signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

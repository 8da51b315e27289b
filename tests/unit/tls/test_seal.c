// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <string.h>

#include "base/ascii.h"
#include "tls/seal.h"

static void unhex(const char *text, unsigned char *out)
{
    for (; *text; text += 2)
        *out++ = (unsigned char)(ascii_hex(text[0]) << 4 | ascii_hex(text[1]));
}

static void hashes_as_published(void **state)
{
    const struct slice abc[] = {SLICE("a"), SLICE(""), SLICE("bc")};
    const struct slice want[] = {SLICE("what do ya want "), SLICE("for nothing?")};
    unsigned char out[TLS_SEAL_HASH_LEN], right[TLS_SEAL_HASH_LEN];
    tls_seal_sha256(abc, 3, out); // FIPS 180-2, B.1
    unhex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", right);
    assert_memory_equal(out, right, sizeof(out));
    tls_seal_hmac(SLICE("Jefe"), want, 2, out); // RFC 4231, 4.3
    unhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", right);
    assert_memory_equal(out, right, sizeof(out));
    (void)state;
}

static void signs_as_published(void **state)
{
    unsigned char seed[32], key[32], right[64], out[64];
    // RFC 8032, 7.1, test 2
    unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", seed);
    unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", key);
    unhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
          "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
          right);
    assert_true(tls_seal_sign(seed, SLICE("\x72"), out));
    assert_memory_equal(out, right, sizeof(out));
    assert_true(tls_seal_verify(key, SLICE("\x72"), out));
    assert_false(tls_seal_verify(key, SLICE("\x73"), out));
    out[5] ^= 1;
    assert_false(tls_seal_verify(key, SLICE("\x72"), out));
    (void)state;
}

// The keys of the same test, as PEM (RFC 8410).
#define PRIVATE                                                                                    \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"                           \
    "-----END PRIVATE KEY-----\n"

static void reads_keys(void **state)
{
    unsigned char seed[32], key[32], out[32];
    unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", seed);
    unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", key);
    assert_true(tls_seal_private_key(SLICE(PRIVATE), out));
    assert_memory_equal(out, seed, sizeof(seed));
    assert_true(tls_seal_public_key(SLICE(PRIVATE), out));
    assert_memory_equal(out, key, sizeof(key));
    assert_false(tls_seal_private_key(SLICE("nothing"), out));
    assert_false(tls_seal_public_key(SLICE(""), out));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_as_published),
        cmocka_unit_test(signs_as_published),
        cmocka_unit_test(reads_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

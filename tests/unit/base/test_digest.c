// SPDX-License-Identifier: Apache-2.0
// The vectors of the RFCs, and texts around the lengths at which padding takes one block more.
#include "support/unit.h"

#include <stdio.h>

#include "base/digest.h"

struct vector {
    const char *text, *md5, *sha1;
};

static void assert_hex(const unsigned char *digest, size_t len, const char *expected)
{
    char hex[2 * DIGEST_SHA1_LEN + 1];
    for (size_t i = 0; i < len; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(hex, expected);
}

static void assert_digests(struct slice text, const char *md5, const char *sha1)
{
    unsigned char digest[DIGEST_SHA1_LEN];
    digest_md5(text, digest);
    assert_hex(digest, DIGEST_MD5_LEN, md5);
    digest_sha1(text, digest);
    assert_hex(digest, DIGEST_SHA1_LEN, sha1);
}

static void knows_the_vectors_of_the_standards(void **state)
{
    static const struct vector vectors[] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
        {"a", "0cc175b9c0f1b6a831c399e269772661", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0",
         "c12252ceda8be8994d5fa0290a47231c1d16aae3"},
        {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b",
         "32d10c7b8cf96570ca04ce37f2a19d84240d3a89"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "8215ef0796a20bcaaae116d3876c664a", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a", "50abf5706a150990a08b2c5ea40fa0e585554732"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        assert_digests(slice_str(vectors[i].text), vectors[i].md5, vectors[i].sha1);
    assert_digests((struct slice){0}, vectors[0].md5, vectors[0].sha1);
}

static void pads_texts_of_every_length(void **state)
{
    static const struct {
        size_t len;
        const char *md5, *sha1;
    } lengths[] = {
        {55, "04364420e25c512fd958a70738aa8f72", "cef734ba81a024479e09eb5a75b6ddae62e6abf1"},
        {56, "668a72d5ba17f08e62dabcafad6db14b", "901305367c259952f4e7af8323f480d59f81335b"},
        {63, "7dc2ca208106a2f703567bdff99d8981", "0ddc4e0cccd9a12850deb5abb0853a4425559fec"},
        {64, "c1bb4f81d892b2d57947682aeb252456", "bb2fa3ee7afb9f54c6dfb5d021f14b1ffe40c163"},
        {65, "1bc932052302d074bdec39795fe00cf6", "78c741ddc482e4cdf8c474a0876347a0905b6233"},
        {119, "ab347a5f68c8a443cfcddc633f12c24f", "4300320394f7ee239bcdce7d3b8bcee173a0cd5c"},
        {120, "fb98667f98096de92620b64f46e1c5b5", "ceb2821639c4b6dcb10bce0e522ca2e608ce056d"},
        {128, "d69cb61a6ee87200676eb0d4b90edbcb", "150fa3fbdc899bd0b8f95a9fb6027f564d953762"},
        {200, "30a83621ce5422fbdfdd539777458c78", "94218caae9904e93a3d7bf578bf4791926fc5e82"},
    };
    char text[200];
    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        assert_digests(slice_of(text, lengths[i].len), lengths[i].md5, lengths[i].sha1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_vectors_of_the_standards),
        cmocka_unit_test(pads_texts_of_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

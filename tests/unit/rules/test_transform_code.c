// SPDX-License-Identifier: Apache-2.0
// Base64, hexadecimal digits, lengths and digests.
#include "unit/rules/transform_cases.h"

static const struct transform_case cases[] = {
    CASE(BASE64_DECODE, "VGVzdENhc2U=", "TestCase"),
    CASE(BASE64_DECODE, "VGVzdENhc2Ux", "TestCase1"),
    CASE(BASE64_DECODE, "VGVzdENhc2UxMg==", "TestCase12"),
    CASE(BASE64_DECODE, "VGVzdENhc2UxMg", "TestCase12"),
    CASE(BASE64_DECODE, "+/8=", "\xfb\xff"),
    CASE(BASE64_DECODE, "VGVz dENhc2U=", "Tes"),
    CASE(BASE64_DECODE, "VGVzd", "Tes"),
    CASE(BASE64_DECODE, "VA==VA==", "T"),
    CASE(BASE64_DECODE, "!", ""),
    CASE(BASE64_DECODE_EXT, "V.G V\nz\0dENh(c2U", "TestCase"),
    CASE(BASE64_DECODE_EXT, "VA=VG", "T\x05\x46"),
    CASE(BASE64_DECODE_EXT, "PHNjcmlwdD4", "<script>"),
    CASE(BASE64_ENCODE, "TestCase", "VGVzdENhc2U="),
    CASE(BASE64_ENCODE, "\0\xff", "AP8="),
    CASE(BASE64_ENCODE, "", ""),
    CASE(HEX_DECODE, "3c536352", "<ScR"),
    CASE(HEX_DECODE, "3C5", "<"),
    CASE(HEX_DECODE, "0z4141",
         "\x23"
         "AA"),
    CASE(HEX_DECODE, "4", ""),
    CASE(HEX_ENCODE, "<\0\xff", "3c00ff"),
    CASE(HEX_ENCODE, "", ""),
    CASE(SQL_HEX_DECODE, "id=0x61646D696e or 0X41", "id=admin or A"),
    CASE(SQL_HEX_DECODE, "0x414 00x42", "A4 0B"),
    KEPT(SQL_HEX_DECODE, "0x 0x4 0xg1 x41 0"),
    CASE(LENGTH, "", "0"),
    CASE(LENGTH, "twelve chars", "12"),
    CASE(MD5, "", "\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e"),
    CASE(MD5, "abc", "\x90\x01\x50\x98\x3c\xd2\x4f\xb0\xd6\x96\x3f\x7d\x28\xe1\x7f\x72"),
    CASE(SHA1, "abc",
         "\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba\x3e\x25\x71\x78\x50\xc2\x6c\x9c\xd0\xd8\x9d"),
};

TRANSFORM_TEST(decodes_and_encodes, cases)

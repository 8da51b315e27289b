// SPDX-License-Identifier: Apache-2.0
// Percent-encoding of octets and of code points.
#include "unit/rules/transform_cases.h"

static const struct transform_case cases[] = {
    CASE(URL_DECODE, "a%20b+c%2", "a b c%2"),
    CASE(URL_DECODE, "%00%ff%zz%", "\0\xff%zz%"),
    CASE(URL_DECODE, "%u0041", "%u0041"),
    KEPT(URL_DECODE, "plain"),
    KEPT(URL_DECODE, ""),
    CASE(URL_DECODE_UNI, "a%20b+c%2", "a b c%2"),
    CASE(URL_DECODE_UNI, "%u0041%U005a%u0000", "AZ\0"),
    // Full-width forms, then what only looks like ASCII.
    CASE(URL_DECODE_UNI, "%uff1cscript%uFF1E%uff01%uff5e", "<script>!~"),
    CASE(URL_DECODE_UNI, "%u2018%u2019%u02b9%u2032%u00b4", "'''''"),
    CASE(URL_DECODE_UNI, "%u201c%u2039%u203a%u3008%u2329", "\"<><<"),
    CASE(URL_DECODE_UNI, "%u00e9%u0161%u017f%u00c0%u00ff", "essAy"),
    CASE(URL_DECODE_UNI, "%u2010%u2028%u2044%u2215%u2216%u2217", "-(//\\*"),
    CASE(URL_DECODE_UNI, "%u00a0%u3000%u202f%u2003", "    "),
    CASE(URL_DECODE_UNI, "%u02c2%u02c3%u02c6%u02c8%u02cb", "<>^'`"),
    CASE(URL_DECODE_UNI, "%u0124%u0134%u0137%u0142%u0150%u0153%u0174%u0178", "HJklOoWY"),
    // Of others the lower half is left.
    CASE(URL_DECODE_UNI, "%u0442%u4e3c", "B<"),
    CASE(URL_DECODE_UNI, "%uff00%uff5f%ufe41", "\0_A"),
    CASE(URL_DECODE_UNI, "%u004%u00g1+%u", "%u004%u00g1 %u"),
    CASE(URL_DECODE_UNI, "%u%41%%u0042", "%uA%B"),
    KEPT(URL_DECODE_UNI, "plain"),
    CASE(UTF8_TO_UNICODE, "caf\xc3\xa9 \xe2\x82\xac", "caf%u00e9 %u20ac"),
    CASE(UTF8_TO_UNICODE, "\xef\xbc\x9c", "%uff1c"),
    CASE(UTF8_TO_UNICODE, "\xf0\x9f\x98\x80.", "%u1f600."),
    // Too long a spelling, and a surrogate: decoders that check nothing take them.
    CASE(UTF8_TO_UNICODE, "\xc0\xbc\xe0\x80\xbc\xed\xa0\x80", "%u003c%u003c%ud800"),
    CASE(UTF8_TO_UNICODE, "\xff\xc3(\xc3\xa4\xe2\x82", "\xff\xc3(%u00e4\xe2\x82"),
    KEPT(UTF8_TO_UNICODE, "plain"),
    KEPT(UTF8_TO_UNICODE, "\xff\x80 \xc3"),
};

TRANSFORM_TEST(undoes_percent_encoding, cases)

// SPDX-License-Identifier: Apache-2.0
// Both digests chew blocks of 64 octets and end with the same padding: a one bit, zeros, and the
// length in bits, which MD5 writes with the least octet first and SHA-1 with the greatest.
#include "base/digest.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>

enum { BLOCK = 64, LENGTH_AT = 56 };

static uint32_t rotate(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

static void feed(struct slice text, bool is_little, uint32_t *state,
                 void (*chew)(uint32_t *state, const unsigned char *block))
{
    unsigned char last[2 * BLOCK] = {0};
    size_t rest = text.len % BLOCK;
    for (size_t i = 0; i + BLOCK <= text.len; i += BLOCK)
        chew(state, (const unsigned char *)text.ptr + i);
    if (rest)
        memcpy(last, text.ptr + text.len - rest, rest);
    last[rest] = 0x80;
    size_t len = rest < LENGTH_AT ? BLOCK : sizeof last;
    uint64_t bits = (uint64_t)text.len * 8;
    bits = is_little ? htole64(bits) : htobe64(bits);
    memcpy(last + len - sizeof bits, &bits, sizeof bits);
    for (size_t i = 0; i < len; i += BLOCK)
        chew(state, last + i);
}

// The integer parts of 2^32 * abs(sin(i + 1)), RFC 1321, 3.4.
static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static void chew_md5(uint32_t *state, const unsigned char *block)
{
    static const unsigned char turns[4][4] = {
        {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    static const unsigned char steps[4] = {1, 5, 3, 7}, starts[4] = {0, 1, 5, 0};
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (unsigned i = 0; i < 64; i++) {
        unsigned round = i / 16;
        uint32_t word, mixed = round == 0   ? (b & c) | (~b & d)
                               : round == 1 ? (d & b) | (~d & c)
                               : round == 2 ? b ^ c ^ d
                                            : c ^ (b | ~d);
        memcpy(&word, block + 4 * ((steps[round] * i + starts[round]) % 16), sizeof word);
        uint32_t sum = a + mixed + sines[i] + le32toh(word);
        a = d;
        d = c;
        c = b;
        b += rotate(sum, turns[round][i % 4]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

void digest_md5(struct slice text, unsigned char out[DIGEST_MD5_LEN])
{
    uint32_t state[] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    feed(text, true, state, chew_md5);
    for (size_t i = 0; i < 4; i++) {
        uint32_t word = htole32(state[i]);
        memcpy(out + 4 * i, &word, sizeof word);
    }
}

static void chew_sha1(uint32_t *state, const unsigned char *block)
{
    static const uint32_t constants[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32_t words[80];
    memcpy(words, block, BLOCK);
    for (unsigned i = 0; i < 80; i++)
        words[i] = i < 16 ? be32toh(words[i])
                          : rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (unsigned i = 0; i < 80; i++) {
        unsigned round = i / 20;
        uint32_t mixed = round == 0   ? (b & c) | (~b & d)
                         : round == 2 ? (b & c) | (b & d) | (c & d)
                                      : b ^ c ^ d;
        uint32_t sum = rotate(a, 5) + mixed + e + words[i] + constants[round];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = sum;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

void digest_sha1(struct slice text, unsigned char out[DIGEST_SHA1_LEN])
{
    uint32_t state[] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    feed(text, false, state, chew_sha1);
    for (size_t i = 0; i < 5; i++) {
        uint32_t word = htobe32(state[i]);
        memcpy(out + 4 * i, &word, sizeof word);
    }
}

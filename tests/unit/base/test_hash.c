// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "base/hash.h"
#include "support/edge.h"

// Values of an independent implementation: CPython 3.11 hashes byte strings with SipHash-1-3
// (hash(b"...") with PYTHONHASHSEED 0, a zero key, and 42, whose key its generator yields).
static void agrees_with_another_implementation(void **state)
{
    static const struct {
        struct hash_key key;
        const char *text;
        uint64_t hash;
    } cases[] = {
        {{0, 0}, "a", 0x407448d2b89b1813u},
        {{0, 0}, "ab", 0x555508cbc6add439u},
        {{0, 0}, "abcdefg", 0x6db12aae9070f506u},
        {{0, 0}, "abcdefgh", 0x3f7b849c0b8e35eau},
        {{0, 0}, "abcdefghi", 0xf89b34a3d11eb6e5u},
        {{0, 0}, "The quick brown fox jumps over the lazy dog", 0x8df676d3d00c451eu},
        {{0xdc504fd368cd90afu, 0xb920bb9ffe99e9c1u}, "a", 0xfe4a47335692551eu},
        {{0xdc504fd368cd90afu, 0xb920bb9ffe99e9c1u}, "0123456789abcdef", 0xfb45b65d4dce0272u},
        {{0xdc504fd368cd90afu, 0xb920bb9ffe99e9c1u},
         "0123456789abcdefghijklmno",
         0x963bb2a991fe5b69u},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct edge e = edge_copy(slice_str(cases[i].text));
        assert_true(hash_bytes(&cases[i].key, e.text.ptr, e.text.len) == cases[i].hash);
        edge_free(&e);
    }
}

static void every_length_and_byte_matters(void **state)
{
    struct hash_key key = {1, 2};
    char text[40] = {0};
    uint64_t seen[sizeof(text)];
    (void)state;
    for (size_t len = 0; len < sizeof(text); len++) {
        seen[len] = hash_bytes(&key, text, len);
        for (size_t i = 0; i < len; i++)
            assert_true(seen[len] != seen[i]);
        if (len == 0)
            continue;
        text[len - 1] = 1;
        assert_true(hash_bytes(&key, text, len) != seen[len]);
        text[len - 1] = 0;
    }
}

static void keys_differ(void **state)
{
    struct hash_key a, b;
    (void)state;
    hash_key_random(&a);
    hash_key_random(&b);
    assert_memory_not_equal(&a, &b, sizeof(a));
    assert_true(hash_bytes(&a, "x", 1) != hash_bytes(&b, "x", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_another_implementation),
        cmocka_unit_test(every_length_and_byte_matters),
        cmocka_unit_test(keys_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

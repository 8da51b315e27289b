// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "base/base64.h"
#include "support/dice.h"
#include "support/edge.h"

struct pair {
    const char *text;
    struct slice bytes;
};

// RFC 4648, 10, and bytes that need the last two digits.
static const struct pair pairs[] = {
    {"", SLICE_INIT("")},
    {"Zg==", SLICE_INIT("f")},
    {"Zm8=", SLICE_INIT("fo")},
    {"Zm9v", SLICE_INIT("foo")},
    {"Zm9vYg==", SLICE_INIT("foob")},
    {"Zm9vYmE=", SLICE_INIT("fooba")},
    {"Zm9vYmFy", SLICE_INIT("foobar")},
    {"+/+/", SLICE_INIT("\xfb\xff\xbf")},
    {"AAA=", SLICE_INIT("\0\0")},
};

static void encodes_and_decodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        char out[16];
        size_t len = 99;
        struct edge e = edge_copy(slice_str(pairs[i].text));
        assert_true(base64_decode(e.text, out, pairs[i].bytes.len, &len));
        ASSERT_SLICE(slice_of(out, len), pairs[i].bytes);
        edge_free(&e);
        assert_int_equal(base64_encoded_len(pairs[i].bytes.len), strlen(pairs[i].text));
        base64_encode(pairs[i].bytes, out);
        ASSERT_SLICE(slice_of(out, strlen(pairs[i].text)), slice_str(pairs[i].text));
    }
}

static void refuses_what_is_not_canonical(void **state)
{
    static const char *const texts[] = {
        "Z",    "Zg",   "Zg=",    "Zh==",  "Zm9=",     "=",    "====", "Z===",       "Zg==Zg==",
        "Zg=v", "Zm 9", "Zm9v\n", " Zm9v", "Zm9v\r\n", "Zm9-", "Zm9_", "\303\244bc", "Zm8=====",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char out[16];
        size_t len;
        assert_false(base64_decode(slice_str(texts[i]), out, sizeof(out), &len));
    }
}

static void refuses_what_does_not_fit(void **state)
{
    char out[3] = {'x', 'x', 'x'};
    size_t len;
    (void)state;
    assert_false(base64_decode(SLICE("Zm9v"), out, 2, &len));
    assert_true(base64_decode(SLICE("Zm8="), out, 2, &len));
    assert_int_equal(out[2], 'x');
}

static void gives_back_random_bytes(void **state)
{
    struct dice dice = {.state = 9};
    (void)state;
    for (int round = 0; round < 2000; round++) {
        char bytes[50], text[80], back[50];
        size_t n = dice_below(&dice, sizeof(bytes)), len = 0;
        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)dice_below(&dice, 256);
        base64_encode(slice_of(bytes, n), text);
        assert_true(base64_decode(slice_of(text, base64_encoded_len(n)), back, sizeof(back), &len));
        ASSERT_SLICE(slice_of(back, len), slice_of(bytes, n));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_and_decodes),
        cmocka_unit_test(refuses_what_is_not_canonical),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(gives_back_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

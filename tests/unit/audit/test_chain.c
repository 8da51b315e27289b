// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "audit/say.h"
#include "fake_crypto.h"

static char space[2048];
static struct buf out;

static struct slice seal(const struct chain_point *point, struct slice line)
{
    buf_init(&out, space, sizeof(space));
    chain_seal(&fake_crypto, fake_key, point, line, &out);
    return buf_view(&out);
}

static void what_is_sealed_comes_apart_again(void **state)
{
    struct chain_point point = {.sequence = 41};
    struct chain_line parts;
    unsigned char value[CHAIN_VALUE_LEN];
    struct slice line = seal(&point, SLICE("{\"a\":{\"b\":1}}\n"));
    assert_true(
        slice_begins(line, SLICE("{\"a\":{\"b\":1},\"chain\":{\"sequence\":42,\"value\":\"")));
    assert_true(line.len <= 14 + CHAIN_SUFFIX_MAX);
    assert_true(chain_split(line, &parts));
    ASSERT_SLICE(parts.record, SLICE("{\"a\":{\"b\":1}"));
    assert_int_equal(parts.sequence, 42);
    chain_value(&fake_crypto, fake_key, point.value, parts.covered, value);
    assert_memory_equal(value, parts.value, sizeof(value));
    point.sequence = UINT64_MAX - 1;
    line = seal(&point, SLICE("{}\n"));
    assert_true(line.len <= 3 + CHAIN_SUFFIX_MAX && chain_split(line, &parts));
    assert_true(parts.sequence == UINT64_MAX);
    (void)state;
}

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void other_forms_are_refused(void **state)
{
    static const char *const forms[] = {
        "",
        "\n",
        "{}\n",
        "{\"a\":1,\"chain\":{\"sequence\":1,\"value\":\"" HEX "\"}}",
        "{\"a\":1,\"chain\":{\"sequence\":,\"value\":\"" HEX "\"}}\n",
        "{\"a\":1,\"chain\":{\"sequence\":-1,\"value\":\"" HEX "\"}}\n",
        "{\"a\":1,\"chain\":{\"sequence\":18446744073709551616,\"value\":\"" HEX "\"}}\n",
        "{\"a\":1,\"chain\":{\"sequence\":1,\"value\":\"g" HEX "\"}}\n",
        "{\"a\":1,\"chain\":{\"sequence\":1,\"valu\":\"" HEX "\"}}\n",
        "{\"a\":1,\"chian\":{\"sequence\":1,\"value\":\"" HEX "\"}}\n",
    };
    struct chain_line parts;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        assert_false(chain_split(slice_str(forms[i]), &parts));
    (void)state;
}

static void every_octet_counts(void **state)
{
    struct chain_point point = {.sequence = 7};
    struct chain_line parts;
    unsigned char value[CHAIN_VALUE_LEN];
    struct slice line = seal(&point, SLICE("{\"text\":\"x\"}\n"));
    for (size_t i = 0; i < line.len; i++) {
        space[i] ^= 1;
        if (chain_split(line, &parts)) {
            chain_value(&fake_crypto, fake_key, point.value, parts.covered, value);
            assert_memory_not_equal(value, parts.value, sizeof(value));
        }
        space[i] ^= 1;
    }
    (void)state;
}

static void checkpoints_and_links_are_read_as_written(void **state)
{
    char text[SAY_MAX], hex[CHAIN_HEX_LEN];
    unsigned char value[CHAIN_VALUE_LEN] = {1, 2, 0xfe};
    struct chain_checkpoint c;
    struct chain_point link = {.since = 9};
    struct buf line;
    // Base64 of 64 zero octets.
    struct slice signature =
        SLICE("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
              "AAAAAAAAAAAAAAAAAA==");
    chain_hex(value, hex);
    buf_init(&line, text, sizeof(text));
    struct slice said = say_checkpoint(&line, 5, 12, slice_of(hex, sizeof(hex)), signature);
    assert_true(chain_read_checkpoint(said, &c));
    assert_int_equal(c.since, 5);
    assert_int_equal(c.through, 12);
    assert_memory_equal(c.digest, value, sizeof(value));
    assert_false(chain_read_link(said, &link));
    buf_init(&line, text, sizeof(text));
    said = say_link(&line, 12, slice_of(hex, sizeof(hex)));
    assert_true(chain_read_link(said, &link));
    assert_int_equal(link.sequence, 12);
    assert_int_equal(link.since, 12);
    assert_memory_equal(link.value, value, sizeof(value));
    assert_false(chain_read_checkpoint(said, &c));
    (void)state;
}

static void digest_starts_anew_behind_a_checkpoint_and_at_a_link(void **state)
{
    static const unsigned char none[CHAIN_VALUE_LEN];
    struct chain_point point = {0};
    struct chain_line parts;
    struct slice line = seal(&point, SLICE("{}\n"));
    assert_true(chain_split(line, &parts));
    chain_advance(&fake_crypto, &point, line, &parts);
    assert_int_equal(point.sequence, 1);
    assert_int_equal(point.since, 0);
    assert_memory_not_equal(point.digest, none, sizeof(none));
    chain_begin_file(&point);
    assert_int_equal(point.since, 1);
    assert_memory_equal(point.digest, none, sizeof(none));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_comes_apart_again),
        cmocka_unit_test(other_forms_are_refused),
        cmocka_unit_test(every_octet_counts),
        cmocka_unit_test(checkpoints_and_links_are_read_as_written),
        cmocka_unit_test(digest_starts_anew_behind_a_checkpoint_and_at_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

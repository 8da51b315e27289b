// SPDX-License-Identifier: Apache-2.0
#include "filter/ban_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "support/unit.h"

enum { MINUTE = 60000 };
#define START UINT64_C(1700000000000)

static void ban(struct ban_table *t, const char *prefix, const char *reason)
{
    struct ban_order o = {
        .for_ms = MINUTE, .max_ms = MINUTE, .by = SLICE("waf"), .reason = slice_str(reason)};
    assert_true(addr_parse_prefix(slice_str(prefix), false, &o.who));
    assert_true(ban_table_add(t, &o, START, NULL));
}

static struct buf written(struct ban_table *t)
{
    struct buf out;
    buf_new(&out, BAN_STATE_MAX);
    ban_state_write(t, &out);
    assert_false(out.failed);
    return out;
}

static void assert_refused(struct slice text, const char *sentence)
{
    size_t count;
    char why[128] = "";
    assert_null(ban_state_read(text, &count, why, sizeof(why)));
    if (!strstr(why, sentence))
        fail_msg("\"%s\" does not say \"%s\"", why, sentence);
}

static void reads_what_it_wrote(void **state)
{
    struct ban_table *t = ban_table_new(64);
    char why[128];
    size_t count;
    ban(t, "192.0.2.1", "score-threshold");
    ban(t, "2001:db8::/64", "quote \" backslash \\ and \xc3\xa4");
    struct buf text = written(t);
    struct ban *bans = ban_state_read(buf_view(&text), &count, why, sizeof(why));
    assert_non_null(bans);
    assert_int_equal(count, 2);
    assert_int_equal(bans[0].who.bits, 128);
    assert_int_equal(bans[0].until_ms, START + MINUTE);
    assert_int_equal(bans[0].since_ms, START);
    assert_int_equal(bans[0].times, 1);
    assert_string_equal(bans[0].by, "waf");
    assert_int_equal(bans[1].who.bits, 64);
    assert_string_equal(bans[1].reason, "quote \" backslash \\ and \xc3\xa4");
    free(bans);
    buf_free(&text);
    ban_table_free(&t);
    (void)state;
}

static void an_empty_table_is_a_file_too(void **state)
{
    struct ban_table *t = ban_table_new(64);
    char why[128];
    size_t count = 1;
    struct buf text = written(t);
    struct ban *bans = ban_state_read(buf_view(&text), &count, why, sizeof(why));
    assert_non_null(bans);
    assert_int_equal(count, 0);
    free(bans);
    buf_free(&text);
    ban_table_free(&t);
    (void)state;
}

static void any_cut_and_any_flipped_bit_is_noticed(void **state)
{
    struct ban_table *t = ban_table_new(64);
    ban(t, "192.0.2.1", "a");
    ban(t, "192.0.2.2", "b");
    struct buf text = written(t);
    for (size_t len = 0; len < text.len; len++)
        assert_refused(slice_of(text.data, len), "");
    for (size_t i = 0; i < text.len * 8; i++) {
        text.data[i / 8] ^= (char)(1 << i % 8);
        assert_refused(buf_view(&text), "");
        text.data[i / 8] ^= (char)(1 << i % 8);
    }
    buf_char(&text, '\n');
    assert_refused(buf_view(&text), "checksum");
    buf_free(&text);
    ban_table_free(&t);
    (void)state;
}

// A file whose checksum is right.
static struct buf sealed(const char *version, const char *count, const char *lines)
{
    const struct hash_key fixed = {0, 0};
    struct buf out;
    buf_new(&out, 4096);
    buf_printf(&out,
               "{\"format\":\"yett-bans\",\"version\":%s,\"bans\":%s,\"checksum\":\"%016llx\"}\n%s",
               version, count, (unsigned long long)hash_bytes(&fixed, lines, strlen(lines)), lines);
    return out;
}

#define LINE(prefix, since, until, times, by)                                                      \
    "{\"prefix\":\"" prefix "\",\"since\":" since ",\"until\":" until ",\"times\":" times          \
    ",\"refused\":0,\"by\":" by ",\"reason\":\"x\"}\n"

static void refuses_what_is_no_ban(void **state)
{
    static const struct {
        const char *version, *count, *lines, *why;
    } cases[] = {
        {"1", "1", LINE("192.0.2.1", "1000", "2000", "1", "\"waf\""), NULL},
        {"2", "1", LINE("192.0.2.1", "1000", "2000", "1", "\"waf\""), "version"},
        {"1", "2", LINE("192.0.2.1", "1000", "2000", "1", "\"waf\""), "no ban"},
        {"1", "0", LINE("192.0.2.1", "1000", "2000", "1", "\"waf\""), "more lines"},
        {"1", "300000", "", "more bans"},
        {"1", "-1", "", "more bans"},
        {"1", "1", LINE("192.0.2.1/24", "1000", "2000", "1", "\"waf\""), "no ban"},
        {"1", "1", LINE("localhost", "1000", "2000", "1", "\"waf\""), "no ban"},
        {"1", "1", LINE("192.0.2.1", "3000", "2000", "1", "\"waf\""), "no ban"},
        {"1", "1", LINE("192.0.2.1", "1", "99999999999999", "1", "\"waf\""), "no ban"},
        {"1", "1", LINE("192.0.2.1", "1.5", "2000", "1", "\"waf\""), "no ban"},
        {"1", "1", LINE("192.0.2.1", "1000", "2000", "0", "\"waf\""), "no ban"},
        {"1", "1", LINE("192.0.2.1", "1000", "2000", "1", "7"), "no ban"},
        {"1", "1", LINE("192.0.2.1", "1000", "2000", "1", "\"a\\u0000b\""), "no ban"},
        {"1", "1", "[]\n", "no ban"},
        {"1", "1", "null\n", "no ban"},
        {"1", "1", "\n", "no ban"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf text = sealed(cases[i].version, cases[i].count, cases[i].lines);
        char why[128];
        size_t count;
        if (cases[i].why) {
            assert_refused(buf_view(&text), cases[i].why);
        } else {
            struct ban *bans = ban_state_read(buf_view(&text), &count, why, sizeof(why));
            assert_non_null(bans);
            free(bans);
        }
        buf_free(&text);
    }
    assert_refused((struct slice){0}, "no file of bans");
    assert_refused(SLICE("\n\n\n"), "no file of bans");
    assert_refused(SLICE("{\"format\":\"other\"}\n"), "no file of bans");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_wrote),
        cmocka_unit_test(an_empty_table_is_a_file_too),
        cmocka_unit_test(any_cut_and_any_flipped_bit_is_noticed),
        cmocka_unit_test(refuses_what_is_no_ban),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

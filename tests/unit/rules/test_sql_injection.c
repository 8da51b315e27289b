// SPDX-License-Identifier: Apache-2.0
// The verdict on attacks and on what people honestly write; that nothing is missed by looking for
// the needed literals first; and what is said about a hit.
#include "unit/rules/sql_fixture.h"

#include "rules/sql_injection.h"
#include "unit/rules/fixture.h"
#include "unit/rules/samples.h"

static struct rules_literals needs;

static bool hits(struct slice value)
{
    struct slice piece = {0};
    struct sql_fingerprint fingerprint = {.len = 0};
    bool is_hit = sql_injection(sql_words, value, &piece, &fingerprint);
    if (is_hit) {
        assert_true(piece.ptr >= value.ptr && piece.ptr + piece.len <= value.ptr + value.len);
        assert_true(fingerprint.len > 0 && fingerprint.len <= SQL_FINGERPRINT_MAX);
        if (!samples_has_any(&needs, value))
            fail_msg("skipped: %.*s", (int)value.len, value.ptr);
    }
    return is_hit;
}

static bool misses(struct slice value)
{
    return !hits(value);
}

static void finds_attacks(void **state)
{
    (void)state;
    assert_true(samples_each("sql_attacks.txt", hits) >= 300);
}

static void leaves_honest_values_alone(void **state)
{
    (void)state;
    assert_true(samples_each("sql_benign.txt", misses) >= 500);
}

enum { PIECES_MAX = 2000 };

static struct slice pieces[PIECES_MAX];
static size_t piece_count;

static bool keep_piece(struct slice value)
{
    char *copy = malloc(value.len + 1);
    assert_non_null(copy);
    memcpy(copy, value.ptr, value.len);
    pieces[piece_count++] = slice_of(copy, value.len);
    return piece_count < PIECES_MAX;
}

// Values put together from parts of samples: whatever hits has a needed literal (hits() looks), and
// the judgment stays inside the value.
static void nothing_is_missed_by_looking_for_literals_first(void **state)
{
    uint64_t seed = 17;
    size_t found = 0;
    (void)state;
    (void)samples_each("sql_attacks.txt", keep_piece);
    (void)samples_each("sql_benign.txt", keep_piece);
    for (int round = 0; round < 60000; round++) {
        char text[256];
        size_t len = 0;
        for (unsigned i = 0; i < 1 + fixture_random(&seed) % 4; i++) {
            struct slice s = pieces[fixture_random(&seed) % piece_count];
            s = slice_first(slice_from(s, s.len ? fixture_random(&seed) % s.len : 0),
                            fixture_random(&seed) % 32);
            memcpy(text + len, s.ptr, s.len);
            len += s.len;
        }
        char *value = malloc(len + 1);
        assert_non_null(value);
        memcpy(value, text, len);
        found += hits(slice_of(value, len));
        free(value);
    }
    assert_true(found > 1000);
    for (size_t i = 0; i < piece_count; i++)
        free((void *)(uintptr_t)pieces[i].ptr);
}

static void says_how_it_was_found(void **state)
{
    static const struct {
        const char *value, *fingerprint, *piece;
    } cases[] = {
        {"1 or 1=1", "1&1=1", "1 or 1=1"},
        {"x' or 'a'='a", "s&s=s", "x' or 'a'='a"},
        {"x' union select 1,2--", "sUE1,1c", "x' union select 1,2--"},
        {"sleep(5)", "z(1)", "sleep(5)"},
        {"a;drop table b", "n;Knn", "a;drop table b"},
        {"words (select user, pass from mysql.user) and more", "g(En,nBn.n",
         "words (select user, pass from mysql.user"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice piece;
        struct sql_fingerprint f;
        assert_true(sql_injection(sql_words, slice_str(cases[i].value), &piece, &f));
        if (!slice_eq(slice_of(f.text, f.len), slice_str(cases[i].fingerprint)) ||
            !slice_eq(piece, slice_str(cases[i].piece)))
            fail_msg("%s: %.*s of %.*s", cases[i].value, (int)f.len, f.text, (int)piece.len,
                     piece.ptr);
    }
}

// Far into a long value, and where one look at the tokens ends.
static void finds_what_stands_far_behind(void **state)
{
    enum { LEN = 4096 };
    static const char attack[] = "1;exec master..xp_cmdshell 'dir'";
    char text[LEN];
    (void)state;
    for (size_t at = 0; at + sizeof attack < LEN; at += 7) {
        for (size_t i = 0; i < LEN; i++)
            text[i] = "word "[i % 5];
        memcpy(text + at, attack, sizeof attack - 1);
        if (misses(slice_of(text, LEN)))
            fail_msg("at %zu", at);
    }
}

static void rules_can_ask_and_capture(void **state)
{
    struct fixture f;
    (void)state;
    assert_true(fixture_open_rules(
        &f,
        "{'id':'a','targets':['query.*'],'match':{'sql_injection':true},'capture':true,"
        "'action':'log','logdata':'%{capture.0}'},"
        "{'id':'b','targets':['query.q'],'match':{'sql_injection':true,'not':true},'action':'log'}",
        ""));
    assert_true(fixture_ask(&f, "GET /?q=1%20or%201=1"));
    assert_int_equal(f.hit_count, 1);
    assert_string_equal(f.hits[0].rule, "a");
    assert_string_equal(f.hits[0].data, "1&1=1");
    assert_true(fixture_ask(&f, "GET /?q=1+or+2+apples"));
    assert_int_equal(f.hit_count, 1);
    assert_string_equal(f.hits[0].rule, "b");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_attacks),
        cmocka_unit_test(leaves_honest_values_alone),
        cmocka_unit_test(nothing_is_missed_by_looking_for_literals_first),
        cmocka_unit_test(says_how_it_was_found),
        cmocka_unit_test(finds_what_stands_far_behind),
        cmocka_unit_test(rules_can_ask_and_capture),
    };
    sql_injection_needs(&needs);
    return cmocka_run_group_tests(tests, sql_fixture_open, sql_fixture_close);
}

// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <stdio.h>

#include "base/conf.h"

static struct problems *problems;

static int begin(void **state)
{
    (void)state;
    problems = problems_new();
    return problems ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    problems_free(&problems);
    return 0;
}

// A document with the one member "k" whose value is `json`.
static struct json_doc *doc_of(const char *json)
{
    char text[128];
    int len = snprintf(text, sizeof(text), "{\"k\":%s}", json);
    struct json_doc *doc = json_read_text("p", slice_of(text, (size_t)len), problems);
    assert_non_null(doc);
    return doc;
}

static void assert_last_problem(size_t count, const char *sentence)
{
    assert_int_equal(problems_count(problems), count);
    assert_string_equal(problems_text(problems, count - 1), sentence);
}

static void reads_durations(void **state)
{
    static const struct {
        const char *json;
        uint64_t ms;
    } cases[] = {
        {"\"0ms\"", 0},
        {"\"250ms\"", 250},
        {"\"10s\"", 10000},
        {"\"5m\"", 300000},
        {"\"1h\"", 3600000},
        {"\"1d\"", 86400000},
        {"\"18446744073709551615ms\"", UINT64_MAX},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json_doc *doc = doc_of(cases[i].json);
        uint64_t ms = 1;
        assert_true(conf_duration_ms(json_root(doc), "k", 0, UINT64_MAX, problems, &ms));
        assert_true(ms == cases[i].ms);
        json_free(&doc);
    }
    assert_int_equal(problems_count(problems), 0);
}

static void refuses_what_is_no_duration(void **state)
{
    static const char *const cases[] = {
        "\"\"",      "\"10\"",    "\"s\"", "\"1.5s\"", "\"-1s\"",           "\"10 s\"", "\"10S\"",
        "\"10sec\"", "\"1h30m\"", "10",    "true",     "\"213503982335d\"", // past 2^64 ms
    };
    uint64_t ms = 77;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json_doc *doc = doc_of(cases[i]);
        assert_false(conf_duration_ms(json_root(doc), "k", 0, UINT64_MAX, problems, &ms));
        assert_int_equal(problems_count(problems), i + 1);
        json_free(&doc);
    }
    assert_int_equal(ms, 77);
    assert_string_equal(problems_text(problems, 1),
                        "p:1:2: error: $.k: \"10\" is not a duration like \"250ms\", "
                        "\"10s\", \"5m\", \"1h\" or \"1d\"");
    assert_string_equal(
        problems_text(problems, 9),
        "p:1:2: error: $.k: expected a duration like \"250ms\", \"10s\", \"5m\", \"1h\" or \"1d\"");
}

static void holds_durations_to_their_range(void **state)
{
    struct json_doc *doc = doc_of("\"10s\"");
    uint64_t ms = 77;
    (void)state;
    assert_true(conf_duration_ms(json_root(doc), "k", 10000, 10000, problems, &ms));
    ms = 77;
    assert_false(conf_duration_ms(json_root(doc), "k", 1500, 9000, problems, &ms));
    assert_last_problem(1, "p:1:2: error: $.k: must lie between \"1500ms\" and \"9s\"");
    assert_false(conf_duration_ms(json_root(doc), "k", 60000, 172800000, problems, &ms));
    assert_last_problem(2, "p:1:2: error: $.k: must lie between \"1m\" and \"2d\"");
    assert_int_equal(ms, 77);
    assert_false(conf_duration_ms(json_root(doc), "absent", 0, 1, problems, &ms));
    assert_int_equal(problems_count(problems), 2);
    json_free(&doc);
}

static void reads_sizes(void **state)
{
    static const struct {
        const char *json;
        uint64_t bytes;
    } cases[] = {
        {"0", 0},
        {"4096", 4096},
        {"\"512B\"", 512},
        {"\"16KiB\"", 16384},
        {"\"1MiB\"", 1048576},
        {"\"2GiB\"", 2147483648u},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json_doc *doc = doc_of(cases[i].json);
        uint64_t bytes = 1;
        assert_true(conf_size(json_root(doc), "k", 0, UINT64_MAX, problems, &bytes));
        assert_true(bytes == cases[i].bytes);
        json_free(&doc);
    }
}

static void refuses_what_is_no_size(void **state)
{
    static const char *const cases[] = {
        "\"10\"", "\"10MB\"", "\"10K\"", "\"1.5MiB\"", "\"10kib\"",
        "-1",     "1.5",      "1e300",   "null",       "\"17179869184GiB\"",
    };
    uint64_t bytes = 77;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json_doc *doc = doc_of(cases[i]);
        assert_false(conf_size(json_root(doc), "k", 0, UINT64_MAX, problems, &bytes));
        assert_int_equal(problems_count(problems), i + 1);
        json_free(&doc);
    }
    assert_int_equal(bytes, 77);
    struct json_doc *doc = doc_of("\"64KiB\"");
    assert_false(conf_size(json_root(doc), "k", 1000, 32768, problems, &bytes));
    assert_last_problem(ARRAY_LEN(cases) + 1,
                        "p:1:2: error: $.k: must lie between \"1000B\" and \"32KiB\"");
    json_free(&doc);
}

static void reads_rates(void **state)
{
    struct json_doc *doc = doc_of("\"100/1s\"");
    uint64_t count = 0, per_ms = 0;
    (void)state;
    assert_true(conf_rate(json_root(doc), "k", problems, &count, &per_ms));
    assert_int_equal(count, 100);
    assert_int_equal(per_ms, 1000);
    json_free(&doc);
    doc = doc_of("\"2KiB/500ms\"");
    assert_true(conf_byte_rate(json_root(doc), "k", problems, &count, &per_ms));
    assert_int_equal(count, 2048);
    assert_int_equal(per_ms, 500);
    json_free(&doc);
}

static void refuses_what_is_no_rate(void **state)
{
    static const struct {
        const char *json;
        bool of_bytes;
    } cases[] = {
        {"\"100\"", false},   {"\"100/\"", false},   {"\"100/s\"", false},   {"\"/1s\"", false},
        {"\"0/1s\"", false},  {"\"1/0s\"", false},   {"\"1/1s/1s\"", false}, {"100", false},
        {"\"-1/1s\"", false}, {"\"10B/1s\"", false}, {"\"256/1s\"", true},   {"\"0B/1s\"", true},
        {"\"1B/1\"", true},
    };
    uint64_t count = 5, per_ms = 6;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json_doc *doc = doc_of(cases[i].json);
        if (cases[i].of_bytes)
            assert_false(conf_byte_rate(json_root(doc), "k", problems, &count, &per_ms));
        else
            assert_false(conf_rate(json_root(doc), "k", problems, &count, &per_ms));
        assert_int_equal(problems_count(problems), i + 1);
        json_free(&doc);
    }
    assert_int_equal(count, 5);
    assert_int_equal(per_ms, 6);
    assert_string_equal(problems_text(problems, 0),
                        "p:1:2: error: $.k: \"100\" is not a rate like \"100/1s\"");
    assert_string_equal(problems_text(problems, 4),
                        "p:1:2: error: $.k: both parts must be at least 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_durations, begin, end),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_duration, begin, end),
        cmocka_unit_test_setup_teardown(holds_durations_to_their_range, begin, end),
        cmocka_unit_test_setup_teardown(reads_sizes, begin, end),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_size, begin, end),
        cmocka_unit_test_setup_teardown(reads_rates, begin, end),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_rate, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

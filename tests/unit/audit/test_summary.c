// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

#include "audit/summary.h"

static void add(struct summary *s, const char *text)
{
    char line[1024];
    size_t len = strlen(text);
    memcpy(line, text, len + 1);
    summary_add(s, line, len);
}

static void counts_what_records_say(void **state)
{
    struct summary *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    summary_init(s);
    add(s, "{\"@timestamp\":\"2026-11-27T07:10:00.000Z\",\"event\":{\"action\":\"request\"},"
           "\"client\":{\"address\":\"192.0.2.1\"},\"url\":{\"path\":\"/a\"},"
           "\"http\":{\"response\":{\"status_code\":200}},\"yett\":{\"verdict\":\"passed\"}}");
    add(s, "{\"@timestamp\":\"2026-11-27T06:59:00.000Z\",\"event\":{\"action\":\"request\","
           "\"reason\":\"rules\"},\"client\":{\"address\":\"192.0.2.1\"},\"url\":{\"path\":\"/b\"},"
           "\"yett\":{\"verdict\":\"denied\",\"filter\":\"waf\",\"matches\":[{\"rule\":\"r1\"},"
           "{\"rule\":\"r1\"},{\"rule\":\"r2\"}]}}");
    add(s, "{\"event\":{\"action\":\"audit-loss\"},\"yett\":{\"lost\":17}}");
    add(s, "{\"event\":{\"action\":\"audit-link\"},\"yett\":{\"link\":{}}}");
    add(s, "{\"other\":1}");
    add(s, "half a li");
    assert_int_equal(s->records, 2);
    assert_int_equal(s->lost, 17);
    assert_int_equal(s->broken, 2);
    assert_string_equal(s->first, "2026-11-27T06:59:00.000");
    assert_string_equal(s->last, "2026-11-27T07:10:00.000");
    assert_int_equal(top_count(&s->tables[SUMMARY_CLIENTS], SLICE("192.0.2.1")), 2);
    assert_int_equal(top_count(&s->tables[SUMMARY_REFUSED_CLIENTS], SLICE("192.0.2.1")), 1);
    assert_int_equal(top_count(&s->tables[SUMMARY_RULES], SLICE("r1")), 1); // once per record
    assert_int_equal(top_count(&s->tables[SUMMARY_RULES], SLICE("r2")), 1);
    assert_int_equal(top_count(&s->tables[SUMMARY_STATUSES], SLICE("200")), 1);
    assert_int_equal(top_count(&s->tables[SUMMARY_REFUSED_PATHS], SLICE("/a")), 0);
    assert_int_equal(top_count(&s->tables[SUMMARY_HOURS], SLICE("2026-11-27T07")), 1);
    assert_int_equal(top_count(&s->tables[SUMMARY_REFUSED_HOURS], SLICE("2026-11-27T06")), 1);
    free(s);
    (void)state;
}

static void a_record_that_stands_for_many_counts_as_many(void **state)
{
    struct summary *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    summary_init(s);
    add(s, "{\"event\":{\"action\":\"connection\",\"reason\":\"banned\"},"
           "\"client\":{\"address\":\"192.0.2.1\"},\"yett\":{\"verdict\":\"refused\"}}");
    add(s, "{\"event\":{\"action\":\"connection\",\"reason\":\"banned\"},"
           "\"client\":{\"address\":\"192.0.2.1\"},"
           "\"yett\":{\"verdict\":\"refused\",\"count\":40}}");
    assert_int_equal(s->records, 2);
    assert_int_equal(top_count(&s->tables[SUMMARY_REASONS], SLICE("banned")), 41);
    assert_int_equal(top_count(&s->tables[SUMMARY_REFUSED_CLIENTS], SLICE("192.0.2.1")), 41);
    free(s);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_records_say),
        cmocka_unit_test(a_record_that_stands_for_many_counts_as_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

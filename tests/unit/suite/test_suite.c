// SPDX-License-Identifier: Apache-2.0
// Test files of both generations, and each way a test can end.
#include "suite/suite.h"

#include "unit/suite/fixture.h"

struct seen {
    enum suite_result result;
    char why[128], title[64];
    size_t count;
};

static void see(void *ctx, const char *file, const struct suite_verdict *v)
{
    struct seen *s = ctx;
    (void)file;
    s->result = v->result;
    s->count++;
    (void)snprintf(s->why, sizeof s->why, "%s", v->why);
    (void)snprintf(s->title, sizeof s->title, "%.*s", (int)v->title.len, v->title.ptr);
}

static const struct {
    const char *stage;
    enum suite_result result;
    const char *why;
} cases[] = {
    {"{input: {uri: '/?a=bad', headers: {Host: a}}, output: {log: {expect_ids: [100001]}}}",
     SUITE_PASSED, ""},
    {"{input: {uri: '/?a=ok', headers: {Host: a}}, output: {log: {expect_ids: [100001]}}}",
     SUITE_FAILED, "100001 should hit, does not"},
    {"{input: {uri: '/?a=bad', headers: {Host: a}}, output: {log: {no_expect_ids: [100001]}}}",
     SUITE_FAILED, "100001 should not hit, does"},
    {"{stage: {input: {uri: '/?a=bad', headers: {Host: a}}, output: {log_contains: 'id "
     "\"100001\"'}}}",
     SUITE_PASSED, ""},
    {"{stage: {input: {uri: '/?a=bad', headers: {Host: a}}, output: {no_log_contains: 'id "
     "\"100001\"'}}}",
     SUITE_FAILED, "100001 should not hit, does"},
    {"{input: {uri: '/?a=bad', headers: {Host: a}}, output: {log: {match_regex: 'bad word.*data "
     "\"bad\"'}}}",
     SUITE_PASSED, ""},
    {"{input: {uri: '/?a=bad', headers: {Host: a}}, output: {log: {no_match_regex: 'bad w'}}}",
     SUITE_FAILED, "the log has bad w"},
    {"{input: {uri: '/?a=%zz', headers: {Host: a}}, output: {log: {expect_ids: [100001]}}}",
     SUITE_REFUSED, "refused before any rule: bad-percent-encoding"},
    {"{input: {uri: '/?a=%zz', headers: {Host: a}}, output: {expect_error: true}}", SUITE_PASSED,
     ""},
    {"{input: {uri: '/', headers: {Host: a}}, output: {expect_error: true}}", SUITE_FAILED,
     "the request should be refused, is not"},
    {"{input: {uri: '/?a=%zz', headers: {Host: a}}, output: {status: 400}}", SUITE_PASSED, ""},
    {"{input: {uri: '/', headers: {Host: a}}, output: {status: [403, 200]}}", SUITE_PASSED, ""},
    {"{input: {uri: '/', headers: {Host: a}}, output: {status: 404}}", SUITE_FAILED,
     "the status is 200"},
    {"{input: {encoded_request: '?'}, output: {status: 200}}", SUITE_FAILED,
     "encoded_request is no base64"},
    {"{input: {uri: '/', headers: {Host: a}}, output: {response_contains: x}}", SUITE_SKIPPED,
     "the body of a response cannot be asked for"},
};

static void judges(void **state)
{
    struct fixture f;
    (void)state;
    fixture_open(&f);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct seen seen = {.count = 0};
        char text[512];
        struct suite s = {
            .program = f.program, .scratch = f.scratch, .on_verdict = see, .ctx = &seen};
        (void)snprintf(text, sizeof text,
                       "rule_id: 1\ntests:\n  - test_id: 7\n    stages:\n      - %s\n",
                       cases[i].stage);
        assert_true(suite_run_text(&s, "test.yaml", slice_str(text), f.problems));
        assert_int_equal(seen.count, 1);
        assert_string_equal(seen.why, cases[i].why);
        assert_int_equal(seen.result, cases[i].result);
        assert_int_equal(s.counts[cases[i].result], 1);
        assert_string_equal(seen.title, "1-7");
    }
    fixture_close(&f);
}

static void complains_of_files(void **state)
{
    static const struct {
        const char *text, *problem;
    } broken[] = {
        {"a: [", "t.yaml:2: error: did not find expected node content"},
        {"a: 1", "t.yaml:1: error: there is no list \"tests\""},
    };
    struct fixture f;
    (void)state;
    fixture_open(&f);
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        struct suite s = {.program = f.program, .scratch = f.scratch};
        assert_false(suite_run_text(&s, "t.yaml", slice_str(broken[i].text), f.problems));
        assert_string_equal(problems_text(f.problems, i), broken[i].problem);
    }
    struct suite s = {.program = f.program, .scratch = f.scratch};
    assert_false(suite_run_file(&s, "/nonexistent.yaml", f.problems));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges),
        cmocka_unit_test(complains_of_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

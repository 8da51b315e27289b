// SPDX-License-Identifier: Apache-2.0
// Files of requests whose verdict is known: lines are read, judged as a filter would, and broken
// ones are named without hiding the others.
#include <unistd.h>

#include "support/unit.h"

#include "rules/corpus.h"
#include "unit/rules/fixture.h"

enum { VERDICTS_MAX = 16, NAME_MAX_OCTETS = 32 };

struct kept {
    unsigned line, score;
    bool should_block, is_blocked, is_refused;
    size_t hits;
    char class[NAME_MAX_OCTETS], rule[NAME_MAX_OCTETS];
};

struct judged {
    struct kept verdicts[VERDICTS_MAX];
    size_t count;
};

static void keep(void *ctx, const struct rules_corpus_verdict *v)
{
    struct judged *judged = ctx;
    assert_true(judged->count < VERDICTS_MAX);
    struct kept *k = &judged->verdicts[judged->count++];
    *k = (struct kept){
        v->line, v->score, v->should_block, v->is_blocked, v->refused != NULL, v->hit_count,
        {0},     {0}};
    (void)snprintf(k->class, sizeof k->class, "%.*s", (int)v->class.len,
                   v->class.len ? v->class.ptr : "");
    if (v->hit_count > 0)
        (void)snprintf(k->rule, sizeof k->rule, "%.*s", (int)v->hits[0].rule.len,
                       v->hits[0].rule.ptr);
}

static const char rules[] =
    "{\"rules\":[{\"id\":\"five\",\"targets\":[\"query.*\"],\"match\":{\"contains\":\"bad\"},"
    "\"action\":\"score\",\"score\":5},"
    "{\"id\":\"two\",\"targets\":[\"body.*\"],\"match\":{\"contains\":\"odd\"},"
    "\"action\":\"score\",\"score\":2}]}";

static bool judge(const char *text, struct judged *judged, size_t *errors)
{
    const struct rules_options options = {.paranoia = 1, .threshold = 5};
    struct fixture f;
    char path[] = "/tmp/yett-corpus-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
    assert_true(fixture_open_with(&f, rules, &options, (struct rules_compile_flags){0}));
    *judged = (struct judged){0};
    bool good = rules_corpus_run(path, f.program, NULL, keep, judged, f.problems);
    *errors = problems_count(f.problems);
    fixture_close(&f);
    assert_int_equal(unlink(path), 0);
    return good;
}

static void requests_are_judged_line_by_line(void **state)
{
    struct judged j;
    size_t errors;
    (void)state;
    assert_true(judge("{\"expect\":\"block\",\"class\":\"a\",\"request\":\"GET /?x=bad\"}\n"
                      "\n"
                      "{\"expect\":\"pass\",\"request\":\"POST /\\n\\nx=odd\"}\n"
                      "{\"expect\":\"block\",\"base64\":\"R0VUIC8/eD1nb29k\"}",
                      &j, &errors));
    assert_int_equal(j.count, 3);
    assert_int_equal(j.verdicts[0].line, 1);
    assert_true(j.verdicts[0].should_block && j.verdicts[0].is_blocked);
    assert_string_equal(j.verdicts[0].class, "a");
    assert_string_equal(j.verdicts[0].rule, "five");
    assert_int_equal(j.verdicts[1].line, 3);
    assert_false(j.verdicts[1].should_block || j.verdicts[1].is_blocked);
    assert_int_equal(j.verdicts[1].score, 2);
    assert_int_equal(j.verdicts[1].hits, 1);
    assert_true(j.verdicts[2].should_block && !j.verdicts[2].is_blocked);
    assert_int_equal(j.verdicts[2].hits, 0);
}

static void what_the_parser_refuses_is_refused(void **state)
{
    struct judged j;
    size_t errors;
    (void)state;
    assert_true(judge("{\"expect\":\"pass\",\"request\":\"GET /\\nBad Name: x\"}\n", &j, &errors));
    assert_int_equal(j.count, 1);
    assert_true(j.verdicts[0].is_blocked && j.verdicts[0].is_refused);
}

static void broken_lines_are_problems_and_hide_nothing(void **state)
{
    static const char *const broken[] = {
        "{\"expect\":\"perhaps\",\"request\":\"GET /\"}",
        "{\"request\":\"GET /\"}",
        "{\"expect\":\"pass\"}",
        "{\"expect\":\"pass\",\"base64\":\"***\"}",
        "{\"expect\":\"pass\",\"request\":\"GET /\",\"extra\":1}",
        "[]",
        "{",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        char text[512];
        struct judged j;
        size_t errors;
        (void)snprintf(text, sizeof text, "%s\n{\"expect\":\"pass\",\"request\":\"GET /\"}\n",
                       broken[i]);
        assert_false(judge(text, &j, &errors));
        assert_int_equal(errors, 1);
        assert_int_equal(j.count, 1);
        assert_int_equal(j.verdicts[0].line, 2);
    }
}

static void a_missing_file_is_a_problem(void **state)
{
    struct fixture f;
    struct judged j = {0};
    const struct rules_options options = {.paranoia = 1, .threshold = 5};
    (void)state;
    assert_true(fixture_open_with(&f, rules, &options, (struct rules_compile_flags){0}));
    assert_false(rules_corpus_run("/nonexistent/x.jsonl", f.program, NULL, keep, &j, f.problems));
    assert_int_equal(problems_count(f.problems), 1);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_judged_line_by_line),
        cmocka_unit_test(what_the_parser_refuses_is_refused),
        cmocka_unit_test(broken_lines_are_problems_and_hide_nothing),
        cmocka_unit_test(a_missing_file_is_a_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

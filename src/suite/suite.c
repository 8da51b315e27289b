// SPDX-License-Identifier: Apache-2.0
// Two generations of the format: `stage:` inside each stage, log_contains: id "942100"; and stages
// as they are, log: { expect_ids: [942100] }. A test passes when all of its stages do.
#include "suite/suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/num.h"
#include "base/problems.h"
#include "rules/regex.h"
#include "suite/request.h"
#include "suite/send.h"
#include "suite/yaml.h"

enum {
    FILE_MAX = 16 * 1024 * 1024,
    TEST_MEMORY_MAX = 64 * 1024 * 1024,
    REQUEST_MAX = 8 * 1024 * 1024,
    LOG_MAX = 1024 * 1024,
    DENIED = 403,
};

struct job {
    struct suite *suite;
    struct arena *arena;
    struct suite_outcome outcome;
    enum suite_result result;
    char why[256];
};

static void settle(struct job *j, enum suite_result result, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void settle(struct job *j, enum suite_result result, const char *format, ...)
{
    va_list arguments;
    if (j->result == SUITE_FAILED || (j->result == SUITE_REFUSED && result == SUITE_PASSED))
        return;
    va_start(arguments, format);
    (void)vsnprintf(j->why, sizeof j->why, format, arguments);
    va_end(arguments);
    j->result = result;
}

static bool has_hit(const struct job *j, struct slice id)
{
    const struct suite_hit *hit = j->outcome.hits;
    while (hit && !slice_eq(hit->rule, id))
        hit = hit->next;
    return hit != NULL;
}

static void judge_id(struct job *j, struct slice id, bool expected)
{
    if (has_hit(j, id) == expected)
        return;
    if (expected && j->outcome.refused)
        settle(j, SUITE_REFUSED, "refused before any rule: %s", j->outcome.refused);
    else
        settle(j, SUITE_FAILED,
               expected ? "%.*s should hit, does not" : "%.*s should not hit, does", (int)id.len,
               id.ptr);
}

static void judge_ids(struct job *j, const struct suite_yaml *ids, bool expected)
{
    if (ids && ids->kind == SUITE_TEXT && ids->text.len > 0)
        judge_id(j, ids->text, expected);
    SUITE_YAML_EACH (id, ids && ids->kind == SUITE_LIST ? ids : NULL)
        judge_id(j, id->text, expected);
}

// id "942100", with any quoting; empty for another text.
static struct slice id_in(struct slice text)
{
    size_t from = 0, len = 0;
    uint64_t ignored;
    while (from < text.len && !ascii_is_digit(text.ptr[from]))
        from++;
    struct slice digits = slice_from(text, from);
    while (len < digits.len && ascii_is_digit(digits.ptr[len]))
        len++;
    struct slice id = slice_first(digits, len), before = slice_first(text, from);
    struct slice behind = slice_from(digits, len);
    bool is_id = len >= 6 && num_decimal(id, INT64_MAX, &ignored) &&
                 (before.len == 0 || slice_begins(before, SLICE("id"))) && before.len <= 6 &&
                 behind.len <= 2;
    return is_id ? id : (struct slice){0};
}

// The hits as a line of ModSecurity's log each.
static struct slice log_text(struct job *j)
{
    struct buf b;
    buf_new(&b, LOG_MAX);
    for (const struct suite_hit *h = j->outcome.hits; h; h = h->next) {
        buf_str(&b, "[id \"");
        buf_slice(&b, h->rule);
        buf_str(&b, "\"] [msg \"");
        buf_slice(&b, h->description);
        buf_str(&b, "\"] [data \"");
        buf_slice(&b, h->data);
        buf_str(&b, "\"]\n");
    }
    struct slice text = arena_copy(j->arena, buf_view(&b));
    buf_free(&b);
    return text;
}

static void judge_pattern(struct job *j, struct slice pattern, bool expected)
{
    char why[RULES_REGEX_WHY_MAX];
    size_t offset;
    struct slice piece;
    struct rules_regex_memory *memory = rules_regex_memory_new();
    struct rules_regex *regex =
        rules_regex_compile(pattern, (struct rules_regex_flags){0}, &offset, why);
    bool has = memory && regex &&
               rules_regex_match(regex, memory, log_text(j), &piece, NULL) == RULES_MATCH;
    if (!memory || !regex)
        settle(j, SUITE_FAILED, "the regex for the log is wrong: %s", regex ? "no memory" : why);
    else if (has != expected && expected && j->outcome.refused)
        settle(j, SUITE_REFUSED, "refused before any rule: %s", j->outcome.refused);
    else if (has != expected)
        settle(j, SUITE_FAILED, "the log %s %.*s", expected ? "lacks" : "has",
               (int)slice_first(pattern, 100).len, pattern.ptr);
    rules_regex_free(&regex);
    rules_regex_memory_free(&memory);
}

static void judge_log(struct job *j, struct slice text, bool expected)
{
    struct slice id = id_in(text);
    if (text.len == 0)
        return;
    if (id.len > 0)
        judge_id(j, id, expected);
    else
        judge_pattern(j, text, expected);
}

static bool is_status(const struct job *j, struct slice text)
{
    uint64_t status;
    return num_decimal(text, 999, &status) &&
           (status == j->outcome.status || (status == DENIED && j->outcome.would_deny));
}

static void judge_status(struct job *j, const struct suite_yaml *status)
{
    bool ok = !status || (status->kind == SUITE_TEXT && is_status(j, status->text));
    SUITE_YAML_EACH (item, status && status->kind == SUITE_LIST ? status : NULL)
        ok |= is_status(j, item->text);
    if (ok)
        return;
    if (j->outcome.refused)
        settle(j, SUITE_REFUSED, "refused with another status (%u): %s", j->outcome.status,
               j->outcome.refused);
    else
        settle(j, SUITE_FAILED, "the status is %u", j->outcome.status);
}

static void judge(struct job *j, const struct suite_yaml *output)
{
    const struct suite_yaml *log = suite_yaml_get(output, "log");
    bool expects_error = ascii_eq_nocase(suite_yaml_text(output, "expect_error"), SLICE("true"));
    if (expects_error && !j->outcome.refused)
        settle(j, SUITE_FAILED, "the request should be refused, is not");
    if (!expects_error)
        judge_status(j, suite_yaml_get(output, "status"));
    judge_ids(j, suite_yaml_get(log, "expect_ids"), true);
    judge_ids(j, suite_yaml_get(log, "no_expect_ids"), false);
    judge_log(j, suite_yaml_text(log, "match_regex"), true);
    judge_log(j, suite_yaml_text(log, "no_match_regex"), false);
    judge_log(j, suite_yaml_text(output, "log_contains"), true);
    judge_log(j, suite_yaml_text(output, "no_log_contains"), false);
    if (suite_yaml_get(output, "response_contains"))
        settle(j, SUITE_SKIPPED, "the body of a response cannot be asked for");
}

static void run_stage(struct job *j, const struct suite_yaml *stage)
{
    char why[SUITE_WHY_MAX];
    struct buf request;
    const struct suite_yaml *inner = suite_yaml_get(stage, "stage");
    bool is_old = inner != NULL;
    inner = inner ? inner : stage;
    buf_new(&request, REQUEST_MAX);
    if (!suite_request_write(suite_yaml_get(inner, "input"), is_old, &request, why)) {
        settle(j, SUITE_FAILED, "%s", why);
    } else {
        struct slice octets = arena_copy(j->arena, buf_view(&request));
        if (suite_send(j->suite->program, j->suite->scratch, octets, j->arena, &j->outcome))
            judge(j, suite_yaml_get(inner, "output"));
        else
            settle(j, SUITE_FAILED, "no memory");
    }
    buf_free(&request);
}

// "test_title", or the rule's id and the number of the test.
static struct slice title_of(struct arena *arena, const struct suite_yaml *root,
                             const struct suite_yaml *test, size_t number)
{
    struct slice title = suite_yaml_text(test, "test_title"), id = suite_yaml_text(root, "rule_id");
    struct slice own = suite_yaml_text(test, "test_id");
    if (title.len > 0)
        return title;
    const char *text =
        own.len > 0 ? arena_printf(arena, "%.*s-%.*s", (int)id.len, id.ptr ? id.ptr : "",
                                   (int)own.len, own.ptr)
                    : arena_printf(arena, "%.*s-%zu", (int)id.len, id.ptr ? id.ptr : "", number);
    return slice_str(text);
}

static void run_test(struct suite *s, const char *file, const struct suite_yaml *root,
                     const struct suite_yaml *test, size_t number)
{
    struct arena arena;
    arena_init(&arena, NULL, TEST_MEMORY_MAX);
    struct job j = {.suite = s, .arena = &arena};
    const struct suite_yaml *stages = suite_yaml_get(test, "stages");
    SUITE_YAML_EACH (stage, stages)
        run_stage(&j, stage);
    if (!stages || !stages->first)
        settle(&j, SUITE_FAILED, "the test has no stages");
    s->counts[j.result]++;
    const struct suite_verdict verdict = {.title = title_of(&arena, root, test, number),
                                          .result = j.result,
                                          .why = j.why,
                                          .line = test->line,
                                          .hits = j.outcome.hits};
    if (s->on_verdict)
        s->on_verdict(s->ctx, file, &verdict);
    arena_clear(&arena);
}

bool suite_run_text(struct suite *s, const char *name, struct slice text, struct problems *problems)
{
    struct arena arena;
    char why[SUITE_WHY_MAX];
    unsigned line = 0;
    size_t number = 0;
    arena_init(&arena, NULL, TEST_MEMORY_MAX);
    const struct suite_yaml *root = suite_yaml_read(text, &arena, why, &line);
    const struct suite_yaml *tests = suite_yaml_get(root, "tests");
    if (!root)
        problems_add_at(problems, name, line, 0, "%s", why);
    else if (!tests || tests->kind != SUITE_LIST)
        problems_add_at(problems, name, root->line, 0, "there is no list \"tests\"");
    bool ok = tests && tests->kind == SUITE_LIST;
    SUITE_YAML_EACH (test, ok ? tests : NULL)
        run_test(s, name, root, test, ++number);
    arena_clear(&arena);
    return ok;
}

bool suite_run_file(struct suite *s, const char *file, struct problems *problems)
{
    char why[160], *content = NULL;
    size_t len;
    if (!file_read(file, FILE_MAX, &content, &len, why, sizeof why)) {
        problems_add_at(problems, file, 0, 0, "%s", why);
        return false;
    }
    bool ok = suite_run_text(s, file, slice_of(content, len), problems);
    free(content);
    return ok;
}

// SPDX-License-Identifier: Apache-2.0
#include "rules/trace.h"

#include "unit/rules/fixture.h"

enum { SEEN_MAX = 16 };

struct seen {
    char lines[SEEN_MAX][256];
    size_t count;
};

// "rule/condition target: value > step > step [piece] excluded"
static void note(void *ctx, const struct rules_trace_match *m)
{
    struct seen *s = ctx;
    assert_true(s->count < SEEN_MAX);
    char *line = s->lines[s->count++];
    size_t len = (size_t)snprintf(line, 256, "%.*s/%u %.*s: %.*s", (int)m->rule.len, m->rule.ptr,
                                  m->condition, (int)m->target.len, m->target.ptr,
                                  (int)m->value.len, m->value.ptr);
    for (size_t i = 0; i < m->step_count; i++)
        len += (size_t)snprintf(line + len, 256 - len, " > %.*s", (int)m->steps[i].text.len,
                                m->steps[i].text.ptr);
    snprintf(line + len, 256 - len, " [%.*s]%s", (int)m->piece.len, m->piece.ptr,
             m->exclusion ? " excluded" : "");
}

static void assert_seen(const char *rules, const char *members, const char *request,
                        const char *const *wanted, size_t count)
{
    struct fixture f;
    struct seen seen = {.count = 0};
    struct arena arena;
    struct rules_message message;
    const struct rules_trace trace = {.on_match = note, .ctx = &seen};
    const struct rules_sample sample = {.request = slice_str(request),
                                        .client = SLICE("192.0.2.1")};
    assert_true(fixture_open_rules(&f, rules, members));
    arena_init(&arena, NULL, 16 * 1024 * 1024);
    assert_null(rules_sample_build(&sample, &arena, &message));
    message.input.trace = &trace;
    rules_evaluate(f.program, f.scratch, RULES_AT_HEAD, &message.input, NULL, NULL, &f.result);
    for (size_t i = 0; i < seen.count || i < count; i++)
        assert_string_equal(i < seen.count ? seen.lines[i] : "", i < count ? wanted[i] : "");
    arena_clear(&arena);
    fixture_close(&f);
}

#define RULE(id, targets, more, text)                                                              \
    "{'id':'" id "','description':'d','targets':[" targets "]," more "'match':{'contains':'" text  \
    "'},'action':'log'}"

static void tells_each_step(void **state)
{
    (void)state;
    static const char *const wanted[] = {"a/0 query.x: %41b > Ab > ab [ab]"};
    assert_seen(RULE("a", "'query.*'", "'transforms':['url_decode','lowercase'],", "ab"), "",
                "GET /?x=%2541b&y=c", wanted, ARRAY_LEN(wanted));
}

static void tells_what_exclusions_take_out(void **state)
{
    (void)state;
    static const char *const wanted[] = {"a/0 query.x: bad [bad] excluded",
                                         "b/0 query.x: bad [bad] excluded",
                                         "a/0 query.y: bad [bad]"};
    assert_seen(RULE("a", "'query.*'", "", "bad") "," RULE("b", "'query.x'", "", "bad"),
                "'exclusions':[{'rules':['a'],'targets':['query.x'],'why':'w'},"
                "{'rules':['b'],'why':'w'}]",
                "GET /?x=bad&y=bad", wanted, ARRAY_LEN(wanted));
}

static void tells_conditions_of_chains_apart(void **state)
{
    (void)state;
    static const char *const wanted[] = {"a/0 method: GET [GET]", "a/1 matched.*: GET [ET]"};
    assert_seen("{'id':'a','description':'d','action':'log','all_of':["
                "{'targets':['method'],'match':{'contains':'GET'}},"
                "{'targets':['matched.*'],'match':{'contains':'ET'}}]}",
                "", "GET /", wanted, ARRAY_LEN(wanted));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_each_step),
        cmocka_unit_test(tells_what_exclusions_take_out),
        cmocka_unit_test(tells_conditions_of_chains_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

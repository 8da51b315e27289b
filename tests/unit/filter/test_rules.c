// SPDX-License-Identifier: Apache-2.0
#include "unit/filter/facts.h"

#include <unistd.h>

#include "filter/records.h"
#include "filter/worker.h"

#define RULE(id, targets, text, rest)                                                              \
    "{\"id\":\"" id "\",\"description\":\"about " id "\",\"targets\":[" targets                    \
    "],\"match\":{\"contains\":\"" text "\"}," rest "}"

static const char rules[] = "{\"rules\":[" //
    RULE("score", "\"query.*\",\"body.*\"", "three",
         "\"action\":\"score\",\"score\":3") ","                                         //
    RULE("deny", "\"query.*\"", "deny", "\"action\":\"deny\",\"status\":404") ","        //
    RULE("allow", "\"query.*\"", "allow", "\"action\":\"allow\"") ","                    //
    RULE("watch", "\"query.*\"", "watch", "\"action\":\"deny\",\"mode\":\"detect\"") "," //
    RULE("secret", "\"query.password\"", "x", "\"action\":\"log\"") ","                  //
    RULE("careful", "\"query.*\"", "careful", "\"action\":\"deny\",\"paranoia\":2") ","  //
    RULE("raw", "\"body\"", "raw", "\"action\":\"deny\"") ","                            //
    RULE("country", "\"client.country\"", "XX", "\"action\":\"deny\"") ","               //
    RULE("answer", "\"response.headers.x-leak\"", "leak",
         "\"action\":\"deny\"") "," //
                                "{\"id\":\"doubt\",\"description\":\"d\",\"targets\":[\"query."
                                "long\"],"
                                "\"match\":{\"regex\":\"(a+)+$\"},\"action\":\"deny\"},"
                                "{\"id\":\"late\",\"phase\":\"logging\",\"targets\":[\"query."
                                "late\"],"
                                "\"match\":{\"always\":true},\"action\":\"deny\"}]}";

static char folder[] = "/tmp/yett-filter-rules-XXXXXX";
static char rule_file[64];
static struct filter_worker *worker;

static void compile_rules(struct compiled *c, const char *more)
{
    char object[512];
    (void)snprintf(object, sizeof(object), "{\"type\":\"rules\",\"files\":[\"%s\"]%s}", rule_file,
                   more);
    compile_good(c, &filter_rules, object);
}

static void scene_target(struct scene *s, char *head, size_t cap, const char *target)
{
    (void)snprintf(head, cap, "GET %s HTTP/1.1\r\nHost: a.example\r\n\r\n", target);
    scene_init(s, head);
    s->facts.worker = worker;
}

static struct filter_verdict ask(const struct compiled *c, struct scene *s, const char *target)
{
    static char head[8192];
    scene_target(s, head, sizeof(head), target);
    return check_head(c, s);
}

static void turns_decisions_into_verdicts(void **state)
{
    (void)state;
    static const struct {
        const char *options, *target;
        enum filter_verdict_kind kind;
        unsigned status;
        const char *rule, *reason;
        unsigned score;
    } cases[] = {
        {"", "/?a=b", FILTER_PASS, 0, "", NULL, 0},
        {"", "/?a=three", FILTER_PASS, 0, "", NULL, 3},
        {",\"threshold\":3", "/?a=three", FILTER_DENY, 403, "score", "score-threshold", 3},
        {",\"threshold\":3,\"status\":400", "/?a=three", FILTER_DENY, 400, "score",
         "score-threshold", 3},
        {"", "/?a=deny", FILTER_DENY, 404, "deny", "rule-denied", 0},
        {"", "/?a=allow", FILTER_ALLOW, 0, "allow", "rule-allowed", 0},
        {"", "/?a=careful", FILTER_PASS, 0, "", NULL, 0},
        {",\"paranoia\":2", "/?a=careful", FILTER_DENY, 403, "careful", "rule-denied", 0},
        {"", "/?a=watch", FILTER_PASS, 0, "watch", "rule-denied", 0},
        {",\"mode\":\"detect\"", "/?a=deny", FILTER_PASS, 0, "deny", "rule-denied", 0},
        {",\"mode\":\"block\"", "/?a=deny", FILTER_DENY, 404, "deny", "rule-denied", 0},
        {",\"mode\":\"detect\",\"threshold\":3", "/?a=three", FILTER_PASS, 0, "score",
         "score-threshold", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct compiled c;
        struct scene s;
        compile_rules(&c, cases[i].options);
        struct filter_verdict v = ask(&c, &s, cases[i].target);
        if (v.kind != cases[i].kind || v.status != cases[i].status || v.undecided)
            fail_msg("case %zu: kind %d, status %u", i, (int)v.kind, v.status);
        ASSERT_SLICE(v.rule, slice_str(cases[i].rule));
        ASSERT_SLICE(slice_str(v.reason), slice_str(cases[i].reason));
        assert_int_equal(s.notes.score, cases[i].score);
        scene_clear(&s);
        compiled_clear(&c);
    }
}

static void cannot_decide_is_an_undecided_denial(void **state)
{
    (void)state;
    static char target[6000] = "/?long=";
    size_t len = strlen(target);
    struct compiled c;
    struct scene s;
    compile_rules(&c, "");
    memset(target + len, 'a', 5000);
    memcpy(target + len + 5000, "!", 2);
    struct filter_verdict v = ask(&c, &s, target);
    assert_int_equal(v.kind, FILTER_DENY);
    assert_true(v.undecided);
    assert_int_equal(v.status, 403);
    assert_string_equal(v.reason, "regex-limit");
    scene_clear(&s);
    compiled_clear(&c);
}

static void notes_each_hit(void **state)
{
    (void)state;
    struct compiled c;
    struct scene s;
    compile_rules(&c, "");
    (void)ask(&c, &s, "/?a=three&password=x&b=watch");
    assert_int_equal(s.notes.match_count, 3);
    const struct filter_match *m = s.notes.matches;
    ASSERT_SLICE(m->rule, SLICE("score"));
    ASSERT_SLICE(m->target, SLICE("query.a"));
    ASSERT_SLICE(m->value, SLICE("three"));
    assert_int_equal(m->score, 3);
    assert_false(m->is_detect);
    assert_false(m->is_secret);
    m = m->next;
    ASSERT_SLICE(m->rule, SLICE("watch"));
    assert_true(m->is_detect);
    m = m->next;
    ASSERT_SLICE(m->rule, SLICE("secret"));
    assert_true(m->is_secret);
    scene_clear(&s);
    compiled_clear(&c);
}

static void a_hit_that_cannot_be_noted_does_not_pass(void **state)
{
    (void)state;
    struct compiled c;
    struct scene s;
    static char head[256];
    compile_rules(&c, "");
    scene_target(&s, head, sizeof(head), "/?a=watch");
    struct arena full;
    arena_init(&full, NULL, 0);
    s.facts.arena = &full;
    struct filter_verdict v = check_head(&c, &s);
    assert_int_equal(v.kind, FILTER_DENY);
    assert_true(v.undecided);
    assert_string_equal(v.reason, "out-of-memory");
    scene_clear(&s);
    compiled_clear(&c);
}

static void the_country_of_an_earlier_filter_is_seen(void **state)
{
    (void)state;
    static char head[256];
    struct compiled c;
    struct scene s;
    compile_rules(&c, "");
    scene_target(&s, head, sizeof(head), "/");
    s.notes.country = SLICE("XX");
    struct filter_verdict v = check_head(&c, &s);
    assert_int_equal(v.kind, FILTER_DENY);
    ASSERT_SLICE(v.rule, SLICE("country"));
    scene_clear(&s);
    compiled_clear(&c);
}

static const char form[] = "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 9\r\n"
                           "Content-Type: application/x-www-form-urlencoded\r\n\r\n";

static void asks_for_bodies_that_there_are(void **state)
{
    (void)state;
    static const struct {
        const char *options, *head;
        size_t limit;
    } cases[] = {
        {"", form, 128 * 1024},
        {",\"body_limit\":\"1KiB\"", form, 1024},
        {"", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 128 * 1024},
        {"", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 0},
        {"", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct compiled c;
        struct scene s;
        compile_rules(&c, cases[i].options);
        scene_init(&s, cases[i].head);
        assert_int_equal(filter_rules.body_limit(c.config, &s.facts), cases[i].limit);
        scene_clear(&s);
        compiled_clear(&c);
    }
}

static void judges_bodies(void **state)
{
    (void)state;
    static const char encoded[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n"
                                  "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n\r\n";
    static const struct {
        const char *options, *head;
        struct slice body;
        bool is_complete;
        const char *reason; // NULL: passes
        unsigned status;
        bool undecided;
    } cases[] = {
        {"", form, SLICE_INIT("a=b"), true, NULL, 0, false},
        {"", form, SLICE_INIT("a=three"), true, "score-threshold", 403, false},
        {"", form, SLICE_INIT("a=raw"), true, "rule-denied", 403, false},
        {"", form, SLICE_INIT("a=b"), false, "body-over-limit", 413, false},
        {",\"body_over_limit\":\"deny\"", form, SLICE_INIT("a"), false, "body-over-limit", 413,
         false},
        {",\"body_over_limit\":\"inspect_start\"", form, SLICE_INIT("a=b"), false, NULL, 0, false},
        {",\"body_over_limit\":\"inspect_start\"", form, SLICE_INIT("a=raw"), false, "rule-denied",
         403, false},
        {"", encoded, SLICE_INIT("a=b"), true, "body-encoded", 415, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct compiled c;
        struct scene s;
        struct filter_verdict v = {0};
        compile_rules(&c, cases[i].options);
        scene_init(&s, cases[i].head);
        s.facts.worker = worker;
        s.facts.body = cases[i].body;
        s.facts.body_is_complete = cases[i].is_complete;
        s.notes.score = 2; // of the head
        filter_rules.check_body(c.config, NULL, &s.facts, &v);
        assert_int_equal(v.kind, cases[i].reason ? FILTER_DENY : FILTER_PASS);
        ASSERT_SLICE(slice_str(v.reason), slice_str(cases[i].reason));
        assert_int_equal(v.status, cases[i].status);
        assert_int_equal(v.undecided, cases[i].undecided);
        scene_clear(&s);
        compiled_clear(&c);
    }
}

static void judges_responses(void **state)
{
    (void)state;
    static char head[256];
    struct http_field field = {.name = SLICE_INIT("X-Leak"), .value = SLICE_INIT("a leak")};
    struct http_response response = {.status = 200, .fields = {.items = &field, .count = 1}};
    struct compiled c;
    struct scene s;
    struct filter_verdict v = {0};
    compile_rules(&c, "");
    scene_target(&s, head, sizeof(head), "/");
    s.facts.response = &response;
    filter_rules.check_response(c.config, NULL, &s.facts, &v);
    assert_int_equal(v.kind, FILTER_DENY);
    ASSERT_SLICE(v.rule, SLICE("answer"));
    scene_clear(&s);
    compiled_clear(&c);
}

static void notes_what_rules_of_the_last_phase_find(void **state)
{
    (void)state;
    static char head[256];
    struct compiled c;
    struct scene s;
    compile_rules(&c, "");
    scene_target(&s, head, sizeof(head), "/?late=1");
    assert_int_equal(check_head(&c, &s).kind, FILTER_PASS);
    assert_int_equal(s.notes.match_count, 0);
    filter_rules.note_end(c.config, NULL, &s.facts);
    assert_int_equal(s.notes.match_count, 1);
    ASSERT_SLICE(s.notes.matches->rule, SLICE("late"));
    scene_clear(&s);
    compiled_clear(&c);
}

static void tells_how_many_rules_are_in_force(void **state)
{
    (void)state;
    char text[64];
    struct compiled c;
    compile_rules(&c, "");
    filter_rules.describe(c.config, text, sizeof(text));
    assert_string_equal(text, "10 rules");
    compiled_clear(&c);
}

static void refuses_what_makes_no_filter(void **state)
{
    (void)state;
    static const struct {
        const char *object, *problem;
    } cases[] = {
        {"{\"type\":\"rules\"}", "\"files\" is missing"},
        {"{\"type\":\"rules\",\"files\":\"a.json\"}", "expected an array"},
        {"{\"type\":\"rules\",\"files\":[]}", "1 to 256 rule files"},
        {"{\"type\":\"rules\",\"files\":[1]}", "files[0]"},
        {"{\"type\":\"rules\",\"files\":[\"none.json\"]}", "none.json"},
        {"{\"type\":\"rules\",\"files\":[\"none*.json\"]}", "no file has a name like this"},
        {"{\"type\":\"rules\",\"file\":[]}", "did you mean \"files\""},
        {"{\"type\":\"rules\",\"files\":[\"x\"],\"mode\":\"on\"}", "\"on\" is not among"},
        {"{\"type\":\"rules\",\"files\":[\"x\"],\"threshold\":0}", "threshold"},
        {"{\"type\":\"rules\",\"files\":[\"x\"],\"paranoia\":5}", "paranoia"},
        {"{\"type\":\"rules\",\"files\":[\"x\"],\"body_limit\":\"2MiB\"}", "body_limit"},
        {"{\"type\":\"rules\",\"files\":[\"x\"],\"body_over_limit\":\"pass\"}",
         "\"pass\" is not among"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_refused(&filter_rules, cases[i].object, cases[i].problem);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(rule_file, sizeof(rule_file), "%s/rules.json", folder);
    FILE *file = fopen(rule_file, "w");
    if (!file || fputs(rules, file) < 0 || fclose(file) != 0)
        return -1;
    worker = filter_worker_new();
    return worker ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    filter_worker_free(&worker);
    return unlink(rule_file) + rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_decisions_into_verdicts),
        cmocka_unit_test(cannot_decide_is_an_undecided_denial),
        cmocka_unit_test(notes_each_hit),
        cmocka_unit_test(a_hit_that_cannot_be_noted_does_not_pass),
        cmocka_unit_test(the_country_of_an_earlier_filter_is_seen),
        cmocka_unit_test(asks_for_bodies_that_there_are),
        cmocka_unit_test(judges_bodies),
        cmocka_unit_test(judges_responses),
        cmocka_unit_test(notes_what_rules_of_the_last_phase_find),
        cmocka_unit_test(tells_how_many_rules_are_in_force),
        cmocka_unit_test(refuses_what_makes_no_filter),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

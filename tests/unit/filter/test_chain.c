// SPDX-License-Identifier: Apache-2.0
#include "filter/ban.h"
#include "filter/chain.h"

#include "unit/filter/facts.h"

static const char get[] = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";

// A filter that does what its config says, and counts how often it was asked.
struct script {
    enum filter_verdict_kind kind;
    bool undecided;
    size_t body_limit;
    unsigned asked;
    size_t saw;
    bool saw_all;
    enum filter_verdict_kind finish;
};

struct script_job {
    struct filter_job base;
    const struct script *script;
};

static void play(const struct script *s, enum filter_verdict_kind kind,
                 const struct filter_facts *f, struct filter_verdict *out)
{
    if (kind == FILTER_DENY || kind == FILTER_RESPOND) {
        assert_true(filter_note_field(f, &f->notes->response_set, SLICE("X-Wish"), SLICE("1")));
        filter_deny(out, 403, "scripted");
        out->kind = kind;
        out->undecided = s->undecided;
    }
    out->kind = kind;
}

static void finish_script(struct filter_job *job, const struct filter_facts *f,
                          struct filter_verdict *out)
{
    const struct script *s = ((struct script_job *)job)->script;
    play(s, s->finish, f, out);
}

static void check_script(const void *config, void *state, const struct filter_facts *f,
                         struct filter_verdict *out)
{
    static struct script_job job;
    (void)state;
    struct script *s = (struct script *)(uintptr_t)config;
    s->asked++;
    s->saw = f->body.len;
    s->saw_all = f->body_is_complete;
    if (s->kind == FILTER_WAIT) {
        job = (struct script_job){.base = {.finish = finish_script}, .script = s};
        out->job = &job.base;
    }
    play(s, s->kind, f, out);
}

static size_t script_body_limit(const void *config, const struct filter_facts *f)
{
    (void)f;
    return ((const struct script *)config)->body_limit;
}

static void note_script(const void *config, void *state, const struct filter_facts *f)
{
    (void)state;
    (void)f;
    ((struct script *)(uintptr_t)config)->asked++;
}

static const struct filter filter_script = {.name = "script",
                                            .check_head = check_script,
                                            .check_body = check_script,
                                            .body_limit = script_body_limit,
                                            .note_end = note_script};

struct chained {
    struct filter_instance instances[3];
    const struct filter_instance *items[3];
    struct filter_chain chain;
};

static void chain_of(struct chained *c, struct script *scripts, size_t count)
{
    static const char *const names[] = {"one", "two", "three"};
    *c = (struct chained){.chain = {.items = c->items, .count = count}};
    for (size_t i = 0; i < count; i++) {
        c->instances[i] = (struct filter_instance){
            .name = slice_str(names[i]), .type = &filter_script, .config = &scripts[i]};
        c->items[i] = &c->instances[i];
    }
}

static void stops_at_the_first_refusal_and_names_it(void **state)
{
    (void)state;
    struct script scripts[3] = {
        {.kind = FILTER_PASS}, {.kind = FILTER_DENY}, {.kind = FILTER_DENY}};
    struct chained c;
    struct scene s;
    struct filter_run run = {0};
    struct filter_verdict v;
    chain_of(&c, scripts, 3);
    scene_init(&s, get);
    filter_chain_run(&c.chain, FILTER_AT_HEAD, &run, &s.facts, &v);
    assert_int_equal(v.kind, FILTER_DENY);
    assert_string_equal(v.reason, "scripted");
    ASSERT_SLICE(v.filter, SLICE("two"));
    assert_int_equal(scripts[0].asked, 1);
    assert_int_equal(scripts[2].asked, 0);
    ASSERT_SLICE(field_in(s.notes.response_set, "X-Wish"), SLICE("1"));
    scene_clear(&s);
}

static void every_filter_makes_its_last_notes(void **state)
{
    (void)state;
    struct script scripts[3] = {
        {.kind = FILTER_PASS}, {.kind = FILTER_DENY}, {.kind = FILTER_PASS}};
    struct chained c;
    struct scene s;
    chain_of(&c, scripts, 3);
    scene_init(&s, get);
    filter_chain_end(&c.chain, &s.facts);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(scripts[i].asked, 1);
    scene_clear(&s);
}

static void empty_chain_passes(void **state)
{
    (void)state;
    struct filter_chain chain = {0};
    struct filter_run run = {0};
    struct filter_verdict v = {.kind = FILTER_DENY};
    struct scene s;
    scene_init(&s, get);
    filter_chain_run(&chain, FILTER_AT_HEAD, &run, &s.facts, &v);
    assert_int_equal(v.kind, FILTER_PASS);
    scene_clear(&s);
}

static void allow_ends_the_chain(void **state)
{
    (void)state;
    struct script scripts[2] = {{.kind = FILTER_ALLOW}, {.kind = FILTER_DENY}};
    struct chained c;
    struct scene s;
    struct filter_run run = {0};
    struct filter_verdict v;
    chain_of(&c, scripts, 2);
    scene_init(&s, get);
    filter_chain_run(&c.chain, FILTER_AT_HEAD, &run, &s.facts, &v);
    assert_int_equal(v.kind, FILTER_ALLOW);
    assert_true(run.allowed);
    assert_int_equal(scripts[1].asked, 0);
    filter_chain_run(&c.chain, FILTER_AT_BODY, &run, &s.facts, &v);
    assert_int_equal(v.kind, FILTER_PASS);
    assert_int_equal(scripts[1].asked, 0);
    scene_clear(&s);
}

static void watching_route_passes_refusals_and_notes_the_first(void **state)
{
    (void)state;
    struct script scripts[3] = {
        {.kind = FILTER_PASS}, {.kind = FILTER_RESPOND}, {.kind = FILTER_DENY}};
    struct chained c;
    struct scene s;
    struct filter_run run = {0};
    struct filter_verdict v;
    chain_of(&c, scripts, 3);
    c.chain.detect = true;
    scene_init(&s, get);
    filter_chain_run(&c.chain, FILTER_AT_HEAD, &run, &s.facts, &v);
    assert_int_equal(v.kind, FILTER_PASS);
    assert_int_equal(scripts[2].asked, 1);
    ASSERT_SLICE(s.notes.would_deny_filter, SLICE("two"));
    assert_string_equal(s.notes.would_deny_reason, "scripted");
    assert_null(s.notes.response_set);
    scene_clear(&s);
}

static void undecided_denies_unless_told_to_pass(void **state)
{
    (void)state;
    for (int pass = 0; pass < 2; pass++) {
        struct script scripts[1] = {{.kind = FILTER_DENY, .undecided = true}};
        struct chained c;
        struct scene s;
        struct filter_run run = {0};
        struct filter_verdict v;
        chain_of(&c, scripts, 1);
        c.instances[0].pass_on_error = pass;
        scene_init(&s, get);
        filter_chain_run(&c.chain, FILTER_AT_HEAD, &run, &s.facts, &v);
        assert_int_equal(v.kind, pass ? FILTER_PASS : FILTER_DENY);
        // The gap shows in the record.
        assert_int_equal(s.notes.match_count, pass);
        if (pass)
            ASSERT_SLICE(s.notes.matches->value, SLICE("scripted"));
        scene_clear(&s);
    }
}

static void on_error_does_not_excuse_a_real_refusal(void **state)
{
    (void)state;
    struct script scripts[1] = {{.kind = FILTER_DENY}};
    struct chained c;
    struct scene s;
    struct filter_run run = {0};
    struct filter_verdict v;
    chain_of(&c, scripts, 1);
    c.instances[0].pass_on_error = true;
    scene_init(&s, get);
    filter_chain_run(&c.chain, FILTER_AT_HEAD, &run, &s.facts, &v);
    assert_int_equal(v.kind, FILTER_DENY);
    scene_clear(&s);
}

static void says_which_refusals_count_for_a_ban(void **state)
{
    (void)state;
    static const struct {
        struct script script;
        bool detect, counts;
    } cases[] = {
        {{.kind = FILTER_DENY}, false, true},
        {{.kind = FILTER_DENY}, true, false},
        {{.kind = FILTER_PASS}, false, false},
        {{.kind = FILTER_ALLOW}, false, false},
    };
    struct filter_ban ban = {.after = {.max = 1, .window_ms = 1}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct script script = cases[i].script;
        struct chained c;
        struct scene s;
        struct filter_run run = {0};
        struct filter_verdict v;
        chain_of(&c, &script, 1);
        c.instances[0].ban = &ban;
        c.chain.detect = cases[i].detect;
        scene_init(&s, get);
        filter_chain_run(&c.chain, FILTER_AT_HEAD, &run, &s.facts, &v);
        assert_ptr_equal(v.ban, cases[i].counts ? &ban : NULL);
        scene_clear(&s);
    }
}

static void goes_on_behind_a_filter_that_waited(void **state)
{
    (void)state;
    struct script scripts[3] = {
        {.kind = FILTER_PASS}, {.kind = FILTER_WAIT, .finish = FILTER_PASS}, {.kind = FILTER_DENY}};
    struct chained c;
    struct scene s;
    struct filter_run run = {0};
    struct filter_verdict v;
    chain_of(&c, scripts, 3);
    scene_init(&s, get);
    filter_chain_run(&c.chain, FILTER_AT_HEAD, &run, &s.facts, &v);
    assert_int_equal(v.kind, FILTER_WAIT);
    ASSERT_SLICE(v.filter, SLICE("two"));
    assert_int_equal(scripts[2].asked, 0);
    struct filter_job *job = v.job;
    filter_chain_resume(&c.chain, FILTER_AT_HEAD, &run, job, &s.facts, &v);
    assert_int_equal(v.kind, FILTER_DENY);
    ASSERT_SLICE(v.filter, SLICE("three"));
    assert_int_equal(scripts[1].asked, 1);
    scene_clear(&s);
}

static void job_may_refuse(void **state)
{
    (void)state;
    struct script scripts[2] = {{.kind = FILTER_WAIT, .finish = FILTER_RESPOND},
                                {.kind = FILTER_PASS}};
    struct chained c;
    struct scene s;
    struct filter_run run = {0};
    struct filter_verdict v;
    chain_of(&c, scripts, 2);
    scene_init(&s, get);
    filter_chain_run(&c.chain, FILTER_AT_HEAD, &run, &s.facts, &v);
    filter_chain_resume(&c.chain, FILTER_AT_HEAD, &run, v.job, &s.facts, &v);
    assert_int_equal(v.kind, FILTER_RESPOND);
    ASSERT_SLICE(v.filter, SLICE("one"));
    assert_int_equal(scripts[1].asked, 0);
    scene_clear(&s);
}

static void each_filter_sees_as_much_body_as_it_asked_for(void **state)
{
    (void)state;
    struct script scripts[3] = {{.body_limit = 4}, {.body_limit = 0}, {.body_limit = 10}};
    struct chained c;
    struct scene s;
    struct filter_run run = {0};
    struct filter_verdict v;
    chain_of(&c, scripts, 3);
    scene_init(&s, get);
    assert_int_equal(filter_chain_body_limit(&c.chain, &s.facts), 10);
    s.facts.body = SLICE("12345678");
    s.facts.body_is_complete = true;
    filter_chain_run(&c.chain, FILTER_AT_BODY, &run, &s.facts, &v);
    assert_int_equal(v.kind, FILTER_PASS);
    assert_int_equal(scripts[0].saw, 4);
    assert_false(scripts[0].saw_all);
    assert_int_equal(scripts[1].asked, 0);
    assert_int_equal(scripts[2].saw, 8);
    assert_true(scripts[2].saw_all);
    scene_clear(&s);
}

static void count_release(void *state, uint64_t token)
{
    *(uint64_t *)state += token;
}

static void release_gives_back_each_hold_once(void **state)
{
    (void)state;
    uint64_t sum = 0;
    struct filter_hold second = {.release = count_release, .state = &sum, .token = 5};
    struct filter_hold first = {
        .release = count_release, .state = &sum, .token = 7, .next = &second};
    struct filter_notes notes = {.holds = &first};
    filter_notes_release(&notes);
    filter_notes_release(&notes);
    assert_int_equal(sum, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stops_at_the_first_refusal_and_names_it),
        cmocka_unit_test(every_filter_makes_its_last_notes),
        cmocka_unit_test(empty_chain_passes),
        cmocka_unit_test(allow_ends_the_chain),
        cmocka_unit_test(watching_route_passes_refusals_and_notes_the_first),
        cmocka_unit_test(undecided_denies_unless_told_to_pass),
        cmocka_unit_test(on_error_does_not_excuse_a_real_refusal),
        cmocka_unit_test(says_which_refusals_count_for_a_ban),
        cmocka_unit_test(goes_on_behind_a_filter_that_waited),
        cmocka_unit_test(job_may_refuse),
        cmocka_unit_test(each_filter_sees_as_much_body_as_it_asked_for),
        cmocka_unit_test(release_gives_back_each_hold_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

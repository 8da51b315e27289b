// SPDX-License-Identifier: Apache-2.0
#include "unit/filter/facts.h"

#include "filter/records.h"

struct made {
    struct json_doc *doc;
    struct problems *problems;
    struct filter_instance instance;
    bool good;
};

static void make(struct made *m, const char *object)
{
    m->problems = problems_new();
    m->doc = json_read_text("policy.json", slice_str(object), m->problems);
    assert_non_null(m->doc);
    m->good = filter_instance_compile(&m->instance, SLICE("limit"), json_root(m->doc), m->problems);
}

static void clear(struct made *m)
{
    filter_instance_clear(&m->instance);
    json_free(&m->doc);
    problems_free(&m->problems);
}

static void compiles_with_type_and_on_error(void **state)
{
    (void)state;
    struct made m;
    make(&m,
         "{\"type\":\"rate_limit\",\"on_error\":\"pass\",\"key\":[\"path\"],\"rate\":\"1/1s\"}");
    assert_true(m.good);
    assert_ptr_equal(m.instance.type, &filter_rate_limit);
    assert_true(m.instance.pass_on_error);
    assert_non_null(m.instance.state);
    clear(&m);
    make(&m, "{\"type\":\"ip_list\",\"deny\":[]}");
    assert_true(m.good);
    assert_false(m.instance.pass_on_error);
    assert_null(m.instance.state);
    clear(&m);
}

static void refuses_unknown_types_and_words(void **state)
{
    (void)state;
    static const struct {
        const char *object, *problem;
    } cases[] = {
        {"{}", "the key \"type\" is missing"},
        {"7", "expected an object"},
        {"{\"type\":7}", "expected a string"},
        {"{\"type\":\"ratelimit\"}", "did you mean \"rate_limit\"?"},
        {"{\"type\":\"quantum\"}", "there is no filter type \"quantum\""},
        {"{\"type\":\"ip_list\",\"deny\":[],\"on_error\":\"maybe\"}", "$.on_error"},
        {"{\"type\":\"ip_list\",\"deny\":[\"nonsense/1\"]}", "$.deny[0]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct made m;
        make(&m, cases[i].object);
        assert_false(m.good);
        if (!any_problem_says(m.problems, cases[i].problem))
            fail_msg("%s: %s", cases[i].object, problems_text(m.problems, 0));
        clear(&m);
    }
}

static struct filter_verdict ask(const struct filter_instance *i, struct scene *s)
{
    struct filter_verdict v = {0};
    i->type->check_head(i->config, i->state, &s->facts, &v);
    return v;
}

static void state_goes_on_after_a_reload(void **state)
{
    (void)state;
    static const char object[] = "{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"1/1m\"}";
    struct made old, fresh, other;
    struct scene s;
    make(&old, object);
    make(&fresh, object);
    make(&other, "{\"type\":\"rate_limit\",\"key\":[\"path\"],\"rate\":\"2/1m\"}");
    scene_init(&s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(ask(&old.instance, &s).kind, FILTER_PASS);
    filter_instance_inherit(&fresh.instance, &old.instance);
    filter_instance_inherit(&other.instance, &old.instance);
    // The old policy goes; what it counted stays.
    clear(&old);
    s.notes = (struct filter_notes){0}; // an exchange notes words of its own policy alone
    assert_int_equal(ask(&fresh.instance, &s).kind, FILTER_DENY);
    assert_int_equal(ask(&other.instance, &s).kind, FILTER_PASS);
    scene_clear(&s);
    clear(&fresh);
    clear(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compiles_with_type_and_on_error),
        cmocka_unit_test(refuses_unknown_types_and_words),
        cmocka_unit_test(state_goes_on_after_a_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "support/policy.h"

struct fixture {
    struct snapshot snapshot;
    struct problems *problems;
    struct json_doc *doc;
    struct policy_reader reader;
};

static int begin(void **state)
{
    static struct fixture f;
    static const char text[] = "{\"names\":{\"app\":1,\"api\":2,\"-._/*:9\":3},\"bad names\":{\"a "
                               "b\":1,\"\":2},\"app\":\"app\","
                               "\"apq\":\"apq\",\"path\":\"x/y.pem\",\"root\":\"/etc/z\"}";
    f = (struct fixture){.problems = problems_new()};
    f.doc = f.problems ? json_read_text("conf/p.json", slice_str(text), f.problems) : NULL;
    if (!f.doc)
        return -1;
    arena_init(&f.snapshot.arena, NULL, 1 << 20);
    f.reader =
        (struct policy_reader){.s = &f.snapshot, .problems = f.problems, .root = json_root(f.doc)};
    *state = &f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    arena_clear(&f->snapshot.arena);
    json_free(&f->doc);
    problems_free(&f->problems);
    return 0;
}

static void finds_names_and_marks_them_used(void **state)
{
    struct fixture *f = *state;
    struct policy_names names = {0};
    assert_true(policy_names_of(&f->reader, json_get(f->reader.root, "names"), &names));
    assert_int_equal(names.count, 3);
    assert_int_equal(problems_count(f->problems), 0);
    assert_int_equal(
        policy_names_find(&f->reader, &names, json_get(f->reader.root, "app"), "thing"), 0);
    assert_true(names.used[0]);
    assert_false(names.used[1]);
    assert_int_equal(
        policy_names_find(&f->reader, &names, json_get(f->reader.root, "apq"), "thing"), SIZE_MAX);
    assert_non_null(strstr(problems_text(f->problems, 0),
                           "no thing is called \"apq\" (did you mean \"app\"?)"));
}

static void checks_names(void **state)
{
    struct fixture *f = *state;
    struct policy_names names = {0};
    assert_true(policy_names_of(&f->reader, json_get(f->reader.root, "bad names"), &names));
    assert_int_equal(problems_count(f->problems), 2);
}

static void resolves_paths_against_the_policy(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(policy_path(&f->reader, json_get(f->reader.root, "path")), "conf/x/y.pem");
    assert_string_equal(policy_path(&f->reader, json_get(f->reader.root, "root")), "/etc/z");
}

static void lack_of_memory_is_a_problem(void **state)
{
    struct fixture *f = *state;
    f->snapshot.arena.limit = 0;
    assert_null(policy_new(&f->reader, 1, 100));
    assert_null(policy_str(&f->reader, SLICE("x")));
    assert_null(policy_copy(&f->reader, SLICE("x")).ptr);
    assert_null(policy_path(&f->reader, json_get(f->reader.root, "path")));
    assert_int_equal(problems_count(f->problems), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_names_and_marks_them_used, begin, end),
        cmocka_unit_test_setup_teardown(checks_names, begin, end),
        cmocka_unit_test_setup_teardown(resolves_paths_against_the_policy, begin, end),
        cmocka_unit_test_setup_teardown(lack_of_memory_is_a_problem, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

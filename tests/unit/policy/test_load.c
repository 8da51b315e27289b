// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "support/policy.h"

static bool found(const struct problems *problems, const char *piece)
{
    const char *text;
    for (size_t i = 0; (text = problems_text(problems, i)); i++) {
        if (strstr(text, piece))
            return true;
    }
    print_error("nobody said \"%s\"\n", piece);
    return false;
}

static void five_mistakes_are_five_reports(void **state)
{
    static const char text[] =
        "{\n"
        "  'listeners': [{ 'name': 'public', 'bind': '[::]:8080' }],\n"
        "  'backends': { 'app': { 'servers': [{ 'url': 'http://127.0.0.1:9000' }], 'retrie': 2 } "
        "},\n"
        "  'filters': { 'bad': { 'type': 'ip_list', 'deny': ['192.0.2.0/24'], 'status': 'no' } },\n"
        "  'routes': [\n"
        "    { 'hosts': ['a.test'], 'filters': ['bed'], 'backend': 'ap' }\n"
        "  ],\n"
        "  'limits': { 'head_timeout': '10' }\n"
        "}\n";
    static const char *const wanted[] = {
        "conf/p.json:3:75: error: $.backends.app.retrie: unknown key \"retrie\" (did you mean "
        "\"retries\"?)",
        "conf/p.json:4:70: error: $.filters.bad.status: ",
        "conf/p.json:6:40: error: $.routes[0].filters[0]: no filter is called \"bed\" (did you "
        "mean \"bad\"?)",
        "conf/p.json:6:48: error: $.routes[0].backend: no backend is called \"ap\" (did you mean "
        "\"app\"?)",
        "conf/p.json:8:15: error: $.limits.head_timeout: \"10\" is not a duration",
    };
    struct problems *problems = problems_new();
    assert_null(policy_try(text, POLICY_REACH_ALL, problems));
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        assert_true(found(problems, wanted[i]));
    assert_int_equal(problems_count(problems), ARRAY_LEN(wanted));
    problems_free(&problems);
    (void)state;
}

static const struct policy_case refused[] = {
    {"no JSON", "listeners: []", "conf/p.json:1:1: error: "},
    {"no object", "[]", "conf/p.json:1:1: error: $: expected an object, found an array"},
    {"half a policy", "{'listeners':[", "conf/p.json:1:15: error: "},
    {"a key twice", "{'listeners':[{'name':'a','bind':'127.0.0.1:0'}],'workers':1,'workers':2}",
     "$.workers: the key \"workers\" is repeated"},
};

static void refuses(void **state)
{
    POLICY_ASSERT_ALL_REFUSED(refused);
    (void)state;
}

static void takes_comments(void **state)
{
    struct snapshot *s = policy_good(
        "// who listens\n{ /* one */ 'listeners': [{'name':'a','bind':'127.0.0.1:0'}] }");
    snapshot_unref(&s);
    (void)state;
}

static void reads_a_file_and_says_when_it_cannot(void **state)
{
    static const char text[] = "{\"listeners\":[{\"name\":\"a\",\"bind\":\"127.0.0.1:0\"}]}";
    char path[] = "/tmp/yett-policy-load-XXXXXX";
    struct problems *problems = problems_new();
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    assert_int_equal(close(fd), 0);
    struct snapshot *s = policy_load(path, problems);
    assert_non_null(s);
    assert_string_equal(s->path, path);
    snapshot_unref(&s);
    assert_int_equal(unlink(path), 0);
    assert_null(policy_load(path, problems));
    assert_int_equal(problems_count(problems), 1);
    assert_true(found(problems, path));
    problems_free(&problems);
    (void)state;
}

// Problems of an earlier file must not condemn this one.
static void counts_only_its_own_problems(void **state)
{
    struct problems *problems = problems_new();
    problems_add_at(problems, "other.json", 1, 1, "something else");
    struct snapshot *s = policy_try(POLICY_WITH(""), POLICY_REACH_ALL, problems);
    assert_non_null(s);
    snapshot_unref(&s);
    problems_free(&problems);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_mistakes_are_five_reports),
        cmocka_unit_test(refuses),
        cmocka_unit_test(takes_comments),
        cmocka_unit_test(reads_a_file_and_says_when_it_cannot),
        cmocka_unit_test(counts_only_its_own_problems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "unit/filter/facts.h"

#include <unistd.h>

#include "filter/records.h"

static const char get[] = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";

static void judges_by_the_longest_prefix(void **state)
{
    (void)state;
    static const struct {
        const char *object, *client;
        const char *rule; // NULL: passes
    } cases[] = {
        {"{\"type\":\"ip_list\",\"deny\":[\"192.0.2.0/24\"]}", "192.0.2.1", "192.0.2.0/24"},
        {"{\"type\":\"ip_list\",\"deny\":[\"192.0.2.0/24\"]}", "192.0.3.1", NULL},
        {"{\"type\":\"ip_list\",\"deny\":[\"192.0.2.1\"]}", "192.0.2.1", "192.0.2.1/32"},
        {"{\"type\":\"ip_list\",\"deny\":[\"192.0.2.0-192.0.2.3\"]}", "192.0.2.3", "192.0.2.0/30"},
        {"{\"type\":\"ip_list\",\"deny\":[\"10.0.0.0/8\"],\"allow\":[\"10.1.0.0/16\"]}", "10.1.2.3",
         NULL},
        {"{\"type\":\"ip_list\",\"deny\":[\"10.0.0.0/8\"],\"allow\":[\"10.1.0.0/16\"]}", "10.2.2.3",
         "10.0.0.0/8"},
        {"{\"type\":\"ip_list\",\"deny\":[\"10.0.0.0/8\"],\"allow\":[\"10.0.0.0/8\"]}", "10.2.2.3",
         "10.0.0.0/8"},
        {"{\"type\":\"ip_list\",\"allow\":[\"10.0.0.0/8\"],\"default\":\"deny\"}", "192.0.2.1",
         "default"},
        {"{\"type\":\"ip_list\",\"allow\":[\"10.0.0.0/8\"],\"default\":\"deny\"}", "10.0.0.1",
         NULL},
        {"{\"type\":\"ip_list\",\"allow\":[\"10.0.0.0/8\"],\"default\":\"pass\"}", "192.0.2.1",
         NULL},
        {"{\"type\":\"ip_list\",\"deny\":[\"2001:db8::/32\"]}", "2001:db8:1::9", "2001:db8::/32"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct compiled c;
        struct scene s;
        compile_good(&c, &filter_ip_list, cases[i].object);
        scene_init(&s, get);
        scene_client(&s, cases[i].client);
        struct filter_verdict v = check_head(&c, &s);
        assert_int_equal(v.kind, cases[i].rule ? FILTER_DENY : FILTER_PASS);
        if (cases[i].rule) {
            assert_string_equal(v.reason, "ip-denied");
            assert_int_equal(v.status, 403);
            ASSERT_SLICE(v.rule, slice_str(cases[i].rule));
        }
        scene_clear(&s);
        compiled_clear(&c);
    }
}

static void judges_an_address_without_a_request(void **state)
{
    (void)state;
    struct compiled c;
    struct scene s;
    compile_good(&c, &filter_ip_list,
                 "{\"type\":\"ip_list\",\"deny\":[\"192.0.2.0/24\"],\"status\":404}");
    scene_init(&s, get);
    s.facts.request = NULL;
    struct filter_verdict v = {0};
    filter_ip_list.check_address(c.config, NULL, &s.facts, &v);
    assert_int_equal(v.kind, FILTER_DENY);
    assert_int_equal(v.status, 404);
    scene_clear(&s);
    compiled_clear(&c);
}

static void default_decides_for_unix_peers(void **state)
{
    (void)state;
    struct compiled c;
    struct scene s;
    compile_good(&c, &filter_ip_list,
                 "{\"type\":\"ip_list\",\"allow\":[\"::/0\"],\"default\":\"deny\"}");
    scene_init(&s, get);
    s.facts.client = (struct addr){.is_unix = true};
    assert_denies(&c, &s, 403, "ip-denied");
    scene_clear(&s);
    compiled_clear(&c);
}

static void refuses_wrong_objects(void **state)
{
    (void)state;
    static const struct {
        const char *object, *problem;
    } cases[] = {
        {"{\"type\":\"ip_list\"}", "needs \"deny\" or \"allow\""},
        {"{\"type\":\"ip_list\",\"deny\":\"10.0.0.0/8\"}", "$.it.deny: expected an array"},
        {"{\"type\":\"ip_list\",\"deny\":[7]}", "$.it.deny[0]: expected a string"},
        {"{\"type\":\"ip_list\",\"deny\":[\"10.0.0.1/8\"]}", "(did you mean \"10.0.0.0/8\"?)"},
        {"{\"type\":\"ip_list\",\"deny\":[\"10.0.0.0/33\"]}",
         "\"10.0.0.0/33\" is no address, prefix or range"},
        {"{\"type\":\"ip_list\",\"deny\":[\"10.0.0.9-10.0.0.1\"]}", "does not run from a lower"},
        {"{\"type\":\"ip_list\",\"deny\":[\"no-such-file.txt\"]}",
         "no-such-file.txt can't be read"},
        {"{\"type\":\"ip_list\",\"deny\":[],\"defualt\":\"deny\"}", "did you mean \"default\"?"},
        {"{\"type\":\"ip_list\",\"deny\":[],\"default\":\"drop\"}", "$.it.default"},
        {"{\"type\":\"ip_list\",\"deny\":[],\"status\":200}", "$.it.status"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_refused(&filter_ip_list, cases[i].object, cases[i].problem);
}

static void reads_entries_from_files(void **state)
{
    (void)state;
    char path[] = "/tmp/yett-list-XXXXXX", object[256], line[128];
    int file = mkstemp(path);
    assert_true(file >= 0);
    static const char text[] = "# list\n192.0.2.0/24 ; SBL1\n";
    assert_int_equal(write(file, text, sizeof(text) - 1), sizeof(text) - 1);
    (void)snprintf(object, sizeof(object),
                   "{\"type\":\"ip_list\",\"deny\":[\"%s\",\"2001:db8::/32\"]}", path);
    struct compiled c;
    struct scene s;
    compile_good(&c, &filter_ip_list, object);
    scene_init(&s, get);
    assert_denies(&c, &s, 403, "ip-denied");
    filter_ip_list.describe(c.config, line, sizeof(line));
    assert_non_null(strstr(line, "2 prefixes, 1 files"));
    scene_clear(&s);
    compiled_clear(&c);

    assert_int_equal(write(file, "oops\n", 5), 5);
    char problem[128];
    (void)snprintf(problem, sizeof(problem), "%s:3: error: \"oops\" is no address, prefix or range",
                   path);
    assert_refused(&filter_ip_list, object, problem);
    (void)close(file);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_by_the_longest_prefix),
        cmocka_unit_test(judges_an_address_without_a_request),
        cmocka_unit_test(default_decides_for_unix_peers),
        cmocka_unit_test(refuses_wrong_objects),
        cmocka_unit_test(reads_entries_from_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

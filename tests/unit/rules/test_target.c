// SPDX-License-Identifier: Apache-2.0
// How rule files name parts of a message.
#include "support/unit.h"

#include "rules/target.h"
#include "unit/rules/fixture.h"

static void reads_targets(void **state)
{
    static const struct {
        const char *text;
        enum rules_collection collection;
        enum rules_pick pick;
        const char *name;
        bool is_taken_out;
    } cases[] = {
        {"method", RULES_OF_METHOD, RULES_PICK_ALL, "", false},
        {"path", RULES_OF_PATH, RULES_PICK_ALL, "", false},
        {"path.raw", RULES_OF_PATH_RAW, RULES_PICK_ALL, "", false},
        {"query", RULES_OF_QUERY, RULES_PICK_ALL, "", false},
        {"query.*", RULES_OF_QUERY_VALUES, RULES_PICK_ALL, "*", false},
        {"query.names", RULES_OF_QUERY_NAMES, RULES_PICK_ALL, "", false},
        {"query.id", RULES_OF_QUERY_VALUES, RULES_PICK_NAME, "id", false},
        {"query.a.b", RULES_OF_QUERY_VALUES, RULES_PICK_NAME, "a.b", false},
        {"query./^a.b$/", RULES_OF_QUERY_VALUES, RULES_PICK_REGEX, "^a.b$", false},
        {"!cookies.session", RULES_OF_COOKIE_VALUES, RULES_PICK_NAME, "session", true},
        {"!headers./^x-/", RULES_OF_HEADER_VALUES, RULES_PICK_REGEX, "^x-", true},
        {"headers.User-Agent", RULES_OF_HEADER_VALUES, RULES_PICK_NAME, "User-Agent", false},
        {"body", RULES_OF_BODY, RULES_PICK_ALL, "", false},
        {"body.names", RULES_OF_BODY_NAMES, RULES_PICK_ALL, "", false},
        {"client.address", RULES_OF_CLIENT_ADDRESS, RULES_PICK_ALL, "", false},
        {"tls.server_name", RULES_OF_TLS_SERVER_NAME, RULES_PICK_ALL, "", false},
        {"response.status", RULES_OF_RESPONSE_STATUS, RULES_PICK_ALL, "", false},
        {"body.items[*].name", RULES_OF_BODY_VALUES, RULES_PICK_INDEXED, "items[*].name", false},
        {"query.names[id]", RULES_OF_QUERY_NAMES, RULES_PICK_NAME, "id", false},
        {"!headers.names[/^x-/]", RULES_OF_HEADER_NAMES, RULES_PICK_REGEX, "^x-", true},
        {"vars.Seen", RULES_OF_VARS, RULES_PICK_NAME, "Seen", false},
        {"capture.1", RULES_OF_CAPTURES, RULES_PICK_NAME, "1", false},
        {"matched", RULES_OF_MATCHED, RULES_PICK_ALL, "", false},
        {"matched.*", RULES_OF_MATCHED_ALL, RULES_PICK_ALL, "", false},
        {"files.names", RULES_OF_FILE_FIELDS, RULES_PICK_ALL, "", false},
        {"files.upload", RULES_OF_FILES, RULES_PICK_NAME, "upload", false},
        {"response.headers.names", RULES_OF_RESPONSE_HEADER_NAMES, RULES_PICK_ALL, "", false},
        {"response.headers.server", RULES_OF_RESPONSE_HEADER_VALUES, RULES_PICK_NAME, "server",
         false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rules_target targets[RULES_TARGETS_OF_WORD];
        const struct rules_target *target = &targets[0];
        char why[256];
        if (rules_target_parse(slice_str(cases[i].text), targets, why, sizeof why) != 1)
            fail_msg("%s: %s", cases[i].text, why);
        assert_int_equal(target->collection, cases[i].collection);
        assert_int_equal(target->pick, cases[i].pick);
        assert_true(slice_eq(target->name, slice_str(cases[i].name)));
        assert_int_equal(target->is_taken_out, cases[i].is_taken_out);
        assert_false(target->is_count);
    }
}

static void refuses_what_is_none_and_says_why(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "is no target"},
        {"!", "is no target"},
        {"qeury.*", "did you mean \"query.*\""},
        {"Path", "did you mean \"path\""},
        {"response.bdy", "did you mean \"response.body\""},
        {"query.", "a name, * or /regex/ is expected"},
        {"query.//", "a name, * or /regex/ is expected"},
        {"query.user_*", "\"query./^user_/\""},
        {"headers.a b", "no header can have the name"},
        {"!path", "can be taken out"},
        {"!query.*", "can be taken out"},
        {"!query.names", "can be taken out"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rules_target targets[RULES_TARGETS_OF_WORD];
        char why[256] = "";
        assert_int_equal(rules_target_parse(slice_str(cases[i].text), targets, why, sizeof why), 0);
        if (!strstr(why, cases[i].why))
            fail_msg("%s: %s", cases[i].text, why);
    }
}

static void args_are_the_query_and_the_body(void **state)
{
    static const struct {
        const char *text, *name;
        enum rules_collection first, second;
        enum rules_pick pick;
    } cases[] = {
        {"args.*", "*", RULES_OF_QUERY_VALUES, RULES_OF_BODY_VALUES, RULES_PICK_ALL},
        {"args.id", "id", RULES_OF_QUERY_VALUES, RULES_OF_BODY_VALUES, RULES_PICK_NAME},
        {"args./^i/", "^i", RULES_OF_QUERY_VALUES, RULES_OF_BODY_VALUES, RULES_PICK_REGEX},
        {"args.names", "", RULES_OF_QUERY_NAMES, RULES_OF_BODY_NAMES, RULES_PICK_ALL},
        {"args.names[id]", "id", RULES_OF_QUERY_NAMES, RULES_OF_BODY_NAMES, RULES_PICK_NAME},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rules_target targets[RULES_TARGETS_OF_WORD];
        char why[256];
        assert_int_equal(rules_target_parse(slice_str(cases[i].text), targets, why, sizeof why), 2);
        assert_int_equal(targets[0].collection, cases[i].first);
        assert_int_equal(targets[1].collection, cases[i].second);
        for (size_t j = 0; j < 2; j++) {
            assert_int_equal(targets[j].pick, cases[i].pick);
            if (cases[i].pick != RULES_PICK_ALL)
                assert_true(slice_eq(targets[j].name, slice_str(cases[i].name)));
        }
    }
}

static void counts_are_marked(void **state)
{
    struct rules_target targets[RULES_TARGETS_OF_WORD];
    char why[256];
    (void)state;
    assert_int_equal(rules_target_parse(SLICE("count:headers.host"), targets, why, sizeof why), 1);
    assert_true(targets[0].is_count);
    assert_int_equal(rules_target_parse(SLICE("!count:headers.host"), targets, why, sizeof why), 0);
}

static void indices_are_digits_in_brackets(void **state)
{
    (void)state;
    assert_true(rules_target_is_indexed(SLICE("a[*].b"), SLICE("a[0].b")));
    assert_true(rules_target_is_indexed(SLICE("a[*].b"), SLICE("a[123].b")));
    assert_true(rules_target_is_indexed(SLICE("[*][*]"), SLICE("[1][2]")));
    assert_false(rules_target_is_indexed(SLICE("a[*].b"), SLICE("a[].b")));
    assert_false(rules_target_is_indexed(SLICE("a[*].b"), SLICE("a[x].b")));
    assert_false(rules_target_is_indexed(SLICE("a[*].b"), SLICE("a[0].c")));
    assert_false(rules_target_is_indexed(SLICE("a[*]"), SLICE("a[0].c")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_targets),
        cmocka_unit_test(refuses_what_is_none_and_says_why),
        cmocka_unit_test(args_are_the_query_and_the_body),
        cmocka_unit_test(counts_are_marked),
        cmocka_unit_test(indices_are_digits_in_brackets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

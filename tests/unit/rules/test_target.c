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
        {"response.headers.names", RULES_OF_RESPONSE_HEADER_NAMES, RULES_PICK_ALL, "", false},
        {"response.headers.server", RULES_OF_RESPONSE_HEADER_VALUES, RULES_PICK_NAME, "server",
         false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rules_target target;
        char why[256];
        if (!rules_target_parse(slice_str(cases[i].text), &target, why, sizeof why))
            fail_msg("%s: %s", cases[i].text, why);
        assert_int_equal(target.collection, cases[i].collection);
        assert_int_equal(target.pick, cases[i].pick);
        assert_true(slice_eq(target.name, slice_str(cases[i].name)));
        assert_int_equal(target.is_taken_out, cases[i].is_taken_out);
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
        {"response.body", "is no target"},
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
        struct rules_target target;
        char why[256] = "";
        assert_false(rules_target_parse(slice_str(cases[i].text), &target, why, sizeof why));
        if (!strstr(why, cases[i].why))
            fail_msg("%s: %s", cases[i].text, why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_targets),
        cmocka_unit_test(refuses_what_is_none_and_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

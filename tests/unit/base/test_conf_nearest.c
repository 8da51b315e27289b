// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include "base/conf.h"

static const char *const keys[] = {"listeners", "backends", "filters", "routes", "limits", "audit",
                                   "admin",     "workers",  "tls",     "bind",   "ca",     NULL};

static void suggests_what_was_meant(void **state)
{
    static const struct {
        const char *word, *meant;
    } cases[] = {
        {"listener", "listeners"},  // one left out
        {"lsiteners", "listeners"}, // two swapped
        {"routess", "routes"},      // one put in
        {"filterz", "filters"},     // one changed
        {"Backends", "backends"},   // case
        {"backend", "backends"},
        {"work", "workers"}, // begun, not finished
        {"listeners_list", "listeners"},
        {"tsl", "tls"},
        {"bnd", "bind"},
        {"c", "ca"},
        {"adit", "audit"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *found = conf_nearest(slice_str(cases[i].word), keys);
        if (!found)
            fail_msg("nothing for %s", cases[i].word);
        assert_string_equal(found, cases[i].meant);
    }
}

static void suggests_nothing_far(void **state)
{
    static const char *const cases[] = {"", "xyz", "certificate", "rootz_of_evil", "sinks"};
    char long_word[100];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *found = conf_nearest(slice_str(cases[i]), keys);
        if (found)
            fail_msg("%s for %s", found, cases[i]);
    }
    memset(long_word, 'l', sizeof(long_word));
    assert_null(conf_nearest(slice_of(long_word, sizeof(long_word)), keys));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suggests_what_was_meant),
        cmocka_unit_test(suggests_nothing_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

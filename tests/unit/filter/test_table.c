// SPDX-License-Identifier: Apache-2.0
#include "filter/table.h"

#include "filter/filter.h"
#include "support/unit.h"

static void every_name_finds_its_filter(void **state)
{
    (void)state;
    size_t count = 0;
    for (const char *const *name = filter_names(); *name; name++, count++) {
        const struct filter *f = filter_find(slice_str(*name));
        assert_non_null(f);
        assert_string_equal(f->name, *name);
        assert_non_null(f->compile);
        assert_non_null(f->free);
        assert_true(f->check_address || f->check_head || f->check_body || f->check_response);
        assert_int_equal(!f->state_new, !f->state_free);
        assert_int_equal(!f->check_body, !f->body_limit);
    }
    assert_int_equal(count, 5);
}

static void other_words_find_nothing(void **state)
{
    (void)state;
    assert_null(filter_find(SLICE("")));
    assert_null(filter_find(SLICE("IP_LIST")));
    assert_null(filter_find(SLICE("ip_list ")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_finds_its_filter),
        cmocka_unit_test(other_words_find_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "filter/worker.h"

#include "filter/filter.h"
#include "support/unit.h"

static void worker_has_scratch_memory_for_rules(void **state)
{
    (void)state;
    struct filter_worker *w = filter_worker_new();
    assert_non_null(w);
    assert_non_null(w->rules);
    filter_worker_free(&w);
    assert_null(w);
    filter_worker_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_has_scratch_memory_for_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "admin/reload_order.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "admin/admin.h"
#include "base/buf.h"
#include "base/problems.h"
#include "support/unit.h"

static struct admin_view view = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void assert_outcome(uint64_t number, unsigned wanted, const char *text)
{
    char storage[512];
    struct buf out;
    unsigned status = 0;
    buf_init(&out, storage, sizeof(storage));
    assert_true(reload_order_outcome(&view, number, &status, &out));
    buf_char(&out, '\0');
    assert_int_equal(status, wanted);
    assert_string_equal(storage, text);
}

static void answers_orders_given_before_it_began(void **state)
{
    struct problems *problems = problems_new();
    unsigned status;
    assert_non_null(problems);
    (void)signal(SIGHUP, SIG_IGN);
    problems_add_at(problems, "p.json", 3, 4, "no \"x\"");
    uint64_t first = reload_order(&view);
    uint64_t answered = reload_orders_begin(&view);
    uint64_t late = reload_order(&view);
    assert_false(reload_order_outcome(&view, first, &status, NULL));
    reload_orders_end(&view, answered, false, problems);
    const char *report =
        "{\"reloaded\":false,\"problems\":[\"p.json:3:4: error: no \\\"x\\\"\"]}\n";
    assert_outcome(first, 422, report);
    assert_false(reload_order_outcome(&view, late, &status, NULL));
    // A reload that nobody ordered leaves the report for whoever waits.
    reload_orders_end(&view, 0, true, NULL);
    assert_outcome(first, 422, report);
    reload_orders_end(&view, reload_orders_begin(&view), true, NULL);
    assert_outcome(late, 200, "{\"reloaded\":true,\"problems\":[]}\n");
    assert_string_equal(view.orders.complaint, report);
    reload_orders_clear(&view.orders);
    problems_free(&problems);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_orders_given_before_it_began),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

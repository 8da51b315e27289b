// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "support/capture.h"

static void lets_the_true_pass(void **state)
{
    int evaluated = 0;
    (void)state;
    CHECK(++evaluated == 1);
    assert_int_equal(evaluated, 1);
}

static void aborts_with_the_condition_and_its_place(void **state)
{
    struct capture c;
    char text[512];
    int status = 0;
    (void)state;
    capture_begin(&c);
    pid_t child = fork();
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL); // cmocka may have put its own there
        CHECK(1 + 1 == 3);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    capture_end(&c, text, sizeof(text));
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(text, "yett: error: internal fault at "));
    assert_non_null(strstr(text, "test_check.c:"));
    assert_non_null(strstr(text, "1 + 1 == 3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_the_true_pass),
        cmocka_unit_test(aborts_with_the_condition_and_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

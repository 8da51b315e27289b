// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <errno.h>
#include <pthread.h>

#include "base/log.h"
#include "support/capture.h"

static char written[256 * 1024];

static void puts_the_level_before_the_text(void **state)
{
    struct capture c;
    (void)state;
    capture_begin(&c);
    log_error("cannot bind %s", "[::]:80");
    log_warning("w");
    log_notice("n");
    log_debug("hidden");
    capture_end(&c, written, sizeof(written));
    assert_string_equal(written,
                        "yett: error: cannot bind [::]:80\nyett: warning: w\nyett: notice: n\n");
}

static void writes_up_to_the_level(void **state)
{
    struct capture c;
    (void)state;
    capture_begin(&c);
    log_set_level(LOG_LEVEL_ERROR);
    log_warning("hidden");
    log_error("e");
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("d");
    log_set_level(LOG_LEVEL_NOTICE);
    capture_end(&c, written, sizeof(written));
    assert_string_equal(written, "yett: error: e\nyett: debug: d\n");
}

static void keeps_a_line_a_line(void **state)
{
    struct capture c;
    (void)state;
    capture_begin(&c);
    log_notice("a\nyett: error: forged\x1b[2J");
    capture_end(&c, written, sizeof(written));
    assert_string_equal(written, "yett: notice: a?yett: error: forged?[2J\n");
}

static void cuts_lines_that_are_too_long(void **state)
{
    struct capture c;
    char text[5000];
    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    capture_begin(&c);
    log_notice("%s", text);
    capture_end(&c, written, sizeof(written));
    size_t len = strlen(written);
    assert_true(len > 1000 && len < 3000);
    assert_string_equal(written + len - 4, "...\n");
}

static void names_every_error_in_words(void **state)
{
    (void)state;
    assert_string_equal(log_errno(ENOENT), "No such file or directory");
    assert_string_equal(log_errno(EMFILE), "Too many open files");
    assert_string_equal(log_errno(99999), "unknown error");
}

static void leaves_repetitions_out_and_counts_them(void **state)
{
    struct capture c;
    struct log_repeat r = {0};
    (void)state;
    capture_begin(&c);
    for (int i = 0; i < 6; i++)
        log_repeated(&r, LOG_LEVEL_WARNING, "number %d", i);
    r.next_ns = 1; // as if the time had passed
    log_repeated(&r, LOG_LEVEL_WARNING, "later");
    log_repeated(&r, LOG_LEVEL_DEBUG, "hidden");
    capture_end(&c, written, sizeof(written));
    assert_string_equal(written,
                        "yett: warning: number 0\nyett: warning: later (5 more like this)\n");
}

enum { THREADS = 4, LINES = 200 };

static void *write_many(void *name)
{
    for (int i = 0; i < LINES; i++)
        log_notice("%s%s%s%s%s end", (char *)name, (char *)name, (char *)name, (char *)name,
                   (char *)name);
    return NULL;
}

static void never_mixes_lines_of_threads(void **state)
{
    static char names[THREADS][31];
    pthread_t threads[THREADS];
    struct capture c;
    int lines = 0;
    (void)state;
    capture_begin(&c);
    for (int i = 0; i < THREADS; i++) {
        memset(names[i], 'a' + i, sizeof(names[i]) - 1);
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, names[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    capture_end(&c, written, sizeof(written));
    for (char *rest = written, *line; (line = strsep(&rest, "\n")) && *line; lines++) {
        char name = line[strlen("yett: notice: ")];
        char wanted[256] = "yett: notice: ";
        size_t len = strlen(wanted);
        memset(wanted + len, name, 150);
        memcpy(wanted + len + 150, " end", 5);
        assert_string_equal(line, wanted);
    }
    assert_int_equal(lines, THREADS * LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_the_level_before_the_text),
        cmocka_unit_test(writes_up_to_the_level),
        cmocka_unit_test(keeps_a_line_a_line),
        cmocka_unit_test(cuts_lines_that_are_too_long),
        cmocka_unit_test(names_every_error_in_words),
        cmocka_unit_test(leaves_repetitions_out_and_counts_them),
        cmocka_unit_test(never_mixes_lines_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char folder[] = "/tmp/yett-test-file-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof(path), "%s/file", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static void write_file(size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    for (size_t i = 0; i < len; i++) {
        char c = (char)('a' + i % 26);
        assert_int_equal(write(fd, &c, 1), 1);
    }
    assert_int_equal(close(fd), 0);
}

static void reads_files_up_to_the_ceiling(void **state)
{
    static const size_t lengths[] = {0, 1, 255, 256, 1000};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        char *text = NULL, why[128];
        size_t len = 77;
        write_file(lengths[i]);
        assert_true(file_read(path, lengths[i], &text, &len, why, sizeof(why)));
        assert_int_equal(len, lengths[i]);
        assert_int_equal(strlen(text), lengths[i]);
        for (size_t j = 0; j < len; j++)
            assert_int_equal(text[j], 'a' + j % 26);
        free(text);
    }
}

static void refuses_longer_files(void **state)
{
    char *text = NULL, why[128];
    size_t len;
    (void)state;
    write_file(101);
    assert_false(file_read(path, 100, &text, &len, why, sizeof(why)));
    assert_null(text);
    assert_string_equal(why, "larger than 100 bytes");
}

// Files of /proc tell size 0, so the ceiling must hold while reading.
static void holds_the_ceiling_where_no_size_is_told(void **state)
{
    char *text = NULL, why[128];
    size_t len;
    (void)state;
    assert_false(file_read("/proc/self/status", 100, &text, &len, why, sizeof(why)));
    assert_string_equal(why, "larger than 100 bytes");
    assert_true(file_read("/proc/self/status", 100000, &text, &len, why, sizeof(why)));
    assert_true(len > 100);
    free(text);
}

static void says_why_it_cannot(void **state)
{
    char *text = NULL, why[128], pipe_path[80];
    size_t len;
    (void)state;
    assert_false(file_read("/nowhere/at/all", 10, &text, &len, why, sizeof(why)));
    assert_string_equal(why, "no such file or directory");
    assert_false(file_read(folder, 10, &text, &len, why, sizeof(why)));
    assert_string_equal(why, "is a directory");
    (void)snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", folder);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_false(
        file_read(pipe_path, 10, &text, &len, why, sizeof(why))); // and doesn't wait for a writer
    assert_string_equal(why, "not a regular file");
    assert_int_equal(unlink(pipe_path), 0);
    assert_false(file_read("/dev/null", 10, &text, &len, why, sizeof(why)));
    assert_string_equal(why, "not a regular file");
}

static void resolves_against_the_folder_of_a_file(void **state)
{
    static const struct {
        const char *base, *path, *whole;
    } cases[] = {
        {"policy.json", "a.pem", "a.pem"},
        {"conf/policy.json", "a.pem", "conf/a.pem"},
        {"/etc/yett/policy.json", "certs/a.pem", "/etc/yett/certs/a.pem"},
        {"/etc/yett/policy.json", "/srv/a.pem", "/srv/a.pem"},
        {"/policy.json", "a", "/a"},
        {"conf/policy.json", "../a", "conf/../a"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *whole = file_resolve(cases[i].base, slice_str(cases[i].path));
        assert_string_equal(whole, cases[i].whole);
        free(whole);
    }
}

static void refuses_secrets_that_others_can_use(void **state)
{
    char *text = NULL, why[256];
    size_t len;
    write_file(10);
    assert_true(file_read_private(path, 10, &text, &len, why, sizeof(why)));
    assert_int_equal(len, 10);
    free(text);
    assert_int_equal(chmod(path, 0604), 0);
    assert_false(file_read_private(path, 10, &text, &len, why, sizeof(why)));
    assert_non_null(strstr(why, "others can use it (mode 0604)"));
    assert_int_equal(chmod(path, 0600), 0);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_files_up_to_the_ceiling),
        cmocka_unit_test(refuses_longer_files),
        cmocka_unit_test(holds_the_ceiling_where_no_size_is_told),
        cmocka_unit_test(refuses_secrets_that_others_can_use),
        cmocka_unit_test(says_why_it_cannot),
        cmocka_unit_test(resolves_against_the_folder_of_a_file),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

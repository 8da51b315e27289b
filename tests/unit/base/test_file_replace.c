// SPDX-License-Identifier: Apache-2.0
#include "base/file_replace.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "support/unit.h"

static char folder[] = "/tmp/yett-test-replace-XXXXXX";
static char path[64], other[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof(path), "%s/file", folder);
    (void)snprintf(other, sizeof(other), "%s/link", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)unlink(other);
    return rmdir(folder);
}

static void put(const char *to, const char *content)
{
    char why[256];
    assert_true(file_replace(to, slice_str(content), why, sizeof(why)));
}

static void assert_content(const char *of, const char *content)
{
    char *text, why[256];
    size_t len;
    assert_true(file_read(of, 1024, &text, &len, why, sizeof(why)));
    ASSERT_SLICE(slice_of(text, len), slice_str(content));
    free(text);
}

static unsigned files_in_folder(void)
{
    unsigned count = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    while (readdir(d))
        count++;
    (void)closedir(d);
    return count - 2;
}

static void makes_and_replaces(void **state)
{
    struct stat info;
    (void)unlink(path);
    put(path, "one\n");
    assert_content(path, "one\n");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(chmod(path, 0640), 0);
    put(path, "");
    assert_content(path, "");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0640);
    assert_int_equal(files_in_folder(), 1);
    (void)state;
}

static void goes_through_links(void **state)
{
    struct stat info;
    put(path, "one\n");
    assert_int_equal(symlink(path, other), 0);
    put(other, "two\n");
    assert_content(path, "two\n");
    assert_int_equal(lstat(other, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    (void)state;
}

static void says_why_not_and_leaves_nothing(void **state)
{
    char why[256] = "";
    char missing[96];
    (void)snprintf(missing, sizeof(missing), "%s/nowhere/file", folder);
    assert_false(file_replace(missing, SLICE("x"), why, sizeof(why)));
    assert_non_null(strstr(why, "nowhere"));
    unsigned before = files_in_folder();
    assert_false(file_replace(folder, SLICE("x"), why, sizeof(why)));
    assert_non_null(strstr(why, "cannot replace"));
    assert_int_equal(files_in_folder(), before);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_and_replaces),
        cmocka_unit_test(goes_through_links),
        cmocka_unit_test(says_why_not_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

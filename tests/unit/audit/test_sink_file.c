// SPDX-License-Identifier: Apache-2.0
#include "scene.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "audit/sink.h"
#include "support/capture.h"

#define SECOND_NS 1000000000u

static struct scene scene;
static struct sink sink;
static struct sink_place place;
static char text[256];

static int begin(void **state)
{
    (void)state;
    scene_open(&scene);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sink_close(&sink);
    scene_close(&scene);
    return 0;
}

static void open_log(void)
{
    char why[256];
    assert_true(sink_open_file(&sink, scene.log, why, sizeof(why)));
}

static void put_line(const char *line, uint64_t now_ns)
{
    assert_true(sink.ops->begin(&sink, NULL, now_ns, &place));
    assert_int_equal(sink.ops->write(&sink, line, strlen(line)), strlen(line));
    sink.ops->end(&sink);
}

static void expect_text(const char *path, const char *wanted)
{
    scene_text(path, text, sizeof(text));
    assert_string_equal(text, wanted);
}

static void creates_a_file_for_owner_and_group(void **state)
{
    (void)state;
    struct stat st;
    mode_t before = umask(0);
    open_log();
    umask(before);
    assert_int_equal(stat(scene.log, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
}

static void says_which_path_cannot_be_opened(void **state)
{
    (void)state;
    char why[256];
    struct sink bad;
    assert_false(sink_open_file(&bad, "/nowhere/audit.jsonl", why, sizeof(why)));
    assert_string_equal(why,
                        "cannot open audit log /nowhere/audit.jsonl: No such file or directory");
    assert_false(sink_open_file(&bad, scene.folder, why, sizeof(why)));
    open_log();
}

static void ends_a_torn_last_line(void **state)
{
    (void)state;
    scene_write(scene.log, "{\"whole\":1}\n{\"to");
    open_log();
    put_line("a\n", 0);
    put_line("b\n", 0);
    expect_text(scene.log, "{\"whole\":1}\n{\"to\na\nb\n");
}

static void appends_to_whole_lines_as_they_are(void **state)
{
    (void)state;
    scene_write(scene.log, "one\n");
    open_log();
    put_line("two\n", 0);
    assert_int_equal(place.offset, 4);
    expect_text(scene.log, "one\ntwo\n");
}

static void knows_its_place_in_a_torn_line(void **state)
{
    (void)state;
    open_log();
    assert_true(sink.ops->begin(&sink, NULL, 0, &place));
    assert_int_equal(sink.ops->write(&sink, "one\ntw", 6), 6);
    sink.ops->end(&sink);
    struct sink_place torn = place;
    torn.offset += 6;
    assert_true(sink.ops->begin(&sink, &torn, 0, &place));
    assert_int_equal(place.offset, torn.offset);
    sink.ops->end(&sink);
    // Somebody else writes.
    int fd = open(scene.log, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "\nother", 6), 6);
    close(fd);
    assert_true(sink.ops->begin(&sink, &torn, 0, &place));
    assert_int_equal(place.offset, torn.offset + 7);
    sink.ops->end(&sink);
    expect_text(scene.log, "one\ntw\nother\n");
}

static void takes_back_a_begun_line(void **state)
{
    (void)state;
    open_log();
    assert_true(sink.ops->begin(&sink, NULL, 0, &place));
    assert_int_equal(sink.ops->write(&sink, "one\ntw", 6), 6);
    assert_true(sink.ops->cut(&sink, 4));
    sink.ops->end(&sink);
    put_line("two\n", 0);
    expect_text(scene.log, "one\ntwo\n");
}

static void follows_its_path_within_a_second(void **state)
{
    (void)state;
    char moved[160];
    snprintf(moved, sizeof(moved), "%s.1", scene.log);
    open_log();
    put_line("one\n", SECOND_NS);
    assert_int_equal(rename(scene.log, moved), 0);
    put_line("two\n", 2 * SECOND_NS - 1);
    put_line("three\n", 2 * SECOND_NS);
    expect_text(moved, "one\ntwo\n");
    expect_text(scene.log, "three\n");
}

static void reopens_when_told(void **state)
{
    (void)state;
    char moved[160];
    snprintf(moved, sizeof(moved), "%s.1", scene.log);
    open_log();
    put_line("one\n", 0);
    assert_int_equal(rename(scene.log, moved), 0);
    sink.wants_reopen = true;
    put_line("two\n", 1);
    expect_text(moved, "one\n");
    expect_text(scene.log, "two\n");
}

static void stays_with_a_torn_line_unless_its_file_is_gone(void **state)
{
    (void)state;
    char moved[160];
    snprintf(moved, sizeof(moved), "%s.1", scene.log);
    open_log();
    assert_true(sink.ops->begin(&sink, NULL, 0, &place));
    assert_int_equal(sink.ops->write(&sink, "on", 2), 2);
    sink.ops->end(&sink);
    struct sink_place torn = place;
    torn.offset += 2;
    assert_int_equal(rename(scene.log, moved), 0);
    assert_true(sink.ops->begin(&sink, &torn, 2 * SECOND_NS, &place));
    assert_int_equal(place.ino, torn.ino);
    sink.ops->end(&sink);
    assert_int_equal(unlink(moved), 0);
    assert_true(sink.ops->begin(&sink, &torn, 4 * SECOND_NS, &place));
    assert_int_equal(place.offset, 0);
    sink.ops->end(&sink);
    assert_int_equal(access(scene.log, F_OK), 0);
}

static void keeps_the_old_file_when_there_can_be_no_new_one(void **state)
{
    (void)state;
    char moved[160];
    snprintf(moved, sizeof(moved), "%s.1", scene.log);
    open_log();
    assert_int_equal(rename(scene.log, moved), 0);
    assert_int_equal(mkdir(scene.log, 0700), 0);
    struct capture quiet;
    char said[512];
    capture_begin(&quiet);
    put_line("one\n", SECOND_NS);
    capture_end(&quiet, said, sizeof(said));
    assert_non_null(strstr(said, "cannot open audit log"));
    expect_text(moved, "one\n");
    assert_int_equal(rmdir(scene.log), 0);
}

static void waits_for_another_gateway_but_not_for_ever(void **state)
{
    (void)state;
    open_log();
    int other = open(scene.log, O_RDWR);
    assert_int_equal(flock(other, LOCK_EX), 0);
    assert_false(sink.ops->begin(&sink, NULL, 0, &place));
    assert_int_equal(errno, EWOULDBLOCK);
    close(other);
    put_line("one\n", 0);
}

static void the_id_is_that_of_the_file_however_it_is_spelled(void **state)
{
    (void)state;
    char why[256], path[160];
    struct sink same, link, other;
    open_log();
    snprintf(path, sizeof(path), "%s/./audit.jsonl", scene.folder);
    assert_true(sink_open_file(&same, path, why, sizeof(why)));
    snprintf(path, sizeof(path), "%s/link", scene.folder);
    assert_int_equal(symlink("audit.jsonl", path), 0);
    assert_true(sink_open_file(&link, path, why, sizeof(why)));
    snprintf(path, sizeof(path), "%s/other", scene.folder);
    assert_true(sink_open_file(&other, path, why, sizeof(why)));
    assert_true(same.id == sink.id && link.id == sink.id && other.id != sink.id);
    sink_close(&same);
    sink_close(&link);
    sink_close(&other);
}

static void what_is_no_file_is_a_stream(void **state)
{
    (void)state;
    char why[256];
    assert_true(sink_open_file(&sink, "/dev/null", why, sizeof(why)));
    assert_false(sink.ops->is_file);
    put_line("one\n", 0);
    assert_int_equal(place.ino, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(creates_a_file_for_owner_and_group, begin, end),
        cmocka_unit_test_setup_teardown(says_which_path_cannot_be_opened, begin, end),
        cmocka_unit_test_setup_teardown(ends_a_torn_last_line, begin, end),
        cmocka_unit_test_setup_teardown(appends_to_whole_lines_as_they_are, begin, end),
        cmocka_unit_test_setup_teardown(knows_its_place_in_a_torn_line, begin, end),
        cmocka_unit_test_setup_teardown(takes_back_a_begun_line, begin, end),
        cmocka_unit_test_setup_teardown(follows_its_path_within_a_second, begin, end),
        cmocka_unit_test_setup_teardown(reopens_when_told, begin, end),
        cmocka_unit_test_setup_teardown(stays_with_a_torn_line_unless_its_file_is_gone, begin, end),
        cmocka_unit_test_setup_teardown(keeps_the_old_file_when_there_can_be_no_new_one, begin,
                                        end),
        cmocka_unit_test_setup_teardown(waits_for_another_gateway_but_not_for_ever, begin, end),
        cmocka_unit_test_setup_teardown(the_id_is_that_of_the_file_however_it_is_spelled, begin,
                                        end),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_a_stream, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

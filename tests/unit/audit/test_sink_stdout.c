// SPDX-License-Identifier: Apache-2.0
#include "support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "audit/sink.h"

enum { LINE = 100, PIPE_BYTES = 64 * 1024 };

static struct sink sink;
static int reader;
static char lines[4 * PIPE_BYTES];

static int begin(void **state)
{
    (void)state;
    int ends[2];
    if (pipe(ends) != 0 || fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) != PIPE_BYTES)
        return -1;
    reader = ends[0];
    sink = (struct sink){0};
    sink_be_stream(&sink, ends[1], true);
    memset(lines, 'x', sizeof(lines));
    for (size_t i = LINE - 1; i < sizeof(lines); i += LINE)
        lines[i] = '\n';
    return 0;
}

static int end(void **state)
{
    (void)state;
    sink_close(&sink);
    close(reader);
    return 0;
}

static void writes_all_when_there_is_room(void **state)
{
    (void)state;
    static char got[sizeof(lines)];
    struct sink_place at = {1, 1, 1};
    assert_true(sink.ops->begin(&sink, NULL, 0, &at));
    assert_true(at.dev == 0 && at.ino == 0 && at.offset == 0);
    assert_int_equal(sink.ops->write(&sink, lines, 20000), 20000);
    sink.ops->end(&sink);
    assert_int_equal(read(reader, got, sizeof(got)), 20000);
    assert_memory_equal(got, lines, 20000);
}

static void stops_at_a_full_pipe_without_hanging(void **state)
{
    (void)state;
    static char got[sizeof(lines)];
    ssize_t n = sink.ops->write(&sink, lines, sizeof(lines));
    assert_in_range(n, PIPE_BYTES / 2, PIPE_BYTES);
    // Pieces end with lines, so what is there is whole.
    assert_int_equal(n % LINE, 0);
    assert_int_equal(sink.ops->write(&sink, lines, sizeof(lines)), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(read(reader, got, sizeof(got)), n);
    assert_int_equal(sink.ops->write(&sink, lines + n, LINE), LINE);
}

static void a_line_longer_than_a_piece_goes_in_parts(void **state)
{
    (void)state;
    memset(lines, 'y', sizeof(lines));
    assert_int_equal(sink.ops->write(&sink, lines, 3 * PIPE_BUF), 3 * PIPE_BUF);
}

static void stdout_stays_open(void **state)
{
    (void)state;
    struct sink out;
    assert_true(sink_open_stdout(&out));
    assert_string_equal(out.name, "stdout");
    assert_int_not_equal(out.id, 0);
    assert_int_equal(out.fd, STDOUT_FILENO);
    sink_close(&out);
    assert_int_not_equal(fcntl(STDOUT_FILENO, F_GETFD), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_all_when_there_is_room, begin, end),
        cmocka_unit_test_setup_teardown(stops_at_a_full_pipe_without_hanging, begin, end),
        cmocka_unit_test_setup_teardown(a_line_longer_than_a_piece_goes_in_parts, begin, end),
        cmocka_unit_test(stdout_stays_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

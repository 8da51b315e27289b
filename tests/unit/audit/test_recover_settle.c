// SPDX-License-Identifier: Apache-2.0
// A child writes lines and dies in the middle of a write, at every octet in turn; what comes after
// must make it good.
#include "scene.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "audit/audit_internal.h"
#include "audit/drain.h"
#include "audit/recover.h"

enum { LINES = 9, LINE = 40, DONE_BEFORE = 3 };

static struct scene scene;
static size_t octets_before_short; // of a write that was short but lived
static size_t octets_before_death;

static int begin(void **state)
{
    (void)state;
    scene_open(&scene);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scene_close(&scene);
    return 0;
}

static ssize_t write_short(struct sink *s, const char *text, size_t len)
{
    (void)len;
    return write(s->fd, text, octets_before_short);
}

static ssize_t write_and_die(struct sink *s, const char *text, size_t len)
{
    size_t n = octets_before_death < len ? octets_before_death : len;
    _exit(write(s->fd, text, n) == (ssize_t)n ? 0 : 3);
}

// One turn of the writer, perhaps with another way to write.
static void drain_by(struct audit_ring *r, struct sink *s,
                     ssize_t (*write_by)(struct sink *, const char *, size_t))
{
    struct sink_ops ops = *s->ops;
    const struct sink_ops *before = s->ops;
    if (write_by)
        ops.write = write_by;
    s->ops = &ops;
    drain_ring(r, 0, s, 0);
    s->ops = before;
}

static void push(struct audit_ring *r, uint64_t from, uint64_t to)
{
    char space[LINE];
    for (uint64_t id = from; id < to; id++) {
        if (!ring_push(r, scene_line(space, id, LINE)))
            _exit(4);
    }
}

static void first_life(void)
{
    char why[256];
    struct sink s;
    struct audit_ring *r = ring_alloc(1);
    if (!sink_open_file(&s, scene.log, why, sizeof(why)) ||
        !ring_create(r, scene.folder, 0, SCENE_RING, why, sizeof(why)))
        _exit(5);
    ring_attach(r, &s, 1);
    push(r, 0, DONE_BEFORE);
    drain_by(r, &s, NULL);
    ring_release(r, 1);
    push(r, DONE_BEFORE, LINES);
    if (octets_before_short) {
        drain_by(r, &s, write_short);
        ring_release(r, 1);
    }
    drain_by(r, &s, write_and_die); // of a torn line only
    drain_by(r, &s, write_and_die);
    _exit(6);
}

// Recovers and dies when it writes.
static void second_life(void)
{
    char why[256];
    static struct audit a;
    if (!sink_open_file(&a.sinks[0], scene.log, why, sizeof(why)))
        _exit(5);
    a.sink_count = 1;
    recover_rings(&a, scene.folder);
    if (a.drained)
        drain_by(a.drained, &a.sinks[0], write_and_die);
    _exit(0);
}

static void live(void (*life)(void))
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        life();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void recover_now(void)
{
    struct audit *a = scene_start(&scene);
    audit_stop(&a, 1000);
    assert_int_equal(scene_files(&scene, ".ring", false), 0);
}

static void expect_all_in_log(void)
{
    char got[LINES * LINE + 64], wanted[LINES * LINE + 1];
    for (uint64_t id = 0; id < LINES; id++)
        scene_line(wanted + id * LINE, id, LINE);
    wanted[LINES * LINE] = '\0';
    scene_text(scene.log, got, sizeof(got));
    assert_string_equal(got, wanted);
    assert_int_equal(unlink(scene.log), 0);
}

static void completes_what_any_death_cut_off(void **state)
{
    (void)state;
    for (octets_before_death = 0; octets_before_death <= (LINES - DONE_BEFORE) * LINE;
         octets_before_death++) {
        live(first_life);
        recover_now();
        expect_all_in_log();
    }
}

static void completes_after_a_short_write_and_a_death(void **state)
{
    (void)state;
    for (octets_before_short = 1; octets_before_short < 3 * LINE; octets_before_short += 13) {
        for (octets_before_death = 0; octets_before_death <= LINE + 1; octets_before_death++) {
            live(first_life);
            recover_now();
            expect_all_in_log();
        }
    }
    octets_before_short = 0;
}

static void completes_when_recovery_dies_too(void **state)
{
    (void)state;
    for (size_t first = 0; first <= 3 * LINE; first += 7) {
        for (size_t second = 0; second <= 3 * LINE; second += 9) {
            octets_before_death = first;
            live(first_life);
            octets_before_death = second;
            live(second_life);
            recover_now();
            expect_all_in_log();
        }
    }
}

// Counts over both files; each line once, and whole.
static void expect_once_over(const char *other_file, uint64_t torn_lines)
{
    unsigned char seen[LINES] = {0};
    struct scene_count old = scene_read(other_file, seen, LINES);
    struct scene_count new = scene_read(scene.log, seen, LINES);
    assert_int_equal(old.torn + new.torn, torn_lines);
    for (unsigned id = 0; id < LINES; id++)
        assert_int_equal(seen[id], 1);
}

static void completes_the_line_in_the_file_that_was_rotated(void **state)
{
    (void)state;
    char rotated[160];
    snprintf(rotated, sizeof(rotated), "%s.1", scene.log);
    for (octets_before_death = 0; octets_before_death <= 3 * LINE; octets_before_death++) {
        live(first_life);
        assert_int_equal(rename(scene.log, rotated), 0);
        recover_now();
        expect_once_over(rotated, 0);
        unlink(scene.log);
        unlink(rotated);
    }
}

static void append(const char *text)
{
    int fd = open(scene.log, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void writes_a_line_again_that_another_gateway_had_to_end(void **state)
{
    (void)state;
    for (octets_before_death = 0; octets_before_death <= 3 * LINE; octets_before_death++) {
        live(first_life);
        bool is_torn = octets_before_death % LINE != 0;
        append(is_torn ? "\n{\"id\":100}\n" : "{\"id\":100}\n");
        recover_now();
        // With nothing but its newline lacking the line was completed by that.
        bool is_lost = is_torn && octets_before_death % LINE != LINE - 1;
        expect_once_over("/nowhere", is_lost ? 1 : 0);
        unlink(scene.log);
    }
}

static void writes_again_rather_than_not_when_the_file_is_gone(void **state)
{
    (void)state;
    octets_before_death = LINE + 5;
    live(first_life);
    assert_int_equal(unlink(scene.log), 0);
    recover_now();
    unsigned char seen[LINES] = {0};
    struct scene_count count = scene_read(scene.log, seen, LINES);
    assert_int_equal(count.lines, LINES - DONE_BEFORE);
    assert_int_equal(count.torn, 0);
}

static void a_new_sink_gets_what_was_not_written(void **state)
{
    (void)state;
    struct scene other = scene;
    octets_before_death = LINE;
    live(first_life);
    snprintf(other.log, sizeof(other.log), "%s/other.jsonl", scene.folder);
    other.sink.path = other.log;
    other.options.sinks = &other.sink;
    struct audit *a = scene_start(&other);
    audit_stop(&a, 1000);
    unsigned char seen[LINES] = {0};
    assert_int_equal(scene_read(other.log, seen, LINES).lines, LINES - DONE_BEFORE);
    assert_int_equal(scene_files(&scene, ".ring", false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(completes_what_any_death_cut_off, begin, end),
        cmocka_unit_test_setup_teardown(completes_after_a_short_write_and_a_death, begin, end),
        cmocka_unit_test_setup_teardown(completes_when_recovery_dies_too, begin, end),
        cmocka_unit_test_setup_teardown(completes_the_line_in_the_file_that_was_rotated, begin,
                                        end),
        cmocka_unit_test_setup_teardown(writes_a_line_again_that_another_gateway_had_to_end, begin,
                                        end),
        cmocka_unit_test_setup_teardown(writes_again_rather_than_not_when_the_file_is_gone, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_new_sink_gets_what_was_not_written, begin, end),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
